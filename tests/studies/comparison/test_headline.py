"""A comparison's answer in a sentence or two."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

from measured_arms import arm, asked, runs_of
from shown_arms import shown_arms

from studies.comparison.compare import compared
from studies.comparison.exchange import from_json
from studies.comparison.headline import headline
from studies.comparison.model import ArmComparison

DOCS = Path(__file__).parents[3] / "docs/results"
TIMES = [1.13, 1.3, 1.2, 1.25, 1.15, 1.3, 1.22, 1.31]


def published(name: str) -> ArmComparison:
    return from_json(json.loads(gzip.decompress((DOCS / f"{name}.json.gz").read_bytes()))["comparison"])


def of(**others: list[float | None]) -> str:
    """The headline of arms beside a baseline, by epochs to target, in one place."""
    plan = asked(arm("sgd"), *(arm(name) for name in others))
    runs = {"sse@digits-sgd": runs_of(TIMES)}
    return headline(
        compared(plan, runs | {f"sse@digits-{name}": runs_of(times) for name, times in others.items()}), "sse"
    )


def test_along_an_axis_it_says_who_is_best_where_and_over_how_many_runs() -> None:
    assert headline(published("dlr-speed"), "sse") == (
        "By epochs to target accuracy: at width 45, none of 4 can be told from SGD, and most runs of 3 of 5 arms never"
        " reach the target; at width 100, DLR, presynaptic norm has the lowest mean of those better than SGD, 0.750"
        " against 1.06 epochs; at width 300, Adam is better than SGD, 0.446 against 0.664 epochs. 8 runs each, on the"
        " same seeds."
    )


def test_in_one_place_it_counts_who_is_better_worse_and_neither() -> None:
    assert headline(published("yamadam"), "cross_entropy") == (
        "By test accuracy, no arm is better than YamAdam (94.77 %) beyond chance, and the highest mean is that of Adam,"
        " tuned, 95.29 %. Of 12 compared: 3 worse, 9 not told apart (Holm, 5 %). 8 runs each, on the same seeds."
    )
    assert ", tuned is better than backpropagation, tuned, 0.282 against 0.294. Of 16 compared: 1 better, 7 worse" in (
        headline(published("b-functions"), "cross_entropy")
    )


def test_a_row_that_mostly_never_arrives_has_no_mean_to_compare() -> None:
    assert of(dlr=[0.5 * t for t in TIMES], adam=[None] * 7 + [3.5]).startswith(
        "By epochs to target accuracy, DLR is better than SGD, 0.616 against 1.23 epochs."
        " Of 2 compared: 1 better, 1 worse"
    )
    nobody = of(dlr=[None] * 8)
    assert "no arm is better than SGD (1.23 epochs) beyond chance" in nobody


def test_equals_cannot_be_told_from_the_baseline() -> None:
    same = of(dlr=[t + 0.001 * (-1) ** i for i, t in enumerate(TIMES)])
    assert same.startswith("By epochs to target accuracy, the other cannot be told from SGD (1.23 epochs)")


def test_places_that_say_the_same_are_said_once_and_waiting_ones_counted() -> None:
    found = shown_arms(widths=(45, 100, 300))
    assert " at width 45, " in headline(found, "sse")
    blank = tuple(
        replace(row, results=tuple(replace(each, versus=None) for each in row.results)) if row.at == 300.0 else row
        for row in found.rows
    )
    assert "; 1 place waits for runs." in headline(replace(found, rows=blank), "sse")
    none = tuple(replace(row, results=tuple(replace(e, versus=None) for e in row.results)) for row in found.rows)
    assert headline(replace(found, rows=none), "sse").startswith("No arm has two runs on the baseline’s seeds yet")
