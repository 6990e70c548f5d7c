"""Facts of the schedules."""

from __future__ import annotations

from studies.learning import networks
from studies.learning.schedules import ENTRIES, LAYERED, LAYERS, by_name


def test_the_two_annealings_are_reconstructions() -> None:
    assert {schedule.name for schedule in ENTRIES if schedule.reconstruction} == {"anneal_eta", "anneal_alpha"}


def test_a_table_gives_rates_apart_of_layers_that_a_network_has() -> None:
    for network in networks.ENTRIES:
        first = "first" in network.layers
        assert LAYERED.get(network.name, LAYERS if first else ("last",)) == (LAYERS if first else ("last",))


def test_what_a_schedule_moves() -> None:
    assert by_name("constant").moves == ""
    assert [by_name(name).moves for name in ("step", "cosine", "table", "anneal_eta", "anneal_alpha")] == [
        *["eta"] * 4,
        "alpha",
    ]
