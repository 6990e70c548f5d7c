"""Replicates are looked at before they are believed."""

from __future__ import annotations

from studies.foreign.rows import Measurement
from studies.foreign.same_rows import alike, repeated
from studies.language.phases import Phase


def rows(*cells: tuple[float, float], **more: object) -> list[tuple[int, Measurement]]:
    made = [Measurement.model_validate({"eta": eta, "alpha": 0.5, "value": value, **more}) for eta, value in cells]
    return list(enumerate(made))


def test_later_occurrences_are_repeated() -> None:
    assert repeated(["a", "b", "a", "a"]) == {2, 3}
    assert repeated([1, 2, 3]) == frozenset()


def test_points_whose_runs_never_differ_count_once() -> None:
    assert alike(rows((0.1, 0.8), (0.1, 0.8), (0.2, 0.9), (0.2, 0.9), (0.3, 0.7))) == {1, 3}


def test_seeds_that_change_nothing_are_not_believed_either() -> None:
    same = [Measurement(eta=0.1, alpha=0.5, value=0.8, repeat=i) for i in range(3)]
    assert alike(list(enumerate(same))) == {1, 2}


def test_one_point_whose_runs_differ_shows_that_chance_was_there() -> None:
    assert alike(rows((0.1, 0.8), (0.1, 0.8), (0.2, 0.9), (0.2, 0.91))) == frozenset()


def test_a_table_with_true_replicates_that_is_stated_again_counts_once() -> None:
    once = [(0.1, 0.8), (0.1, 0.82), (0.2, 0.9), (0.3, 0.7)]
    assert alike(rows(*once, *once)) == {4, 5, 6, 7}
    assert len(alike(rows(*once, *once, *once))) == 8


def test_failed_runs_and_phases_are_not_looked_at() -> None:
    assert alike(rows((0.1, 0.8), (0.1, 0.8), phase=Phase.CONFIRM)) == frozenset()
    assert alike(rows((0.1, 0.1), (0.1, 0.1), diverged=True)) == frozenset()
