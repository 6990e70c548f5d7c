"""Trials measured elsewhere: what a table says, and every mistake in it named."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.errors import SpecError
from studies.foreign.csv_text import read_table
from studies.foreign.judgement import TrialTable, judge_table, table_of
from studies.language.claim import Claim
from studies.verdict.exchange import from_json, to_json
from studies.verdict.model import Outcome


def _table(key: str, *, pairs: bool = True, **options: Any) -> TrialTable:
    """A planted study's runs as somebody would write them down, the claim with the paper's three digits."""
    spec = shipped(4, zoom_points=48, confirm_blocks=10)
    runs = simulate(SCENARIOS[key], np.random.default_rng(5), spec).runs
    runs = runs if pairs else runs.where(np.isin(runs.phase, ("map", "widen", "zoom")))
    claim = Claim()
    rows = []
    for i in range(len(runs)):
        at_claim = np.isclose(runs.eta[i], claim.eta) and np.isclose(runs.alpha[i], claim.alpha)
        eta, alpha = (0.0159, 0.874) if at_claim else (float(runs.eta[i]), float(runs.alpha[i]))
        row: dict[str, Any] = {"eta": eta, "alpha": alpha, "value": float(runs.accuracy[i]), "loss": "golden"}
        if runs.phase[i] in ("confirm", "controls"):
            row["repeat"] = int(runs.block[i]) - 10_000
        rows.append(row)
    return table_of({"rows": rows, **options})


@pytest.fixture(scope="module")
def table() -> TrialTable:
    return _table("A", points="fixed")


def test_table_gives_region_noise_and_pairs_but_no_decision(table: TrialTable) -> None:
    verdict = judge_table(table)
    (sweep,) = verdict.sweeps
    assert (verdict.outcome, sweep.reasons[0].code) == (Outcome.INCONCLUSIVE, "incomplete")
    assert "fresh paired runs" in verdict.sentence
    assert sweep.eta.low is not None and sweep.eta.high is not None
    assert sweep.eta.low < Claim().eta < sweep.eta.high
    assert sweep.sigma == pytest.approx(0.12, rel=0.4)
    assert sweep.region is not None and sweep.degree is not None
    assert {comparison.pairs for comparison in sweep.comparisons} == {10}
    assert len(sweep.comparisons) == 6
    assert from_json(to_json(verdict)) == verdict


def test_distant_optimum_is_pointed_at_but_not_refuted() -> None:
    (sweep,) = judge_table(_table("E")).sweeps
    assert sweep.outcome is Outcome.INCONCLUSIVE
    assert sweep.pi_inside is not None and sweep.pi_inside < 0.5
    assert sweep.effective_rate.estimate is not None and sweep.effective_rate.estimate > 2 * 0.126


def test_adaptive_points_give_a_posterior_and_no_region() -> None:
    (sweep,) = judge_table(_table("A", pairs=False, points="adaptive")).sweeps
    assert sweep.p_claim is None
    assert sweep.eta.estimate is not None
    assert "no confidence region" in sweep.sentence
    assert sweep.comparisons == ()


def test_few_rows_say_what_is_missing() -> None:
    sentence = judge_table(table_of({"rows": [{"eta": 0.1, "alpha": 0.5, "value": 0.9}]})).sentence
    for part in ("was not measured at all", "No point was measured twice", "Six or more runs"):
        assert part in sentence


def test_folds_widen_the_interval_by_nadeau_and_bengio() -> None:
    rng = np.random.default_rng(1)
    rows = [
        {"eta": eta, "alpha": 0.874, "value": 0.9 + 0.01 * float(rng.standard_normal()), **key}
        for eta in (0.016, 0.03)
        for key in ({"fold": f, "repeat": r} for f in range(5) for r in range(2))
    ]
    plain = [{**row, "fold": 0, "repeat": 5 * row["repeat"] + row["fold"]} for row in rows]
    widths = []
    for given_rows in (rows, plain):
        difference = judge_table(table_of({"rows": given_rows})).sweeps[0].comparisons[0].difference
        assert difference.low is not None and difference.high is not None
        widths.append(difference.high - difference.low)
    assert widths[0] / widths[1] == pytest.approx(np.sqrt(1 + 2 * 5 / 4))


def test_losses_are_judged_apart_and_minimised_values_too(table: TrialTable) -> None:
    rows = [{**row.model_dump(), "value": 1.0 - (row.value or 0.0), "loss": "mine"} for row in table.rows]
    other = [{**row, "loss": "theirs"} for row in rows[:40]]
    verdict = judge_table(table_of({"rows": rows + other, "objective": "error", "points": "fixed"}))
    assert [sweep.loss for sweep in verdict.sweeps] == ["mine", "theirs"]
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.sweeps[0].eta == judge_table(table).sweeps[0].eta


CELLS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.sampled_from(["0.01", "0.9", "0", "1", "", "yes", "1e-400", "1e400", "−1", "\x00", '"']),
    st.text(max_size=5),
)
HEADERS = st.sampled_from([["eta", "alpha", "value"], ["eta", "alpha", "value", "loss", "fold", "repeat", "diverged"]])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_table_breaks_the_reader_or_the_judge(data: st.DataObject) -> None:
    header = data.draw(HEADERS)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows(data.draw(st.lists(st.lists(CELLS, min_size=3, max_size=7), max_size=4)))
    try:
        table = read_table(buffer.getvalue().encode("utf-8", "surrogatepass"), {})
    except SpecError as error:
        assert error.problems
    else:
        judge_table(table)


ROWS = st.fixed_dictionaries(
    {"eta": st.floats(1e-12, 100.0), "alpha": st.floats(0.0, 1.0 - 1e-9), "value": st.floats(0.0, 1.0)},
    optional={"diverged": st.booleans(), "fold": st.integers(0, 2), "repeat": st.integers(0, 2)},
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=30), st.sampled_from(["accuracy", "own_loss", "epochs_to_target"]))
def test_every_acceptable_table_gets_a_verdict(rows: list[dict[str, Any]], objective: str) -> None:
    verdict = judge_table(table_of({"rows": rows, "objective": objective}))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.sentence
