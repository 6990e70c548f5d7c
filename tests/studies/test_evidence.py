"""Evidence of a stored sweep: what is left out, what counts as lost, and which box, seed and objective are in force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_study import make

from studies.evidence import evidence
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.records import Runs
from studies.seeds import derive
from studies.storage.read_models import PhaseProgress, SweepSummary

SEARCHED = {
    "kind": "search",
    "sampler": "tpe",
    "trials": 20,
}


def progress(phase: Phase, *, planned: int, done: int) -> PhaseProgress:
    """Of a phase whose other runs failed for good."""
    return PhaseProgress(
        phase=phase,
        waiting=0,
        running=0,
        complete=done,
        failed=planned - done,
        cancelled=0,
        runs_planned=planned,
        runs_done=done,
        diverged=0,
    )


def sweep(*phases: PhaseProgress, done: int, rounds: int = 0) -> SweepSummary:
    """A sweep of the planted study, of whose phases the first `done` are over."""
    return SweepSummary(
        id=1,
        name="golden@digits",
        loss="golden",
        context="digits",
        phases=phases,
        phases_done=tuple(phase.phase for phase in phases[:done]),
        best=None,
        rounds=rounds,
    )


def rows(*phases: Phase) -> Runs:
    """A run of each phase."""
    n = len(phases)
    numbers, ones = np.arange(n), np.ones(n)
    return Runs(
        trial=numbers,
        run=np.zeros(n, np.int64),
        phase=np.array([str(phase) for phase in phases]),
        arm=np.array(["point"] * n),
        block=np.zeros(n, np.int64),
        eta=0.1 * ones,
        alpha=0.5 * ones,
        n_test=np.full(n, 100),
        correct=np.full(n, 90),
        accuracy=0.9 * ones,
        error=0.1 * ones,
        cross_entropy=0.3 * ones,
        own_loss=0.2 * ones,
        loss_area=0.5 * ones,
        epochs_to_target=ones,
        diverged=np.zeros(n, np.bool_),
        cause=np.full(n, ""),
    )


@pytest.fixture
def spec() -> StudySpec:
    return make()


def test_a_search_beside_a_locate_design_is_left_out(spec: StudySpec) -> None:
    phases = (progress(Phase.MAP, planned=48, done=48), progress(Phase.SEARCH, planned=20, done=10))
    found = evidence(spec, sweep(*phases, done=2), rows(Phase.MAP, Phase.SEARCH, Phase.MAP))
    assert found.runs.trial.tolist() == [0, 2]
    assert (found.planned_runs, found.failed_runs, found.phases_done) == (48, 0, (Phase.MAP,))
    assert found.fixed_design


def test_a_search_of_its_own_is_kept_and_not_called_a_fixed_design() -> None:
    phases = (progress(Phase.SEARCH, planned=20, done=20),)
    found = evidence(make(design=SEARCHED), sweep(*phases, done=1), rows(Phase.SEARCH))
    assert (len(found.runs), found.planned_runs, found.phases_done) == (1, 20, (Phase.SEARCH,))
    assert not found.fixed_design


def test_runs_are_lost_only_where_their_phase_is_over(spec: StudySpec) -> None:
    phases = (progress(Phase.MAP, planned=48, done=45), progress(Phase.ZOOM, planned=24, done=4))
    found = evidence(spec, sweep(*phases, done=1), rows(Phase.MAP, Phase.ZOOM))
    assert (found.planned_runs, found.failed_runs) == (72, 3)


def test_the_box_is_the_widened_one_and_a_round_makes_a_look(spec: StudySpec) -> None:
    stored = sweep(progress(Phase.MAP, planned=48, done=48), done=1, rounds=2)
    assert evidence(spec, stored, rows(Phase.MAP)).space == spec.search_space
    wider = spec.search_space.model_copy(update={"alpha": spec.search_space.alpha.model_copy(update={"high": 0.999})})
    found = evidence(spec, replace(stored, space=wider), rows(Phase.MAP))
    assert (found.space, found.looks) == (wider, 3)


def test_seed_and_objective_are_the_studys_own(spec: StudySpec) -> None:
    stored = sweep(progress(Phase.MAP, planned=48, done=48), done=1)
    found = evidence(spec, stored, rows(Phase.MAP))
    assert found.seed == derive(spec.seed, "verdict", "golden@digits")
    assert (found.objective, found.claim) == (spec.claim.objective, spec.claim)
    assert evidence(spec, stored, rows(Phase.MAP), "cross_entropy").objective == "cross_entropy"
