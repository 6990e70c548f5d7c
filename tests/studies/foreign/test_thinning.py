"""Thinning: few enough points and rows, whatever was measured there."""

from __future__ import annotations

import random

from studies.foreign.rows import Measurement
from studies.foreign.thinning import thinned


def table(points: int, runs: int = 1, seed: int = 0) -> list[Measurement]:
    chance = random.Random(seed)
    where = [(chance.uniform(0.001, 0.5), chance.random()) for _ in range(points)]
    return [Measurement(eta=eta, alpha=alpha, value=chance.random()) for _ in range(runs) for eta, alpha in where]


def never(row: Measurement) -> bool:
    return False


def test_a_table_that_is_small_enough_stays_whole() -> None:
    assert thinned(table(50), never, most_points=50, most_rows=50) == frozenset()


def test_the_same_points_stay_in_any_order_and_with_any_values() -> None:
    rows = table(200)
    other = [row.model_copy(update={"value": 1.0 - (row.value or 0.0)}) for row in reversed(rows)]
    out, mirrored = (thinned(t, never, most_points=60, most_rows=500) for t in (rows, other))
    stay = [{(t[i].eta, t[i].alpha) for i in range(200) if i not in o} for t, o in ((rows, out), (other, mirrored))]
    assert stay[0] == stay[1]
    assert len(stay[0]) == 60


def test_all_runs_of_a_point_stay_or_go_and_points_lie_as_before() -> None:
    rows = table(300, runs=3)
    out = thinned(rows, never, most_points=100, most_rows=900)
    assert len(rows) - len(out) == 300
    kept = [row for i, row in enumerate(rows) if i not in out]
    assert abs(sum(row.alpha for row in kept) / 300 - 0.5) < 0.1


def test_too_many_runs_lose_the_last_ones_of_every_point() -> None:
    rows = table(10, runs=30)
    out = thinned(rows, never, most_points=100, most_rows=100)
    assert sorted(out) == list(range(100, 300))


def test_what_must_stay_stays() -> None:
    rows = table(300)
    firm = rows[7]
    out = thinned(rows, lambda row: row is firm, most_points=20, most_rows=20)
    assert (7 in out, len(rows) - len(out)) == (False, 20)
