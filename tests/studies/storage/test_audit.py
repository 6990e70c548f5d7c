"""The audit list: every change with its actor, newest first, longer than its study."""

from __future__ import annotations

import pytest
from storage_farm import claim_some, complete, make_plans, make_spec, submit

from studies.errors import SpecError, StudyNotFoundError
from studies.storage import audit, overview, queue, schema, studies
from studies.storage.engine import Database
from studies.storage.provenance import note_once


def shown(database: Database, name: str = "first") -> list[tuple[str, str, str]]:
    return [(entry.actor, entry.action, entry.detail) for entry in audit.history(database, name).items]


def test_every_change_names_its_actor(database: Database) -> None:
    spec = make_spec()
    plans = make_plans(spec, points=1)
    studies.create(database, spec, plans, runs_expected=2000, submitted_by="token")
    studies.create(database, spec, plans, runs_expected=2000, submitted_by="session")
    studies.pause(database, "first", actor="session")
    studies.pause(database, "first", actor="token")
    studies.resume(database, "first", actor="local")
    studies.extend(database, "first", plans, runs_added=1234, actor="token")
    studies.cancel(database, "first", actor="a" * 300)
    assert shown(database) == [
        ("a" * 200, "cancel", ""),
        ("token", "extend", "1,234 further runs"),
        ("local", "resume", ""),
        ("session", "pause", ""),
        ("token", "submit", f"2,000 runs, document {spec.spec_hash[:12]}"),
    ]
    times = [entry.at for entry in audit.history(database, "first").items]
    assert times == sorted(times, reverse=True)


def test_what_no_caller_asked_for_is_the_systems(database: Database) -> None:
    complete(database)
    submit(database, "broken", points=1, limits={"max_attempts": 1, "max_failed_share": 0.0})
    assert queue.fail(database, claim_some(database).trials[0], kind="raised", message="no")
    assert shown(database)[0] == ("system", "complete", "")
    assert shown(database, "broken")[0] == ("system", "fail", "1 of 2 trials failed; the latest: raised: no")
    assert shown(database)[1][:2] == ("unknown", "submit"), "as release 0.1 noted it"


def test_entries_outlive_their_study_and_namesakes_share_a_list(database: Database) -> None:
    submit(database)
    studies.delete(database, "first", actor="token")
    assert [action for _, action, _ in shown(database)] == ["delete", "submit"]
    before = audit.latest_id(database, "first")
    submit(database)
    assert [action for _, action, _ in shown(database)] == ["submit", "delete", "submit"]
    assert audit.latest_id(database, "first") > before


def test_provenance_notes_are_left_out(database: Database) -> None:
    submit(database)
    before = audit.latest_id(database, "first")
    for action in audit.NOTES:
        database.write(lambda connection, action=action: note_once(connection, "first", action=action, detail="x"))
    assert [action for _, action, _ in shown(database)] == ["submit"]
    assert audit.latest_id(database, "first") == before
    assert not set(audit.NOTES) & set(audit.CHANGES)


def test_pages_follow_each_other(database: Database) -> None:
    submit(database)
    submit(database, "other")
    for _ in range(2):
        studies.pause(database, "first")
        studies.resume(database, "first")
    seen, cursor = [], None
    while True:
        page = audit.history(database, "first", limit=2, cursor=cursor)
        seen += [entry.action for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["resume", "pause", "resume", "pause", "submit"]
    for refused in ({"limit": 0}, {"cursor": "x"}):
        with pytest.raises(SpecError):
            audit.history(database, "first", **refused)  # type: ignore[arg-type]


def test_a_name_that_never_existed_is_not_found(database: Database) -> None:
    submit(database)
    for call in (audit.history, audit.latest_id):
        with pytest.raises(StudyNotFoundError, match="never a study named 'nobody'"):
            call(database, "nobody")
    with database.begin() as connection:
        connection.execute(schema.events.delete())
    assert (audit.history(database, "first").items, audit.latest_id(database, "first")) == ((), 0)
    assert overview.get(database, "first")
