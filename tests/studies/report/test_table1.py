"""Table 1's means and deviations, by hand-computed values, and over HTTP."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from studies import golden
from studies.language import catalogue
from studies.language.spec import parse
from studies.records import Runs
from studies.report.table1 import TableRow, departing, departures, table_rows

SHARES = np.array([[0.90, 0.92], [0.94, 0.96]])  # repeats x folds


def _runs(*, phase: str = "cv", diverged: bool = False) -> Runs:
    count = SHARES.size
    nothing = np.full(count, np.nan)
    return Runs(
        trial=np.repeat([0, 1], 2),
        run=np.tile([0, 1], 2),
        phase=np.array([phase] * count),
        arm=np.array(["claim"] * count),
        block=np.repeat([100_000, 100_001], 2),
        eta=np.full(count, golden.ETA),
        alpha=np.full(count, golden.ALPHA),
        n_test=np.full(count, 1000),
        correct=np.rint(1000 * SHARES.ravel()).astype(np.int64),
        accuracy=SHARES.ravel(),
        error=1 - SHARES.ravel(),
        cross_entropy=nothing,
        own_loss=nothing,
        loss_area=nothing,
        epochs_to_target=nothing,
        diverged=np.array([diverged, False, False, False]),
        cause=np.array(["chance" if diverged else "", "", "", ""]),
    )


def _row(runs: Runs, loss: str = "golden") -> TableRow:
    (row,) = table_rows(catalogue.load("table-1"), "paper", loss, runs)
    return row


def test_mean_and_deviations_equal_values_by_hand() -> None:
    row = _row(_runs())
    assert row.mean == pytest.approx(93.0)
    assert row.sd_runs == pytest.approx(np.sqrt(20.0 / 3.0))  # of 90, 92, 94, 96
    assert row.sd_folds == pytest.approx(np.sqrt(2.0))  # of 92, 94
    assert row.sd_repeats == pytest.approx(np.sqrt(8.0))  # of 91, 95
    assert (row.paper_mean, row.paper_sd) == (99.4, 0.1)


def test_diverged_runs_count_at_chance() -> None:
    row = _row(_runs(diverged=True))
    assert (row.diverged, row.mean) == (1, pytest.approx((10 + 92 + 94 + 96) / 4))


def test_rows_that_the_paper_lacks_stand_alone() -> None:
    assert _row(_runs(), loss="cross_entropy").paper_mean is None
    assert _row(_runs(), loss="sse").paper_mean == 98.9


def test_other_phases_make_no_rows() -> None:
    assert table_rows(catalogue.load("table-1"), "paper", "golden", _runs(phase="map")) == []


def test_the_interval_of_the_mean_is_students_over_repeats() -> None:
    row = _row(_runs())  # repeat means 91 and 95
    assert row.mean_low is not None and row.mean_high is not None
    half = 12.706204736 * np.sqrt(8.0) / np.sqrt(2.0)  # t of one degree of freedom at 97.5 %, from tables
    assert (row.mean_low, row.mean_high) == (pytest.approx(93.0 - half), pytest.approx(93.0 + half))


def test_the_interval_of_the_mean_covers_the_mean() -> None:
    """95 % intervals from ten repeats of ten folds whose runs share a repeat's own shift."""
    draw, covered = np.random.default_rng(3), 0
    block = np.repeat(np.arange(10), 10)
    for _ in range(600):
        shares = 0.9 + 0.004 * draw.standard_normal(10)[block] + 0.01 * draw.standard_normal(100)
        row = _row(_many(shares, block))
        assert row.mean_low is not None and row.mean_high is not None
        covered += row.mean_low <= 90.0 <= row.mean_high
    assert covered / 600 == pytest.approx(0.95, abs=0.03)  # three standard errors


def _many(shares: NDArray[np.float64], block: NDArray[np.int64]) -> Runs:
    """Runs with these accuracies in these repeats."""
    own = {"trial": block, "block": block, "run": np.tile(np.arange(10), 10), "accuracy": shares, "error": 1 - shares}
    own |= {"n_test": np.full(len(shares), 10**6), "correct": np.rint(1e6 * shares).astype(np.int64)}
    own |= {"diverged": np.zeros(len(shares), dtype=np.bool_), "cause": np.full(len(shares), "")}
    one = _runs()
    rest = {each.name: getattr(one, each.name) for each in fields(one) if each.name not in own}
    grown = {name: np.resize(held, len(shares)) if len(held) == SHARES.size else held for name, held in rest.items()}
    return Runs(**grown, **own)


def test_the_papers_set_up_is_that_of_the_catalogue() -> None:
    assert departures(catalogue.load("table-1"), "paper") == ()
    assert _row(_runs()).departures == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset": "digits"}, ("images of digits",)),
        ({"dataset": "rotated-mnist"}, ()),
        ({"name": "other", "target_accuracy": 0.8}, ()),
        ({"epochs": 3, "weight_decay": 0.0}, ("epochs 3 instead of 30", "weight decay 0 instead of 0.0001")),
        ({"reshuffle": True}, ("reshuffle on instead of off",)),
        ({"images": 500}, ("images 500 instead of all",)),
        ({"network": "mlp"}, ("network mlp, width 64 instead of fig3",)),
        ({"update_rule": "nesterov"}, ("update rule nesterov instead of heavy_ball",)),
        ({"precision": "bf16"}, ("precision bf16 instead of fp32",)),
    ],
)
def test_another_set_up_says_in_what_it_departs(changes: dict[str, Any], said: tuple[str, ...]) -> None:
    document = catalogue.load("table-1").model_dump(mode="json")
    spec = parse({**document, "contexts": [{**document["contexts"][0], **changes}]})
    assert departures(spec, spec.contexts[0].name) == said


def test_fewer_folds_or_repeats_depart_too_and_hide_the_papers_numbers() -> None:
    document = catalogue.load("table-1").model_dump(mode="json")
    spec = parse({**document, "replication": {"folds": 5}, "design": {**document["design"], "repeats": 1}})
    (row,) = table_rows(spec, "paper", "golden", _runs())
    assert row.departures == ("5 folds instead of 10", "1 repeat instead of 10")
    assert (row.paper_mean, row.paper_sd) == (None, None)
    (other,) = table_rows(spec, "paper", "cross_entropy", _runs())
    assert other.departures == (), "a row that the paper does not have departs from nothing"


def test_a_set_up_that_is_not_the_papers_says_in_what_once_a_context() -> None:
    row = TableRow("paper", "sse", golden.ETA, 0.0, 100, 0, 77.5, 9.5, 3.25, None, 77.4, 10.0)
    small = replace(row, context="small", departures=("images of digits", "1 repeat instead of 10"))
    assert departing([row]) == ()
    assert departing([small, replace(small, loss="golden")]) == (
        "The paper’s numbers are not shown, since the set-up is not its own: images of digits; 1 repeat instead of 10.",
    )
    assert departing([row, small], str.upper) == (
        "The paper’s numbers are not shown, since the set-up in context SMALL is not its own: images of digits; "
        "1 repeat instead of 10.",
    )
