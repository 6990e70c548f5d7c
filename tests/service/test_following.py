"""Following events over the API: each once, in order, through restarts, and what a file remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chaos import submit
from leases import LEASE
from noop_worker import work_off
from serving import serving

from service.app import create_app
from service.client import Client
from service.client_errors import ClientError, ExitCode
from service.following import Follower, Memory, StateFileError
from service.settings import Settings
from studies.records import NoticeEvent
from studies.storage import queue, studies
from studies.storage.engine import Database
from studies.storage.schema import notices

EVERY = tuple(NoticeEvent)
TINY = {"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2}


def complete(db: Database, name: str) -> None:
    submit(db, name=name, design=TINY)
    work_off(db)


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[Client]:
    with serving(create_app(settings, database)) as port, Client(f"http://127.0.0.1:{port}") as client:
        yield client


def follow(client: Client, *names: str, memory: Memory | None = None, events: Any = EVERY) -> Follower:
    said: list[str] = []
    follower = Follower(client, names, memory or Memory(), events=events, say=said.append, poll_seconds=0.02)
    follower.said = said  # type: ignore[attr-defined]
    return follower


def told(follower: Follower, count: int | None = None) -> list[tuple[str, str]]:
    """(study, type) of the events, as they come; all of them, or so many."""
    found = []
    for message in follower.messages():
        follower.reported(message.id)
        found.append((message.data.study, message.type.removeprefix("study.")))
        if len(found) == count:
            break
    return found


def test_the_end_of_a_named_study_is_reported_and_ends_it(client: Client, database: Database) -> None:
    complete(database, "other")
    complete(database, "small")
    follower = follow(client, "small")
    (completed, decided) = follower_messages(follower)
    assert (completed.type, decided.type) == ("study.completed", "study.decided")
    assert completed.data.verdict is None
    assert decided.data.verdict is not None
    assert decided.data.verdict.outcome == client.verdict("small").outcome
    assert decided.data.url == f"{client.base_url}/studies/small"
    assert not follower.unsuccessful


def follower_messages(follower: Follower) -> list[Any]:
    found = []
    for message in follower.messages():
        follower.reported(message.id)
        found.append(message)
    return found


def test_all_studies_are_followed_from_now_on(client: Client, database: Database) -> None:
    complete(database, "before")
    follower = follow(client)
    follower._begin()
    complete(database, "one")
    submit(database, name="two", limits={"max_attempts": 1, "max_failed_share": 0.0})
    batch = queue.claim(database, worker="w", limit=1, lease_seconds=LEASE)
    assert batch is not None
    queue.fail_together(database, batch.trials, kind="raised", message="no")
    found = []
    while len(found) < 3:
        for notice in follower._new():
            message = follower._message(notice)
            follower.reported(message.id)
            found.append((message.data.study, message.type))
        follower._settle()
    assert found == [("one", "study.completed"), ("one", "study.decided"), ("two", "study.failed")]


def test_only_the_events_that_are_asked_for(client: Client, database: Database) -> None:
    complete(database, "small")
    assert told(follow(client, "small", events=(NoticeEvent.DECIDED,))) == [("small", "decided")]


def test_a_file_remembers_what_was_reported(client: Client, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    complete(database, "one")
    assert told(follow(client, "one", memory=Memory.open(file))) == [("one", "completed"), ("one", "decided")]
    assert told(follow(client, "one", memory=Memory.open(file))) == []
    complete(database, "two")
    assert told(follow(client, memory=Memory.open(file)), 1) == [("two", "completed")]
    assert told(follow(client, memory=Memory.open(file)), 1) == [("two", "decided")]
    assert list(tmp_path.glob(".told*")) == []


def test_many_events_do_not_grow_the_file_for_ever(client: Client, database: Database, tmp_path: Path) -> None:
    complete(database, "one")
    file = tmp_path / "told.json"
    told(follow(client, "one", memory=Memory.open(file)))
    with database.begin() as connection:
        (row, *_) = connection.execute(notices.select()).all()
        values = {key: value for key, value in row._mapping.items() if key != "id"}
        for number in range(250):
            connection.execute(notices.insert().values({**values, "key": f"msg_{number}"}))
    assert len(told(follow(client, memory=Memory.open(file)), 250)) == 250
    told(follow(client, "one", memory=Memory.open(file)))
    assert len(json.loads(file.read_text())["reported"]) <= 50
    assert told(follow(client, "one", memory=Memory.open(file))) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"reported": 1, "floor": 0}', '{"reported": {}, "floor": "1"}'])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(StateFileError, match="name another"):
        Memory.open(tmp_path / "other.json")
    with pytest.raises(StateFileError, match="cannot be written"):
        Memory(tmp_path / "no" / "folder.json").save()


def test_an_unknown_study_is_an_error_at_the_start_and_a_deleted_one_an_end(client: Client, database: Database) -> None:
    with pytest.raises(ClientError) as unknown:
        told(follow(client, "nobody"))
    assert unknown.value.exit_code == ExitCode.NOT_FOUND
    submit(database, name="gone")
    follower = follow(client, "gone")
    follower._begin()
    studies.delete(database, "gone")
    assert follower._look_at_studies()
    assert (follower.unsuccessful, follower.said) == (True, ["gone was deleted"])  # type: ignore[attr-defined]


def test_a_study_that_went_on_has_no_verdict_to_report(client: Client, database: Database) -> None:
    complete(database, "small")
    follower = follow(client, "small")
    follower._begin()
    (_, decided) = follower._new()
    studies.extend(database, "small", {}, runs_added=0)
    assert follower._message(decided).data.verdict is None
    studies.delete(database, "small")
    assert follower._message(decided).data.verdict is None
