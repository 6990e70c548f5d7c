"""Facts of the schedules."""

from __future__ import annotations

from studies.learning.schedules import ENTRIES, by_name


def test_the_two_annealings_are_reconstructions() -> None:
    assert {schedule.name for schedule in ENTRIES if schedule.reconstruction} == {"anneal_eta", "anneal_alpha"}


def test_what_a_schedule_moves() -> None:
    assert by_name("constant").moves == ""
    assert [by_name(name).moves for name in ("step", "cosine", "anneal_eta", "anneal_alpha")] == [*["eta"] * 3, "alpha"]
