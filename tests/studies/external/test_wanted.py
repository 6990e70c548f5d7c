"""The plan of a sweep of one's own, step by step, against the storage's and against the replay."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import own_trainers
import pytest
from own_plans import DESIGN, flat, own_study, peaked, trained, work_off

from studies.errors import SpecError
from studies.external.measured import runs_of
from studies.external.wanted import evidence_so_far, verdict_so_far, wanted
from studies.judgement import evidence_of, verdict_from
from studies.judgement import runs_of as stored_runs
from studies.language.spec import StudySpec, parse
from studies.plan.replay import replayed_plans
from studies.records import ReportedRun, Runs
from studies.storage import overview
from studies.storage.engine import Database
from studies.verdict.exchange import to_json
from studies.verdict.model import Outcome

TOP = peaked(0.016, 0.874)


def shuffled(runs: Runs, seed: int) -> Runs:
    order = np.random.default_rng(seed).permutation(len(runs))
    return Runs(**{column.name: getattr(runs, column.name)[order] for column in fields(Runs)})


def nothing(spec: StudySpec) -> Runs:
    return runs_of(spec, (), {})


def test_the_map_is_wanted_first_and_whole() -> None:
    spec = own_study()
    found = wanted(spec, nothing(spec))
    assert (len(found.plans), found.missing, found.finished) == (48, tuple(range(48)), False)
    assert {plan.phase.value for plan in found.plans} == {"map"}
    assert (found.verdict, found.sentence) == (None, "")


def test_half_a_phase_leaves_its_rest_and_nothing_later() -> None:
    spec = own_study()
    first = wanted(spec, nothing(spec))
    runs = runs_of(spec, first.plans, trained(first.plans, range(0, 48, 2), TOP))
    found = wanted(spec, runs)
    assert (len(found.plans), found.missing) == (48, tuple(range(1, 48, 2)))


def test_a_planted_top_is_decided_and_portions_change_nothing() -> None:
    spec = own_study()
    found, results = work_off(spec, TOP)
    assert (found.finished, found.missing) == (True, ())
    assert found.verdict is not None and found.verdict.outcome is Outcome.SUPPORTED
    assert found.sentence.startswith("decided: ")
    runs = runs_of(spec, found.plans, results)
    assert wanted(spec, shuffled(runs, 1)) == found  # from nothing but the rows, in another order
    again, others = work_off(spec, TOP, portion=29)
    assert (again.plans, others) == (found.plans, results)
    measured = evidence_so_far(spec, runs, found)
    assert tuple(replayed_plans(spec, spec.contexts[0], measured)) == found.plans


def test_a_plain_without_a_top_cannot_be_decided() -> None:
    spec = own_study(design={**DESIGN, "confirm_blocks": 8})
    found, _ = work_off(spec, flat)
    assert found.verdict is not None and found.verdict.outcome is Outcome.INCONCLUSIVE
    assert found.sentence.startswith("cannot be decided by more of the same: ")


def test_the_storage_plans_the_same_trials_and_judges_the_same(database: Database) -> None:
    spec = own_trainers.submit(database)
    assert own_trainers.work_off(database) > 0
    detail = overview.get(database, spec.name)
    stored = stored_runs(database, detail)
    ((name, runs),) = stored.items()
    found = wanted(spec, runs, looks=1)
    assert (found.finished, len(found.plans)) == (True, len(set(runs.trial.tolist())))
    judged = verdict_from(spec, evidence_of(detail, stored))
    assert found.verdict is not None and to_json(found.verdict) == to_json(judged)
    again = evidence_so_far(spec, runs, found)
    theirs = evidence_of(detail, stored)[name]
    assert replace(again, runs=runs) == replace(theirs, runs=runs)


def test_what_broke_counts_as_an_outcome() -> None:
    spec = own_study()
    first = wanted(spec, nothing(spec))
    results = trained(first.plans, range(48), TOP) | {(3, 0): ReportedRun(None, diverged=True)}
    runs = runs_of(spec, first.plans, results)
    assert (runs.diverged[3], runs.cause[3], runs.correct[3]) == (True, "diverged", 0)
    assert len(wanted(spec, runs).plans) > 48


def test_trials_given_up_are_gaps_until_they_are_too_many() -> None:
    spec = own_study()
    first = wanted(spec, nothing(spec))
    runs = runs_of(spec, first.plans, trained(first.plans, range(3, 48), TOP))
    gaps = wanted(spec, runs, given_up={0, 1, 2, 999})
    assert len(gaps.plans) > 48 and gaps.given_up == {0, 1, 2}
    assert evidence_so_far(spec, runs, gaps).failed_runs == 3
    lost = wanted(spec, nothing(spec), given_up=set(range(10)))
    assert lost.finished and lost.has_failed
    assert lost.sentence.startswith("failed: 10 of 48 trials failed for good")


def test_rows_that_nobody_planned_do_not_count() -> None:
    spec, other = own_study(), own_study(seed=7)
    found = wanted(spec, nothing(spec))
    theirs = wanted(other, nothing(other))
    runs = runs_of(other, theirs.plans, trained(theirs.plans, range(48), TOP))
    assert set(wanted(spec, runs).missing) >= {n for n in range(48) if found.plans[n].arm == "point"}


def test_a_verdict_is_there_at_any_time() -> None:
    spec = own_study()
    first = wanted(spec, nothing(spec))
    assert verdict_so_far(spec, nothing(spec), first).outcome is Outcome.INCONCLUSIVE
    runs = runs_of(spec, first.plans, trained(first.plans, range(30), TOP))
    assert verdict_so_far(spec, runs, first).sweeps[0].runs == 30


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"losses": ["own", "other"], "claim": {"at": {"lr": 0.016, "beta1": 0.874}, "primary_loss": "own"}}, "losses"),
        ({"contexts": [{"trainer": "external", "name": "a"}, {"trainer": "external", "name": "b"}]}, "contexts"),
        ({"design": {**DESIGN, "search": {"sampler": "tpe", "trials": 3}}}, "design.search"),
        ({"design": {"kind": "search", "sampler": "tpe"}}, "design.sampler"),
    ],
)
def test_a_study_that_is_not_one_sweep_of_ones_own_is_refused(changes: dict[str, Any], field: str) -> None:
    spec = parse({**own_study().model_dump(mode="json"), **changes})
    with pytest.raises(SpecError) as refused:
        wanted(spec, nothing(own_study()))
    assert [problem.field for problem in refused.value.problems] == [field]


def test_a_built_in_context_is_refused() -> None:
    spec = parse({"name": "built-in", "losses": ["golden"]})
    with pytest.raises(SpecError, match='set trainer = "external"'):
        wanted(spec, nothing(own_study()))
