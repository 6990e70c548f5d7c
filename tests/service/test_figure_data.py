"""The data of figures: the chosen sweep, its runs, and a bounded choice of learning curves."""

from __future__ import annotations

import numpy as np
import pytest

from service.figure_data import CLAIM_LIMIT, choose_sweep, read_figure_data
from service.verdicts.cache import VerdictCache
from studies.errors import StudyNotFoundError
from studies.figures.paired import paired_info
from studies.language.phases import Phase
from studies.records import Arm
from studies.storage import overview, results
from studies.storage.engine import Database


def test_the_sweep_of_a_name_or_the_first(database: Database, measured: str) -> None:
    detail = overview.get(database, measured)
    assert choose_sweep(detail, None).name == "golden@paper"
    assert choose_sweep(detail, "sse@paper").name == "sse@paper"
    with pytest.raises(StudyNotFoundError, match="it has golden@paper, sse@paper"):
        choose_sweep(detail, "none@paper")


def test_data_are_those_of_the_sweep(database: Database, measured: str) -> None:
    detail = overview.get(database, measured)
    sweep = choose_sweep(detail, "sse@paper")
    cached = VerdictCache(database).verdict(measured)
    data = read_figure_data(database, detail, sweep, cached=cached, with_curves=False)
    assert len(data.runs) == 28
    assert data.verdict is not None
    assert data.verdict.sweep == "sse@paper"
    assert [verdict.sweep for verdict in data.verdicts] == ["golden@paper", "sse@paper"]
    assert data.objective == "accuracy"
    assert data.curves == ()


def test_curves_are_means_over_the_runs_of_a_trial(database: Database, measured: str) -> None:
    detail = overview.get(database, measured)
    sweep = choose_sweep(detail, None)
    cached = VerdictCache(database).verdict(measured)
    curves = read_figure_data(database, detail, sweep, cached=cached, with_curves=True).curves
    runs = results.runs(database, measured, sweep.name)
    claimed = {int(trial) for trial in np.unique(runs.trial[runs.arm == Arm.CLAIM])}
    roles = {curve.trial: curve.role for curve in curves}
    assert len(roles) == len(curves)
    assert {trial for trial, role in roles.items() if role == "claim"} <= claimed
    assert sum(role == "claim" for role in roles.values()) <= CLAIM_LIMIT
    assert sweep.best is not None
    assert roles[sweep.best.trial] == "best"
    for curve in curves:
        stored = results.curves(database, measured, sweep.name, [curve.trial])
        mean = np.mean([np.array(each.accuracy, dtype=float) for each in stored], axis=0)
        assert curve.accuracy == pytest.approx(tuple(mean))
        assert curve.eta == runs.eta[runs.trial == curve.trial][0]


def test_single_pairs_are_those_of_the_verdict_whatever_phase_is_shown(database: Database, measured: str) -> None:
    detail = overview.get(database, measured)
    sweep = choose_sweep(detail, None)
    cached = VerdictCache(database).verdict(measured)
    for phase in (None, Phase.MAP):
        data = read_figure_data(database, detail, sweep, cached=cached, with_curves=False, phase=phase)
        info = paired_info(data.verdict, data.evidence)
        assert info.rows
        assert [row.strip.pairs for row in info.rows] == [row.pairs for row in info.rows]
