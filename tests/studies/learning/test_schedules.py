"""Facts of the schedules."""

from __future__ import annotations

from studies.learning import networks
from studies.learning.schedules import ENTRIES, LAYERED, LAYERS, by_name


def test_the_two_annealings_and_decay_by_information_are_reconstructions() -> None:
    reconstructions = {schedule.name for schedule in ENTRIES if schedule.reconstruction}
    assert reconstructions == {"anneal_eta", "anneal_alpha", "mi_decay"}


def test_a_table_gives_rates_apart_of_layers_that_a_network_has() -> None:
    known = {network.name: network.layers for network in networks.ENTRIES}
    assert LAYERED["softmax"] == ("last",) and not known["softmax"]
    assert {name: LAYERED[name] for name, layers in known.items() if layers == ("first",)} == {
        "fig3": LAYERS,
        "mlp": LAYERS,
    }


def test_what_a_schedule_moves() -> None:
    assert by_name("constant").moves == ""
    names = ("step", "cosine", "table", "anneal_eta", "mi_decay", "anneal_alpha")
    assert [by_name(name).moves for name in names] == [*["eta"] * 5, "alpha"]
