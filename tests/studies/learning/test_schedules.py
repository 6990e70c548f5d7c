"""Facts of the schedules."""

from __future__ import annotations

from studies.learning import networks
from studies.learning.schedules import ENTRIES, LAYERED, LAYERS, by_name


def test_the_two_annealings_are_reconstructions() -> None:
    assert {schedule.name for schedule in ENTRIES if schedule.reconstruction} == {"anneal_eta", "anneal_alpha"}


def test_a_table_gives_rates_apart_of_layers_that_a_network_has() -> None:
    known = {network.name: network.layers for network in networks.ENTRIES}
    assert LAYERED["softmax"] == ("last",) and not known["softmax"]
    assert {name: LAYERED[name] for name, layers in known.items() if layers == ("first",)} == {
        "fig3": LAYERS,
        "mlp": LAYERS,
    }


def test_what_a_schedule_moves() -> None:
    assert by_name("constant").moves == ""
    assert [by_name(name).moves for name in ("step", "cosine", "table", "anneal_eta", "anneal_alpha")] == [
        *["eta"] * 4,
        "alpha",
    ]
