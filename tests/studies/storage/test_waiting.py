"""Studies that wait for workers, and the note that says why."""

from __future__ import annotations

from storage_farm import claim_some, drain, submit

from studies.storage import overview, studies
from studies.storage.engine import Database
from studies.storage.waiting import NOTE_LIMIT, WaitingStudy, explain, waiting_studies


def test_those_to_be_claimed_first_stand_in_front(database: Database) -> None:
    older = submit(database, "older", points=1)
    submit(database, "urgent", points=1, priority=5, contexts=[{"name": "a", "dataset": "digits"}])
    submit(database, "paused", points=1)
    studies.pause(database, "paused")
    assert waiting_studies(database) == [
        WaitingStudy("urgent", frozenset({"digits"}), ""),
        WaitingStudy("older", frozenset({older.contexts[0].dataset}), ""),
    ]
    drain(database)
    assert waiting_studies(database) == []


def test_a_note_is_a_visible_change_and_is_set_once(database: Database) -> None:
    submit(database)
    before = overview.revision(database, "first")
    for _ in range(2):
        explain(database, "first", "no data here")
    assert overview.get(database, "first").summary.note == "no data here"
    assert overview.revision(database, "first") == before + 1
    explain(database, "first", "x" * 2 * NOTE_LIMIT)
    assert len(overview.get(database, "first").summary.note) == NOTE_LIMIT


def test_a_running_study_takes_no_note_but_loses_one(database: Database) -> None:
    submit(database)
    explain(database, "first", "no data here")
    claim_some(database, 1)
    explain(database, "first", "no data there")
    assert overview.get(database, "first").summary.note == "no data here"
    explain(database, "first", "")
    assert overview.get(database, "first").summary.note == ""
