"""Trials from a database of one's own: leased, recorded, planned on, and never a run too many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from invariants import check_at_rest, evidence_bytes
from leases import pass_time
from own_results import share_of
from own_trainers import OWN, submit, work_off

from studies.errors import DuplicateStudyError, SpecError, StateError, StudyNotFoundError
from studies.external.database_source import DatabaseSource
from studies.external.embedded import ensure_study, require_external, worker_name
from studies.external.loop import run_trials
from studies.external.source import Ending, Lease, SourceAwayError, StepValue
from studies.external.trial import CallableTrainer, Trial
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.records import ReportedRun
from studies.storage import external, overview, queue, studies
from studies.storage.engine import Database, open_database


@pytest.fixture
def source(database: Database) -> DatabaseSource:
    submit(database)
    return DatabaseSource(database, "own", worker="w", lease_seconds=3600.0)


def train(trial: Trial) -> float:
    """The share that `own_results` expects of the same trial."""
    seeds = trial.replicate
    return share_of(trial["eta"], trial["alpha"], order_seed=seeds.order_seed, init_seed=seeds.init_seed)


def ended(lease: Lease) -> Ending:
    """The end of a leased trial."""
    values = [share_of(**lease.parameters, order_seed=r.order_seed, init_seed=r.init_seed) for r in lease.runs]
    return Ending(lease.id, lease.token, {i: ReportedRun(value) for i, value in enumerate(values)})


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """The report of the study as its parts made it, one call after the other."""
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('peace') / 'golden.db'}")
    ensure_study(db, parse(OWN))
    work_off(db)
    yield evidence_bytes(db, "own")
    db.dispose()


@pytest.mark.parametrize("jobs", [1, 4])
def test_the_loop_makes_the_study_that_its_parts_make(
    database: Database, source: DatabaseSource, peace: bytes, jobs: int
) -> None:
    run_trials(source, CallableTrainer(train, Path("/proc/none")), jobs=jobs)
    assert source.closed
    check_at_rest(database, "own")
    assert evidence_bytes(database, "own") == peace


def test_a_lease_names_everything_that_a_training_needs(source: DatabaseSource) -> None:
    (lease,) = source.lease(1)
    assert (lease.study, lease.context, lease.sweep, lease.loss) == ("own", "mine", "own@mine", "own")
    assert (lease.settings, lease.folds, lease.measure.name) == ({"network": "r18"}, 1, "val_acc")
    assert list(lease.parameters) == ["eta", "alpha"]
    assert (lease.attempt, len(lease.runs)) == (1, 1)


def test_results_that_come_too_late_are_dropped_and_lost_leases_named(
    database: Database, source: DatabaseSource
) -> None:
    (lease,) = source.lease(1)
    held = {lease.id: lease.token}
    assert source.renew(held) == frozenset()
    pass_time(database)
    queue.reap(database)
    other = DatabaseSource(database, "own", worker="other", lease_seconds=3600.0)
    heirs = [*other.lease(100), *other.lease(100)]  # those that failed before are leased by themselves
    assert lease.id in {heir.id for heir in heirs}
    assert source.renew(held) == {lease.id}
    assert source.report([StepValue(lease.id, lease.token, 0, 1, 0.5)]) == {lease.id}
    assert source.finish([ended(lease)]) == [False]
    assert other.finish([ended(heir) for heir in heirs]) == [True] * len(heirs)


def test_a_result_that_is_sent_again_is_recorded_once(database: Database, source: DatabaseSource) -> None:
    leases = source.lease(5)
    for _ in range(2):
        assert source.finish([ended(lease) for lease in leases]) == [True] * 5
    assert overview.get(database, "own").summary.runs_done == 5


def test_trials_that_are_handed_back_wait_again(database: Database, source: DatabaseSource) -> None:
    before = external.waiting(database)
    leases = source.lease(5)
    source.release({lease.id: lease.token for lease in leases})
    assert external.waiting(database) == before
    assert [lease.attempt for lease in source.lease(5)] == [1] * 5


def test_it_is_closed_once_the_study_has_ended(database: Database, source: DatabaseSource) -> None:
    assert source.lease(1)
    studies.cancel(database, "own")
    assert source.lease(1) == []
    assert source.closed


def test_a_study_that_hands_out_nothing_is_an_error(database: Database) -> None:
    with pytest.raises(StudyNotFoundError):
        DatabaseSource(database, "none", worker="w").lease(1)
    spec = parse({"name": "ours", "schema_version": 3, "losses": ["golden"]})
    with pytest.raises(SpecError, match="is built in, and without a service nothing trains it"):
        require_external(spec)
    with pytest.raises(SpecError, match=r"contexts\.0"):
        ensure_study(database, spec)


def test_a_study_without_an_external_context_is_not_taken_for_one_that_has_ended(database: Database) -> None:
    spec = parse({"name": "ours", "schema_version": 3, "losses": ["golden"]})
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    with pytest.raises(StateError, match="has no external context"):
        DatabaseSource(database, "ours", worker="w").lease(1)


def test_a_database_that_is_away_may_come_back() -> None:
    nobody = open_database("postgresql://nobody:secret-7@127.0.0.1:1/none")
    away = DatabaseSource(nobody, "own", worker="w")
    for call in (
        lambda: away.lease(1),
        lambda: away.renew({1: 1}),
        lambda: away.finish([Ending(1, 1, failed="no more disk")]),
        lambda: away.release({1: 1}),
        lambda: away.report([StepValue(1, 1, 0, 1, 0.5)]),
    ):
        with pytest.raises(SourceAwayError) as caught:
            call()
        assert "secret-7" not in str(caught.value)
    nobody.dispose()


def test_a_study_that_is_there_goes_on_and_another_of_its_name_is_refused(database: Database) -> None:
    spec = parse(OWN)
    assert ensure_study(database, spec).summary.id == ensure_study(database, spec).summary.id
    with pytest.raises(
        DuplicateStudyError, match=r"\(seed: 20200607 there, 1 here\); give this one another `name` .*--folder"
    ):
        ensure_study(database, parse({**OWN, "seed": 1}))


def test_a_runner_has_a_name_that_the_service_takes() -> None:
    from service.lease_bodies import LeaseIn

    assert LeaseIn(worker=worker_name()).worker == worker_name()
