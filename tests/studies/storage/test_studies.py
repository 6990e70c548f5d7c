"""Studies: creating, reading, steering, deleting."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa
from storage_farm import claim_some, drain, make_plans, make_spec, results_of, submit

from studies.errors import (
    DuplicateStudyError,
    IdempotencyConflictError,
    SpecError,
    StateError,
    StudyNotFoundError,
)
from studies.language.space import AlphaRange, EtaRange, SearchSpace
from studies.records import Phase, Step, StudyState, TrialState
from studies.storage import audit, finishing, listing, overview, phases, queue, schema, studies
from studies.storage.engine import Database
from studies.storage.records import WorkerStatus


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
    with pytest.raises(DuplicateStudyError, match="another study is named 'first'"):
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


def test_get_of_an_unknown_study_says_so(database: Database) -> None:
    for call in (overview.get, overview.revision, studies.pause, studies.resume, studies.cancel, studies.delete):
        with pytest.raises(StudyNotFoundError, match="no study is named 'nobody'"):
            call(database, "nobody")


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


def test_revision_rises_with_each_change(database: Database) -> None:
    submit(database, points=2)
    seen = [(overview.revision(database, "first"), overview.revisions(database))]

    def note() -> None:
        seen.append((overview.revision(database, "first"), overview.revisions(database)))

    trials = claim_some(database, 1).trials
    note()
    finishing.finish(database, results_of(trials))
    note()
    queue.release(database, claim_some(database, 1).trials)
    note()
    studies.pause(database, "first")
    note()
    assert seen == sorted(set(seen))


def test_a_name_and_a_revision_never_come_again(database: Database) -> None:
    seen: list[tuple[int, int]] = []
    for points in (3, 1, 2):
        submit(database, points=points)
        seen.append(overview.stamp(database, "first"))
        drain(database)
        seen.append(overview.stamp(database, "first"))
        studies.delete(database, "first")
    assert seen == sorted(set(seen))
    assert len({revision for _, revision in seen}) == len(seen), "the revision alone tells them apart"
    submit(database, "other", points=1)
    studies.delete(database, "other")
    submit(database, points=1)
    assert overview.revision(database, "first") > max(revision for _, revision in seen)


def test_many_deletions_at_once_are_all_counted(database: Database) -> None:
    for number in range(8):
        submit(database, f"study-{number}", points=1)
    before = overview.revisions(database)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(partial(studies.delete, database), [f"study-{number}" for number in range(8)]))
    assert overview.revisions(database) == before + 8


def test_list_pages_newest_first_and_stays_stable(database: Database) -> None:
    for i in range(5):
        submit(database, f"study-{i}", points=1)
    first = overview.list_page(database, limit=2)
    submit(database, "latecomer", points=1)
    second = overview.list_page(database, limit=2, cursor=first.next_cursor)
    third = overview.list_page(database, limit=2, cursor=second.next_cursor)
    names = [s.name for page in (first, second, third) for s in page.items]
    assert names == ["study-4", "study-3", "study-2", "study-1", "study-0"]
    assert third.next_cursor is None
    studies.pause(database, "study-3")
    assert [s.name for s in overview.list_page(database, state=StudyState.PAUSED).items] == ["study-3"]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WyJhIl0", "WzFlOTld", "bnVsbA", "W3RydWVd", "é", "[" * 500])
def test_foreign_cursor_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(SpecError, match="cursor"):
        overview.list_page(database, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_page_size_is_bounded(database: Database, limit: int) -> None:
    with pytest.raises(SpecError, match="limit"):
        overview.list_page(database, limit=limit)


def test_widened_box_is_kept_with_the_step_that_widens_it(database: Database) -> None:
    spec = submit(database, points=1)
    drain(database)
    key = phases.due(database)[0]
    wider = SearchSpace(eta=EtaRange(low=1e-3, high=3.0), alpha=AlphaRange(low=0.0, high=0.997))
    more = make_plans(spec, points=2, block=3, phase=Phase.WIDEN)[key.sweep]
    expected = overview.get(database, "first").summary.runs_expected
    step = Step(more, space=wider, runs_added=2)
    assert phases.append(database, key.sweep_id, after=key.stage, step=step)
    detail = overview.get(database, "first")
    assert [sweep.space for sweep in detail.sweeps] == [wider, None]
    assert detail.summary.runs_expected == expected + 2
    assert drain(database) == 2


def test_later_look_takes_no_more_runs_than_are_granted(database: Database) -> None:
    spec = submit(database, points=1)
    drain(database)
    key = phases.due(database)[0]
    more = make_plans(spec, points=2, block=3, phase=Phase.MAP)[key.sweep]
    step = Step(more, later_look=True, runs_added=2)
    assert not phases.append(database, key.sweep_id, after=key.stage, step=step), "nothing is granted"
    with database.begin() as connection:
        connection.execute(sa.update(schema.studies).values(runs_granted=3))
    assert phases.append(database, key.sweep_id, after=key.stage, step=step)
    assert not phases.append(database, key.sweep_id, after=key.stage, step=step), "the round is planned once"
    detail = overview.get(database, "first")
    assert (detail.sweeps[0].rounds, detail.summary.runs_granted) == (1, 1)
    drain(database)
    again = next(k for k in phases.due(database) if k.sweep_id == key.sweep_id)
    assert again.stage == phases.Stage(("map",), 1)
    assert not phases.append(database, key.sweep_id, after=again.stage, step=step), "one run is left, two are asked for"


def test_phases_follow_each_other_exactly_once(database: Database) -> None:
    spec = submit(database, points=1)
    assert phases.due(database) == []
    drain(database)
    due = {key.sweep: key for key in phases.due(database)}
    assert due.keys() == {"golden@paper", "sse@paper"}
    key = due["golden@paper"]
    assert (key.study, key.loss, key.context, key.phases_done) == ("first", "golden", "paper", ("map",))
    zoom = make_plans(spec, points=2, block=3, phase=Phase.ZOOM)["golden@paper"]
    assert phases.append(database, key.sweep_id, after=phases.Stage(("map",)), step=Step(zoom))
    assert not phases.append(database, key.sweep_id, after=phases.Stage(("map",)), step=Step(zoom))
    assert not phases.close(database, key.sweep_id)
    assert drain(database) == 2
    assert not phases.append(database, key.sweep_id, after=phases.Stage(("map",)), step=Step(zoom)), (
        "a stale plan comes too late"
    )
    assert phases.close(database, due["sse@paper"].sweep_id)
    assert state_of(database) is StudyState.RUNNING
    assert [k.phases_done for k in phases.due(database)] == [("map", "zoom")]
    assert phases.close(database, key.sweep_id)
    assert not phases.close(database, key.sweep_id)
    assert state_of(database) is StudyState.COMPLETE
    with pytest.raises(StateError):
        studies.pause(database, "first")


def test_sweep_without_trials_is_due_at_once(database: Database) -> None:
    spec = make_spec()
    studies.create(database, spec, {}, runs_expected=0)
    assert [phases.close(database, due.sweep_id) for due in phases.due(database)] == [True, True]
    assert state_of(database) is StudyState.COMPLETE
