"""Sweeps that cannot be planned: tries count once for all processes, others move on, the study fails in the end."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from planned_studies import pass_rests, plant_unplannable
from waiting import join_all

from studies.advance import FailedTry, advance, reason_of
from studies.errors import StorageUnavailableError
from studies.storage import audit, overview, phases, schema, unplanned
from studies.storage.engine import Database

BAD, GOOD = "bad", "good"


def state(db: Database, name: str) -> tuple[str, str]:
    summary = overview.get(db, name).summary
    return summary.state.value, summary.note


def tries(db: Database) -> int:
    chosen = sa.select(sa.func.count()).where(schema.events.c.action == audit.UNPLANNED)
    with db.read() as connection:
        return int(connection.execute(chosen).scalar_one())


def test_a_study_fails_with_the_reason_after_the_last_try_and_keeps_what_was_measured(database: Database) -> None:
    plant_unplannable(database, BAD)
    failed: list[FailedTry] = []
    for count in range(1, unplanned.TRIES + 1):
        assert state(database, BAD) == ("running", "")
        assert advance(database, on_failure=failed.append) == 0
        assert [(f.study, f.tries) for f in failed[count - 1 :]] == [(BAD, count)]
        assert advance(database, on_failure=failed.append) == 0 and len(failed) == count, "it rests between tries"
        pass_rests(database)
    assert [f.final for f in failed] == [False] * (unplanned.TRIES - 1) + [True]
    found, note = state(database, BAD)
    assert found == "failed" and "what follows map could not be planned in 5 tries" in note and "low" in note
    entry = audit.history(database, BAD).items[0]
    assert (entry.action, entry.actor) == ("fail", "system") and "could not be planned" in entry.detail
    assert overview.get(database, BAD).summary.runs_done > 0
    assert advance(database) == 0 and not phases.due(database)


def test_other_studies_move_on_at_once(database: Database) -> None:
    plant_unplannable(database, BAD)
    plant_unplannable(database, GOOD, narrow=False)
    assert advance(database, on_failure=lambda _: None) == 1
    assert advance(database) == 0 and state(database, GOOD)[0] == "running"
    assert overview.get(database, GOOD).sweeps[0].phases[-1].phase != "map"


def test_tries_at_the_same_moment_count_as_one(database: Database) -> None:
    plant_unplannable(database, BAD)
    failed: list[FailedTry] = []
    together = threading.Barrier(4)
    (key,) = phases.due(database)

    def fail() -> None:
        together.wait()
        failed.append(FailedTry(BAD, key.sweep, ValueError("x"), unplanned.note_failure(database, key, "x")))

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    join_all(*threads)
    assert sorted(f.tries for f in failed) == [0, 0, 0, 1] and tries(database) == 1


def test_the_count_begins_anew_at_the_next_stage_and_for_a_namesake(database: Database) -> None:
    plant_unplannable(database, BAD)
    (key,) = phases.due(database)
    assert unplanned.note_failure(database, key, "x") == 1
    later = phases.SweepKey(**{f: getattr(key, f) for f in key.__slots__} | {"phases_done": ("map", "zoom")})
    assert unplanned.note_failure(database, later, "x") == 0, "the sweep is not there"
    assert unplanned.resting(database, [key, later]) == {key.sweep_id}
    from studies.storage import studies

    studies.delete(database, BAD)
    plant_unplannable(database, BAD)
    (again,) = phases.due(database)
    assert not unplanned.resting(database, [again]) and unplanned.note_failure(database, again, "x") == 1


def test_a_paused_study_is_neither_tried_nor_counted(database: Database) -> None:
    from studies.storage import studies

    plant_unplannable(database, BAD)
    (key,) = phases.due(database)
    studies.pause(database, BAD)
    assert advance(database) == 0 and unplanned.note_failure(database, key, "x") == 0 and tries(database) == 0


@pytest.mark.parametrize("error", [StorageUnavailableError("away"), OSError("no file"), ImportError("half installed")])
def test_faults_of_the_process_or_the_database_count_against_no_study(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise error

    plant_unplannable(database, GOOD, narrow=False)
    monkeypatch.setattr("studies.advance.next_step", broken)
    for _ in range(unplanned.TRIES + 1):
        with pytest.raises(type(error)):
            advance(database, on_failure=lambda _: None)
    assert tries(database) == 0 and state(database, GOOD) == ("running", "")


def test_a_reason_is_one_printable_line() -> None:
    assert reason_of(ValueError("two\nlines \x1b[31m")) == r"ValueError: two lines \x1b[31m"
    assert reason_of(MemoryError()) == "MemoryError"
