"""Runs granted after a verdict: who may be granted any, and that no more than these are ever planned."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from storage_farm import drain, make_plans, submit

from studies.errors import StateError, StudyNotFoundError
from studies.language.spec import StudySpec
from studies.records import Phase, Step, StudyState
from studies.storage import audit, overview, phases, studies
from studies.storage.engine import Database


def complete(database: Database) -> StudySpec:
    """A study of two sweeps whose only phase is over and whose sweeps are closed."""
    spec = submit(database, points=1)
    drain(database)
    for key in phases.due(database):
        assert phases.close(database, key.sweep_id)
    return spec


def rounds(database: Database, spec: StudySpec, *, runs: int) -> tuple[dict[int, phases.Stage], dict[int, Step]]:
    """The stage of every due sweep, and a later look of so many runs for each."""
    keys = phases.due(database)
    plans = make_plans(spec, points=runs, block=7, phase=Phase.ZOOM)
    steps = {key.sweep_id: Step(plans[key.sweep], later_look=True, runs_added=runs) for key in keys}
    return {key.sweep_id: key.stage for key in keys}, steps


def test_grant_reopens_a_complete_study(database: Database) -> None:
    complete(database)
    before = overview.get(database, "first").summary
    summary = studies.grant(database, "first", 7, actor="me").summary
    assert (before.state, summary.state) == (StudyState.COMPLETE, StudyState.RUNNING)
    assert (summary.runs_granted, summary.finished_at) == (7, None)
    assert summary.revision > before.revision
    assert len(phases.due(database)) == 2
    latest = audit.history(database, "first").items[0]
    assert (latest.study, latest.actor, latest.action) == ("first", "me", "extend")
    assert latest.detail == "until decided, at most 7 further runs"


def test_grant_is_for_complete_studies(database: Database) -> None:
    with pytest.raises(StudyNotFoundError):
        studies.grant(database, "first", 5)
    submit(database, points=1)
    with pytest.raises(StateError, match="only a complete study"):
        studies.grant(database, "first", 5)
    studies.cancel(database, "first")
    with pytest.raises(StateError, match="is cancelled"):
        studies.grant(database, "first", 5)
    with pytest.raises(ValueError, match="at least 1"):
        studies.grant(database, "first", 0)


def test_two_grants_at_once_are_one(database: Database) -> None:
    complete(database)

    def grant(_: int) -> bool:
        try:
            studies.grant(database, "first", 5)
        except StateError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(grant, range(4))) == 1
    assert overview.get(database, "first").summary.runs_granted == 5


def test_rounds_take_exactly_what_is_granted_and_the_rest_lapses(database: Database) -> None:
    spec = complete(database)
    done = overview.get(database, "first").summary.runs_expected
    studies.grant(database, "first", 7)
    after, steps = rounds(database, spec, runs=3)
    assert phases.settle(database, after=after, steps=steps)
    assert not phases.settle(database, after=after, steps=steps), "planned once"
    detail = overview.get(database, "first")
    assert [sweep.rounds for sweep in detail.sweeps] == [1, 1]
    assert (detail.summary.runs_granted, detail.summary.runs_expected) == (1, done + 6)
    assert drain(database) == 6
    after, _ = rounds(database, spec, runs=1)
    assert {stage.rounds for stage in after.values()} == {1}
    assert phases.settle(database, after=after, steps={})
    summary = overview.get(database, "first").summary
    assert (summary.state, summary.runs_granted, summary.runs_done) == (StudyState.COMPLETE, 0, done + 6)


def test_rounds_beyond_the_grant_change_nothing_at_all(database: Database) -> None:
    spec = complete(database)
    studies.grant(database, "first", 5)
    after, steps = rounds(database, spec, runs=3)  # the first sweep's would fit, both do not
    before = overview.get(database, "first")
    assert not phases.settle(database, after=after, steps=steps)
    assert overview.get(database, "first") == before
    one = dict([next(iter(steps.items()))])
    assert phases.settle(database, after=after, steps=one), "one round, and the other sweep is closed"
    assert drain(database) == 3
    assert [key.rounds for key in phases.due(database)] == [1]


def test_of_several_that_look_one_plans(database: Database) -> None:
    spec = complete(database)
    studies.grant(database, "first", 100)
    after, steps = rounds(database, spec, runs=2)
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda _: phases.settle(database, after=after, steps=steps), range(4)))
    assert sum(won) == 1
    assert overview.get(database, "first").summary.runs_granted == 96
    assert drain(database) == 4
