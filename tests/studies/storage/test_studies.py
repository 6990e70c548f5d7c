"""Studies: creating, reading, steering, deleting."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from storage_farm import claim_some, complete, drain, make_plans, make_spec, results_of, submit

from studies.errors import (
    DuplicateStudyError,
    IdempotencyConflictError,
    SpecError,
    StateError,
    StudyNotFoundError,
)
from studies.records import StudyState, TrialState
from studies.storage import audit, finishing, listing, overview, phases, queue, studies
from studies.storage.engine import Database
from studies.storage.read_models import WorkerStatus


def state_of(database: Database, name: str = "first") -> StudyState:
    return overview.get(database, name).summary.state


def test_create_stores_the_document_and_its_sweeps(database: Database) -> None:
    spec = make_spec()
    detail, created = studies.create(database, spec, make_plans(spec, points=3), runs_expected=99, submitted_by="me")
    assert created
    assert detail.spec == spec
    assert [s.name for s in detail.sweeps] == ["golden@paper", "sse@paper"]
    assert [(p.phase, p.waiting, p.runs_planned) for p in detail.sweeps[0].phases] == [("map", 3, 3)]
    assert (detail.summary.state, detail.summary.runs_expected) == (StudyState.QUEUED, 99)
    assert detail == overview.get(database, "first")
    assert [(e.study, e.actor, e.action) for e in audit.history(database, "first").items] == [("first", "me", "submit")]


def test_create_again_finds_the_same_study(database: Database) -> None:
    spec = submit(database)
    detail, created = studies.create(database, spec, make_plans(spec), runs_expected=1)
    assert not created
    assert detail.summary.id == overview.get(database, "first").summary.id


def test_simultaneous_creation_makes_one_study(database: Database) -> None:
    spec = make_spec()
    plans = make_plans(spec)

    def create(_: int) -> bool:
        return studies.create(database, spec, plans, runs_expected=1, idempotency_key="k")[1]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(create, range(4))) == [False, False, False, True]
    assert len(overview.list_page(database).items) == 1


def test_create_refuses_another_document_of_that_name(database: Database) -> None:
    submit(database)
    other = make_spec(seed=1)
    with pytest.raises(
        DuplicateStudyError, match=r"another study is named 'first' \(seed: 20200607 there, 1 here\); rename"
    ):
        studies.create(database, other, make_plans(other), runs_expected=1)


def test_idempotency_key_belongs_to_one_document(database: Database) -> None:
    spec, other = make_spec(), make_spec("second")
    _, created = studies.create(database, spec, make_plans(spec), runs_expected=1, idempotency_key="k")
    _, again = studies.create(database, spec, make_plans(spec), runs_expected=1, idempotency_key="k")
    assert (created, again) == (True, False)
    with pytest.raises(IdempotencyConflictError):
        studies.create(database, other, make_plans(other), runs_expected=1, idempotency_key="k")


def test_create_refuses_plans_for_unknown_sweeps(database: Database) -> None:
    with pytest.raises(ValueError, match="does not have"):
        studies.create(database, make_spec(), {"nonsense@paper": []}, runs_expected=1)


def test_paused_study_is_not_claimed(database: Database) -> None:
    submit(database, points=2)
    held = claim_some(database, 1)
    studies.pause(database, "first")
    studies.pause(database, "first")
    assert queue.claim(database, worker="w", limit=1, lease_seconds=60) is None
    assert finishing.finish(database, results_of(held.trials)) == [True]
    studies.resume(database, "first")
    studies.resume(database, "first")
    assert state_of(database) is StudyState.RUNNING
    assert drain(database) == 3


def test_resuming_an_untouched_study_queues_it(database: Database) -> None:
    submit(database)
    studies.pause(database, "first")
    studies.resume(database, "first")
    assert state_of(database) is StudyState.QUEUED


def test_cancel_is_final(database: Database) -> None:
    submit(database, points=2)
    held = claim_some(database, 1)
    studies.cancel(database, "first")
    studies.cancel(database, "first")
    assert finishing.finish(database, results_of(held.trials)) == [False]
    assert queue.claim(database, worker="w", limit=1, lease_seconds=60) is None
    for call in (studies.pause, studies.resume):
        with pytest.raises(StateError, match="cancelled"):
            call(database, "first")
    page = listing.trials_page(database, "first", state=TrialState.CANCELLED)
    assert len(page.items) == 4
    assert overview.get(database, "first").summary.trials_running == 0


def test_delete_leaves_nothing_and_stops_workers(database: Database) -> None:
    submit(database, "other", points=1)
    drain(database)
    submit(database, points=2)
    assert finishing.finish(database, results_of(claim_some(database, 1).trials)) == [True]
    held = {t.id: t.token for t in claim_some(database, 2).trials}
    before = overview.revisions(database)
    studies.delete(database, "first")
    assert queue.heartbeat(database, "w", held, lease_seconds=60, status=WorkerStatus()).stop == set(held)
    assert overview.revisions(database) > before
    with database.read() as connection:
        ours = ("golden_studies", "golden_sweeps", "golden_runs", "golden_curves")
        tables = (*ours, "studies", "trials", "trial_params")
        left = [connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]
    assert left == [1, 2, 2, 2, 2, 2, 4], "what is left belongs to the other study"
    submit(database, points=1)
    assert not set(held) & {t.id for t in claim_some(database).trials}, "ids are never given out twice"


def test_extend_reopens_a_complete_study(database: Database) -> None:
    spec = submit(database, points=1)
    drain(database)
    assert [phases.close(database, due.sweep_id) for due in phases.due(database)] == [True, True]
    assert state_of(database) is StudyState.COMPLETE
    more = {"sse@paper": make_plans(spec, points=2, block=7)["sse@paper"]}
    detail = studies.extend(database, "first", more, runs_added=2)
    assert (detail.summary.state, detail.summary.runs_expected, detail.summary.finished_at) == (
        StudyState.RUNNING,
        4,
        None,
    )
    assert drain(database) == 2
    assert [due.sweep for due in phases.due(database)] == ["sse@paper"]
    with pytest.raises(SpecError, match="no sweep"):
        studies.extend(database, "first", {"x@paper": []}, runs_added=0)


def test_extend_refuses_a_cancelled_study(database: Database) -> None:
    spec = submit(database)
    studies.cancel(database, "first")
    with pytest.raises(StateError, match="submit a new one"):
        studies.extend(database, "first", make_plans(spec), runs_added=1)
    assert json.dumps(overview.get(database, "first").sweeps[0].phases[0].waiting) == "0"


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
