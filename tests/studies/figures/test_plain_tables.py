"""The older figures as tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from studies.figures.curves import ArmCurves, Curve, curves_info
from studies.figures.drift import drift_info
from studies.figures.history import history_info
from studies.figures.landscape import landscape_info
from studies.figures.pair_strips import Pair, strip
from studies.figures.paired import paired_info
from studies.figures.plain_tables import (
    curves_table,
    drift_rows,
    history_table,
    landscape_table,
    paired_table,
    slices_table,
)
from studies.figures.slices import slices_info
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.records import Runs
from studies.verdict.model import SweepVerdict

MakeRuns = Callable[..., Runs]
MakeVerdict = Callable[..., SweepVerdict]


def test_every_run_is_in_the_landscapes_table(make_runs: MakeRuns) -> None:
    runs = make_runs()
    table = landscape_table(landscape_info(runs, Claim(), SearchSpace(), objective="accuracy"))
    assert sum(int(row[3] or 0) for row in table.rows) == len(runs)
    assert "Best measured: η" in table.said


def test_progress_names_the_best_trial(make_runs: MakeRuns) -> None:
    runs = make_runs()
    table = history_table(history_info(runs, objective="error"))
    values = [float(row[2] or 0.0) for row in table.rows]
    best = table.rows[values.index(min(values))][0]
    assert f"the best is trial #{best}" in table.said
    assert {row[1] for row in table.rows} == {"map", "confirm"}


def test_curves_have_a_row_per_epoch(make_curves: Callable[[], tuple[Curve, ...]]) -> None:
    curves = make_curves()
    table = curves_table(curves_info(curves))
    assert len(table.rows) == sum(len(curve.accuracy) for curve in curves)
    assert table.said.startswith("5 curves: the claim’s end at ")


def test_means_of_arms_come_first_with_their_bands(make_curves: Callable[[], tuple[Curve, ...]]) -> None:
    arms = (
        ArmCurves("claim", "claim", 0.016, 0.87, ((0.2, 0.4), (0.4, 0.8))),
        ArmCurves("default", "the default", 0.01, 0.9, ((0.1, 0.3),)),
    )
    table = curves_table(curves_info(make_curves(), arms=arms))
    assert table.columns[-2:] == ("low", "high")
    assert table.rows[0] == (None, "claim", 0.016, 0.87, "mean of 2", 1, pytest.approx(0.3), 0.0, 1.0)
    assert table.rows[3] == (None, "the default", 0.01, 0.9, "mean of 1", 2, 0.3, None, None)
    assert table.rows[4][:2] == (0, "claim")
    assert table.said.startswith("claim: the mean of 2 runs ends at 0.6000 (95 %: 0 to 1.000).")
    assert "the default: the mean of 1 run ends at 0.3000. Beside them 5 curves" in table.said


def test_those_of_the_verdict_read_as_the_figures_do(make_verdict: MakeVerdict) -> None:
    verdict = make_verdict()
    paired = paired_table(paired_info(verdict))
    assert [row[2] for row in paired.rows] == [0.12, -0.8, -0.05]
    slices = slices_table(slices_info(Claim(), verdict))
    assert max(float(row[2] or 0.0) for row in slices.rows) == 0.0
    (row,) = drift_rows(drift_info([verdict], Claim(), SearchSpace())).rows
    assert row[2:5] == (0.03, 0.012, 0.08)


def test_the_ends_of_a_band_stand_beside_the_profile(make_verdict: MakeVerdict) -> None:
    plain = slices_info(Claim(), make_verdict())
    assert slices_table(plain).columns[-1] == "within the 95 % region"
    along, across = plain.profiles
    half = (None, *(0.05,) * (len(along.at) - 1))
    table = slices_table(replace(plain, profiles=(replace(along, half=half), across)))
    assert table.columns[-2:] == ("low", "high")
    assert table.rows[0][-2:] == (None, None)
    assert table.rows[1][-2:] == (along.drop[1] - 0.05, along.drop[1] + 0.05)
    assert table.rows[-1][-2:] == (None, None), "the other profile has none"
    reach = sum(drop + 0.05 >= 0.0 for drop in along.drop[1:])
    said = f"from the top reaches 0 at {reach} of {len(along.at)} places; too low for a band: 1."
    assert table.said.endswith(said) and table.said.count("band") == 2


def test_single_pairs_are_counted_beside_their_interval(make_verdict: MakeVerdict) -> None:
    info = paired_info(make_verdict())
    first, *others = info.rows
    pairs = strip([Pair(i, 0, difference) for i, difference in enumerate((-0.5, 0.0, 0.25))])
    table = paired_table(replace(info, rows=(replace(first, strip=pairs), *others)))
    assert table.columns[-3:] == ("pairs above 0", "lowest pair", "highest pair")
    assert table.rows[0][-3:] == (1, -0.5, 0.25)
    assert table.rows[1][-3:] == (0, None, None)
    assert "above 0 in 1 of 3 pairs." in table.said


def test_where_there_is_nothing_the_sentence_is_the_figures_own() -> None:
    assert paired_table(paired_info(None)).said == paired_info(None).empty
    assert slices_table(slices_info(Claim(), None)).said.startswith("No fitted surface yet")
