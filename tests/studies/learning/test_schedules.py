"""Facts of the schedules."""

from __future__ import annotations

from studies.learning.schedules import ENTRIES, by_name


def test_the_two_annealings_and_decay_by_information_are_reconstructions() -> None:
    reconstructions = {schedule.name for schedule in ENTRIES if schedule.reconstruction}
    assert reconstructions == {"anneal_eta", "anneal_alpha", "mi_decay"}


def test_what_a_schedule_moves() -> None:
    assert by_name("constant").moves == ""
    assert {by_name(name).moves for name in ("step", "cosine", "anneal_eta", "mi_decay")} == {"eta"}
    assert by_name("anneal_alpha").moves == "alpha"
