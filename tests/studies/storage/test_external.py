"""Trials of external contexts, on both databases: who gets them, fences, fairness, repetition, results."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from invariants import check_at_rest
from leases import LEASE, deadlines, pass_time
from own_results import PEAK
from own_trainers import SHARE, document, ending_of, submit, work_off
from planted_worker import Planted
from storage_farm import drain
from storage_farm import submit as submit_built_in

from studies.errors import IdempotencyConflictError, SpecError, StateError, StudyNotFoundError
from studies.judgement import judge, report
from studies.records import MOST_LOG, ReportedRun, TrialState
from studies.report.document import verify_report
from studies.storage import external, listing, mirror, overview, picking, queue, results, schema, studies, waiting
from studies.storage.engine import Database
from studies.storage.external import Ending, StepValue
from studies.storage.idempotency import Key
from studies.storage.read_models import Batch
from studies.storage.snapshot import snapshot

MIXED: dict[str, Any] = {
    "contexts": [{"name": "ours", "dataset": "digits"}, {"trainer": "external", "name": "mine", "test_size": 1000}],
    "measure": None,
    "losses": ["golden"],
    "replication": {"folds": 3},
}


def lease(db: Database, limit: int = 100, **options: Any) -> Batch | None:
    return external.lease(db, **{"owner": "alice", "worker": "w", "limit": limit, "seconds": LEASE, **options})


def leased(db: Database, limit: int = 100, **options: Any) -> Batch:
    batch = lease(db, limit, **options)
    assert batch is not None
    return batch


def tokens(batch: Batch) -> dict[int, int]:
    return {trial.id: trial.token for trial in batch.trials}


def test_a_whole_study_runs_to_a_verdict_that_verifies(database: Database) -> None:
    submit(database)
    work_off(database)
    check_at_rest(database, "own")
    verdict = judge(database, "own")
    assert (verdict.objective, verdict.sweeps[0].sweep) == ("measure", "own@mine")
    made = report(database, "own")
    assert verify_report(made) == []
    assert {"value", "cause"} <= made["sweeps"][0]["runs"].keys()
    made["sweeps"][0]["runs"]["correct"][0] -= 1
    assert verify_report(made), "a bent row is found out"


def test_our_workers_and_callers_never_get_each_others_trials(database: Database) -> None:
    submit(database, name="both", **MIXED)
    ours = queue.claim(database, worker="golden-worker", limit=1000, lease_seconds=LEASE)
    theirs = leased(database, 1000)
    assert ours is not None
    assert {trial.sweep for trial in ours.trials} == {"golden@ours"}
    assert {trial.sweep for trial in theirs.trials} == {"golden@mine"}
    assert len(theirs.trials) == 36, "across blocks: a caller trains its trials one by one"
    assert lease(database) is None
    assert len(ours.trials) + drain(database) == 36, "what waits is ours alone"
    queue.release(database, ours.trials)
    submit(database, name="theirs")
    assert {row.study for row in waiting.waiting_studies(database)} == {"both"}
    depth = snapshot(database).queue_depth
    assert depth == len(ours.trials), "a worker is never called for what it may not claim"
    assert external.waiting(database) == {"theirs": 36}


def test_a_caller_may_not_end_what_our_workers_hold(database: Database) -> None:
    submit_built_in(database, points=2)
    batch = queue.claim(database, worker="golden-worker", limit=4, lease_seconds=LEASE)
    assert batch is not None
    held = tokens(batch)
    assert external.finish(database, [ending_of(trial) for trial in batch.trials], owner="alice") == [False] * 4
    assert external.finish(database, [Ending(i, t, failed="x") for i, t in held.items()], owner="alice") == [False] * 4
    assert external.release(database, held, owner="alice") == []
    assert external.renew(database, held, owner="alice").lost == held.keys()
    assert queue.reap(database) == 0
    assert overview.get(database, "first").summary.trials_running == 4


def test_leases_are_their_owners_own(database: Database) -> None:
    submit(database)
    batch = leased(database, 3)
    held = tokens(batch)
    endings = [ending_of(trial) for trial in batch.trials]
    assert external.finish(database, endings, owner="bob") == [False] * 3
    assert external.finish(database, endings, owner="alic") == [False] * 3, "a beginning of the name is not the name"
    assert external.release(database, held, owner="bob") == []
    assert external.renew(database, held, owner="bob").lost == held.keys()
    assert external.report(database, [StepValue(batch.trials[0].id, 1, 0, 1, 0.5)], owner="bob") == [batch.trials[0].id]
    assert external.finish(database, endings, owner="alice") == [True] * 3
    assert external.finish(database, endings, owner="alice") == [True] * 3, "sent again, it is recorded once"
    assert overview.get(database, "own").summary.runs_done == 3


def test_a_late_caller_is_fenced_off(database: Database) -> None:
    submit(database)
    zombie = leased(database, 2)
    pass_time(database)
    heirs = [leased(database, 2, owner="bob") for _ in zombie.trials]
    heir = {trial.id: trial for batch in heirs for trial in batch.trials}
    assert {trial.id: trial.token for trial in heir.values()} == dict.fromkeys(tokens(zombie), 2)
    assert external.finish(database, [ending_of(t) for t in zombie.trials], owner="alice") == [False, False]
    assert external.renew(database, tokens(zombie), owner="alice").lost == tokens(zombie).keys()
    assert external.finish(database, [ending_of(t) for t in heir.values()], owner="bob") == [True, True]
    assert overview.get(database, "own").summary.runs_done == 2


def test_results_that_come_after_the_lease_count_while_nobody_else_began(database: Database) -> None:
    submit(database)
    batch = leased(database, 2)
    pass_time(database)
    assert queue.reap(database) == 2
    assert external.finish(database, [ending_of(t) for t in batch.trials], owner="alice") == [True, True]


def test_a_lease_is_renewed_for_as_long_as_it_was_made_for(database: Database) -> None:
    submit(database)
    short, long = leased(database, 1, seconds=60.0), leased(database, 1, seconds=7200.0)
    pass_time(database, 50.0)
    renewal = external.renew(database, {**tokens(short), **tokens(long), 10**12: 1}, owner="alice")
    ends = deadlines(database)
    assert renewal.deadline == min(ends.values())
    assert [round((ends[t.id] - renewal.at).total_seconds()) for b in (short, long) for t in b.trials] == [60, 7200]
    assert renewal.lost | renewal.stop == {10**12}
    studies.cancel(database, "own")
    gone = external.renew(database, tokens(short), owner="alice")
    assert (gone.lost | gone.stop, gone.deadline) == (tokens(short).keys(), None)


def test_trials_that_are_given_back_do_not_count_an_attempt(database: Database) -> None:
    submit(database, limits={"max_attempts": 1})
    batch = leased(database, 2)
    assert external.release(database, {**tokens(batch), 99: 1}, owner="alice") == sorted(tokens(batch))
    again = leased(database, 2)
    assert {(t.attempt, t.token) for t in again.trials} == {(1, 2)}


def test_failures_are_kept_and_tried_again(database: Database) -> None:
    submit(database, limits={"max_attempts": 2, "max_failed_share": 1.0})
    first = leased(database, 1)
    failed = [Ending(first.trials[0].id, 1, failed="CUDA out of memory")]
    assert external.finish(database, failed, owner="alice") == [True]
    assert external.finish(database, failed, owner="alice") == [True], "the attempt ended once"
    second = leased(database, 1)
    assert (second.trials[0].id, second.trials[0].attempt) == (first.trials[0].id, 2)
    assert external.finish(database, [Ending(first.trials[0].id, 2, failed="again")], owner="alice") == [True]
    row = listing.trials_page(database, "own", state=TrialState.FAILED).items[0]
    assert (row.error, row.attempts, row.worker) == ("raised: again", 2, "alice/w")


@pytest.mark.parametrize(("askers", "each"), [(1, 20), (2, 10), (3, 7), (36, 1), (500, 1)])
def test_what_waits_is_shared_among_those_who_ask(database: Database, askers: int, each: int) -> None:
    submit(database)
    taken = leased(database, 16)
    assert len(taken.trials) == 16
    assert len(leased(database, 100, askers=askers).trials) == each, "20 wait; the share is rounded up"


def test_a_poison_trial_does_not_spend_the_attempts_of_others(database: Database) -> None:
    submit(database, limits={"max_attempts": 3, "max_failed_share": 1.0})
    sizes = []
    while (batch := lease(database)) is not None:
        sizes.append(len(batch.trials))
        if any(trial.number == 7 for trial in batch.trials):
            pass_time(database)
        else:
            external.finish(database, [ending_of(trial) for trial in batch.trials], owner="alice")
    assert sizes[:2] == [36, 12]
    summary = overview.get(database, "own").summary
    assert (summary.trials_failed, summary.runs_done) == (1, 35)


def test_a_lease_that_is_asked_for_again_gives_the_same_trials(database: Database) -> None:
    submit(database)
    key = Key("k1", "alice")
    first = leased(database, 3, key=key)
    again = leased(database, 3, key=key)
    assert tokens(again) == tokens(first)
    assert [t.deadline for t in again.trials] == [t.deadline for t in first.trials]
    external.finish(database, [ending_of(first.trials[0])], owner="alice")
    assert tokens(leased(database, 3, key=key)) == {t.id: t.token for t in first.trials[1:]}
    external.release(database, tokens(first), owner="alice")
    assert lease(database, 3, key=key) is None, "carried out once, though something waits"
    with pytest.raises(IdempotencyConflictError, match="another request"):
        lease(database, 4, key=key)
    assert tokens(leased(database, 3, key=Key("k1", "bob"), owner="bob")), "a key is its caller's"


def test_a_request_that_found_nothing_was_not_carried_out(database: Database) -> None:
    key = Key("k1", "alice")
    assert lease(database, key=key) is None
    submit(database)
    assert len(leased(database, key=key).trials) == 36


def test_studies_that_will_never_hand_out_a_trial_say_so(database: Database) -> None:
    with pytest.raises(StudyNotFoundError):
        lease(database, study="nobody")
    submit_built_in(database, "ours")
    with pytest.raises(StateError, match="has no external context"):
        lease(database, study="ours")
    submit(database)
    studies.pause(database, "own")
    assert lease(database, study="own") is None
    studies.cancel(database, "own")
    with pytest.raises(StateError, match="is cancelled and hands out no more trials"):
        lease(database, study="own")


def test_values_on_the_way_are_bounded_and_belong_to_the_holder(database: Database) -> None:
    submit(database)
    trial = leased(database, 1).trials[0]
    some = [StepValue(trial.id, 1, 0, step, step / 2_000) for step in range(900)]
    assert external.report(database, some, owner="alice") == []
    more = [StepValue(trial.id, 1, 0, step, 0.5) for step in range(800, 1_500)]
    assert external.report(database, more, owner="alice") == []
    kept = external.steps_of(database, "own", "own@mine", trial.number)
    assert [(step, value) for _, step, value in kept] == [
        (step, step / 2_000 if step < 800 else 0.5) for step in range(500, 1_500)
    ], "the thousand highest, and a step again replaces the earlier one"
    with pytest.raises(SpecError, match=r"trials\.0\.run: is 1, and the trial's runs are 0 to 0"):
        external.report(database, [StepValue(trial.id, 1, 1, 1, 0.5)], owner="alice")
    stale = [StepValue(trial.id, 7, 0, 9_999, 0.5), StepValue(10**12, 1, 0, 1, 0.5)]
    assert external.report(database, stale, owner="alice") == sorted([trial.id, 10**12])
    studies.delete(database, "own")
    with database.read() as connection:
        assert connection.execute(sa.select(schema.steps)).all() == []


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (SHARE, 93.0, "divide percentages by 100"),
        ({"name": "loss", "direction": "minimize", "kind": "positive"}, -0.5, "above 0"),
    ],
)
def test_a_value_that_is_none_of_the_measure_refuses_the_whole_request(
    database: Database, measure: dict[str, Any], value: float, text: str
) -> None:
    submit(database, measure=measure)
    batch = leased(database, 2)
    bent = ending_of(batch.trials[1], value=value)
    with pytest.raises(SpecError, match=text) as caught:
        external.finish(database, [ending_of(batch.trials[0]), bent], owner="alice")
    assert [problem.field for problem in caught.value.problems] == ["trials.1.runs.0.value"]
    assert overview.get(database, "own").summary.runs_done == 0
    missing = Ending(batch.trials[0].id, 1, {1: ReportedRun(0.5)})
    with pytest.raises(SpecError, match=r"trials\.0\.runs: must be run 0, got 1"):
        external.finish(database, [missing], owner="alice")


@pytest.mark.parametrize(
    ("measure", "worst"),
    [
        (SHARE, 0.0),
        ({**SHARE, "direction": "minimize"}, 1.0),
        ({"name": "ppl", "direction": "minimize", "kind": "positive"}, None),
        ({"name": "elbo", "direction": "maximize", "kind": "real"}, None),
    ],
)
def test_a_diverged_run_takes_the_worst_value_there_is(
    database: Database, measure: dict[str, Any], worst: float | None
) -> None:
    submit(database, measure=measure)
    batch = leased(database, 2)
    broken, fine = batch.trials
    endings = [ending_of(broken, value=None, diverged=True), ending_of(fine, value=0.5, curve=(0.25, 0.5))]
    assert external.finish(database, endings, owner="alice") == [True, True]
    runs = results.runs(database, "own", "own@mine")
    assert runs.diverged.tolist() == [True, False]
    assert runs.cause.tolist() == ["diverged", ""]
    assert [None if value != value else value for value in runs.value.tolist()] == [worst, 0.5]
    first, second = listing.runs_page(database, "own").items
    assert (first.result, first.cause) == (None, "diverged")
    assert second.reported == ReportedRun(0.5, False, 1.5, (0.25, 0.5))
    detail = overview.get(database, "own")
    assert detail.summary.runs_diverged == 1
    assert detail.sweeps[0].best is not None
    assert detail.sweeps[0].best.value == 0.5
    stored = {row.number: row.value for row in listing.trials_page(database, "own").items[:2]}
    assert stored == {broken.number: worst, fine.number: 0.5}
    assert optuna_rows(database, "own/own@mine") == [
        ("COMPLETE" if worst is not None else "FAIL", worst),
        ("COMPLETE", 0.5),
    ]


def optuna_rows(db: Database, name: str) -> list[tuple[str, float | None]]:
    text = (
        "SELECT t.state, v.value FROM trials t JOIN studies s ON s.study_id = t.study_id "
        "LEFT JOIN trial_values v ON v.trial_id = t.trial_id WHERE s.study_name = :name ORDER BY t.number"
    )
    with db.read() as connection:
        assert mirror.find_study(connection, name) is not None
        return [(str(row.state), row.value) for row in connection.execute(sa.text(text), {"name": name})]


def test_an_adaptive_sampler_is_asked_for_one_block_at_a_time(database: Database) -> None:
    design = {"kind": "search", "sampler": "tpe", "trials": 20, "claim_replicates": 2}
    submit(database, design=design)
    sizes = []
    while (batch := lease(database)) is not None:
        assert all(trial.eta > 0 for trial in batch.trials)
        sizes.append(len(batch.trials))
        external.finish(database, [ending_of(trial) for trial in batch.trials], owner="alice")
    assert max(sizes) <= 8, "it learns nothing within a block"
    assert sum(sizes) == 22


def test_leasing_reads_partial_indexes_of_what_waits(database: Database) -> None:
    submit(database, design={"kind": "search", "sampler": "random", "trials": 1_000, "claim_replicates": 2})
    submit_built_in(database, points=100)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE golden_trials SET state = 'complete' WHERE number BETWEEN 5 AND 900"))
    with database.begin() as connection:
        connection.execute(sa.text("ANALYZE"))
        study_id = connection.execute(sa.select(schema.studies.c.id).where(schema.studies.c.name == "own")).scalar_one()
        head = picking.head_of(study_id, external=True)
        first = connection.execute(head).one()
        for statement in (head, picking.leasable_of(study_id, first, 100)):
            plan = explained(connection, statement)
            assert re.search(r"ix_golden_trials_(waiting|stackable|open)", plan), plan
            assert not re.search(r"Seq Scan|SCAN golden_trials\b(?! USING)", plan), plan


def explained(connection: sa.Connection, statement: sa.Select[Any]) -> str:
    word = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    text = statement.compile(connection, compile_kwargs={"literal_binds": True})
    return "\n".join(str(tuple(row)) for row in connection.execute(sa.text(f"{word} {text}")))


def test_a_document_is_handed_out_as_it_was_frozen(database: Database) -> None:
    spec = submit(database)
    assert leased(database, 1).spec == spec
    assert document()["contexts"][0]["settings"] == {"network": "r18"}


def test_a_study_of_both_kinds_is_judged_across_both(database: Database) -> None:
    own = [{"name": "ours", "dataset": "digits"}, MIXED["contexts"][1]]
    submit(database, **{**MIXED, "contexts": own})
    ours = Planted(PEAK, images=1000)
    while ours.work_off(database) + work_off(database):
        pass
    check_at_rest(database, "own")
    verdict = judge(database, "own")
    assert [sweep.context for sweep in verdict.sweeps] == ["ours", "mine"]
    assert [test.contexts for test in verdict.drift] == [("ours", "mine")]
    made = report(database, "own")
    assert verify_report(made) == []
    assert ["value" in sweep["runs"] for sweep in made["sweeps"]] == [False, True]


def test_the_end_of_what_a_run_printed_is_kept_and_shown_safely(database: Database) -> None:
    submit(database)
    batch = leased(database)
    trial = batch.trials[0]
    long = "first\n" + "x" * MOST_LOG + "\nlast \x00\x1b[31m"
    ending = ending_of(trial, log=long)
    for _ in range(2):  # a request that is sent again changes nothing
        assert external.finish(database, [ending], owner="alice") == [True]
    sweep = trial.sweep
    ((run, text),) = external.logs_of(database, "own", sweep, trial.number)
    assert (run, len(text)) == (0, MOST_LOG)
    assert text.endswith("x\nlast \\x00\\x1b[31m")
    assert external.logs_of(database, "own", sweep, batch.trials[1].number) == []
    late = ending_of(replace(batch.trials[1], token=batch.trials[1].token + 1), log="zombie")
    assert external.finish(database, [late], owner="alice") == [False]
    assert external.logs_of(database, "own", sweep, batch.trials[1].number) == []
