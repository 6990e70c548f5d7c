"""The data of figures: the chosen sweep, its runs, and a bounded choice of learning curves."""

from __future__ import annotations

import numpy as np
import pytest

from service.figure_data import CLAIM_LIMIT, choose_sweep, read_figure_data
from service.verdicts.cache import VerdictCache
from studies.errors import SpecError, StudyNotFoundError
from studies.figures.curve_choice import chosen
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
    assert data.evidence is not None and data.evidence.sweep == "sse@paper" and data.evidence.objective == "accuracy"
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


def test_single_pairs_are_those_of_the_verdict_whatever_phase_is_shown(database: Database, undecided: str) -> None:
    detail = overview.get(database, undecided)
    sweep = choose_sweep(detail, None)
    cached = VerdictCache(database).verdict(undecided)
    for phase in (None, Phase.MAP):
        data = read_figure_data(database, detail, sweep, cached=cached, with_curves=False, phase=phase)
        info = paired_info(data.verdict, data.evidence)
        assert info.rows
        assert [row.strip.pairs for row in info.rows] == [row.pairs for row in info.rows]


def test_chosen_curves_stand_in_front_and_no_other(database: Database, undecided: str) -> None:
    detail = overview.get(database, undecided)
    sweep = choose_sweep(detail, None)
    cached = VerdictCache(database).verdict(undecided)
    data = read_figure_data(
        database,
        detail,
        sweep,
        cached=cached,
        with_curves=True,
        phase=Phase.MAP,
        choice=chosen(["claim"], [3]),
    )
    assert {curve.trial: curve.role for curve in data.curves if curve.role} == {3: "chosen"}
    runs = results.runs(database, undecided, sweep.name)
    claimed = runs.trial[(runs.arm == Arm.CLAIM) & (runs.phase == Phase.CONFIRM)]
    stored = results.curves(database, undecided, sweep.name, np.unique(claimed).tolist())
    first, *others = data.arm_curves
    assert first.name == "claim"
    assert first.runs == tuple(tuple(each.accuracy) for each in stored)
    assert others
    assert all(arm.runs == () for arm in others)


def test_a_phase_without_the_best_trial_has_curves_all_the_same(database: Database, undecided: str) -> None:
    detail = overview.get(database, undecided)
    sweep = choose_sweep(detail, None)
    cached = VerdictCache(database).verdict(undecided)
    phases = results.runs(database, undecided, sweep.name)
    for phase in map(Phase, np.unique(phases.phase).tolist()):
        curves = read_figure_data(database, detail, sweep, cached=cached, with_curves=True, phase=phase).curves
        assert {curve.trial for curve in curves} <= set(phases.trial[phases.phase == phase].tolist())
        assert curves


def test_a_figure_without_curves_takes_no_choice(database: Database, measured: str) -> None:
    detail = overview.get(database, measured)
    sweep = choose_sweep(detail, None)
    cached = VerdictCache(database).verdict(measured)
    with pytest.raises(SpecError, match="belongs to `curves` alone"):
        read_figure_data(database, detail, sweep, cached=cached, with_curves=False, choice=chosen(None, [3]))
