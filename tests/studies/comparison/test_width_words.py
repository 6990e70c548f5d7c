"""Smallest widths in sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from measured_arms import arm, asked, runs_of
from shown_arms import shown_arms

from studies.comparison.compare import compared
from studies.comparison.model import ArmComparison
from studies.comparison.width_words import all_sentences, width_sentences

WIDTHS = (30.0, 40.0, 50.0)
RUNS = 8


def narrower() -> ArmComparison:
    """SGD needs 50 units in every run, the second arm 30 or 40 in turn, the third as many as SGD."""
    never, late = [None] * RUNS, [2.0] * RUNS
    turns = [2.0 if run % 2 else None for run in range(RUNS)]
    times = {"sgd": [never, never, late], "dlr": [turns, late, late], "adam": [never, never, late]}
    runs = {
        f"sse@h-{width:g}-{name}": runs_of(table[i]) for name, table in times.items() for i, width in enumerate(WIDTHS)
    }
    return compared(asked(arm("sgd"), arm("dlr"), arm("adam"), widths=WIDTHS, runs=RUNS), runs)


def test_fewer_units_are_better() -> None:
    (said,) = width_sentences(narrower())
    assert said.startswith(
        "by smallest width, better than SGD is DLR, tuned (−15.0 units; 95 %: −19.5 to −10.5 units); 1 other"
    )
    row = narrower().widths[1]
    assert row.result.mean is not None and np.isclose(row.result.mean, 35.0)


def test_they_lead_where_the_study_is_about_them_and_only_there() -> None:
    found = narrower()
    assert all_sentences(found) == found.sentences
    first, *others = all_sentences(replace(found, widths_first=True))
    assert first.startswith("by smallest width") and tuple(others) == found.sentences


def test_without_an_axis_of_widths_nothing_is_said() -> None:
    assert width_sentences(shown_arms()) == ()
