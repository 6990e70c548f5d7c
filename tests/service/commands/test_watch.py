"""`golden watch`: events of studies as processes see them, and the commands that it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forked_programs
import pytest
from chaos import Fleet, answers, submit
from noop_worker import work_off
from processes import BIN, environment, free_port
from waiting import exit_code, wait_until

from service.client_errors import ExitCode
from service.commands.common import UsageError
from service.commands.watch_command import Command, variables
from service.webhooks.message import StudyMessage, message_of
from studies.records import NoticeEvent
from studies.storage.engine import Database, open_database
from studies.storage.notices import page
from studies.variables import PREFIX, READERS

TINY = {"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2}
WRITE = """
import json, os, sys
with open({file!r}, "a") as file:
    print(json.dumps([json.load(sys.stdin), dict(os.environ)]), file=file)
"""


def complete(db: Database, name: str, **fields: Any) -> None:
    submit(db, name=name, design=TINY, **fields)
    work_off(db)


def told(file: Path) -> list[tuple[str, str]]:
    return [(env["GOLDEN_STUDY"], env["GOLDEN_EVENT"]) for _, env in entries(file)]


def entries(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def note_in(file: Path) -> str:
    """A command line that notes what it is given."""
    script = file.with_suffix(".py")
    script.write_text(WRITE.format(file=str(file)))
    return f"{sys.executable} '{script}'"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    running = Fleet(tmp_path, forked=True)
    yield running
    running.kill()


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()


def served(fleet: Fleet, url: str) -> str:
    """Address of a service that answers."""
    address = fleet.service(url)
    wait_until(lambda: answers(address), what="the service")
    return address


def golden(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = environment("sqlite:///unused.db", GOLDEN_SERVER=url)
    return forked_programs.run([str(BIN / "golden"), *arguments], env=env, cwd=Path.cwd())


def test_a_command_gets_each_event_as_data(fleet: Fleet, db: Database, sqlite_url: str, tmp_path: Path) -> None:
    url = served(fleet, sqlite_url)
    title = "$(touch injected); `touch injected` | ' \""
    complete(db, "small", title=title)
    file = tmp_path / "told"
    done = golden(url, "watch", "small", "--exec", note_in(file) + " '$GOLDEN_TITLE'")
    assert (done.returncode, done.stderr) == (0, "")
    assert told(file) == [("small", "completed"), ("small", "decided")]
    message, env = entries(file)[1]
    assert message["data"]["title"] == env["GOLDEN_TITLE"] == title
    assert message["id"] == env["GOLDEN_NOTICE"]
    assert env["GOLDEN_VERDICT"] == message["data"]["verdict"]["outcome"] == "inconclusive"
    assert env["GOLDEN_URL"] == f"{url}/studies/small"
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["small completed", "small decided"]
    assert not list(tmp_path.glob("injected"))


def test_the_codes_of_commands(fleet: Fleet, db: Database, sqlite_url: str) -> None:
    url = served(fleet, sqlite_url)
    complete(db, "small")
    fails = f"{sys.executable} -c 'raise SystemExit(7)'"
    once = golden(url, "watch", "small", "--event", "decided", "--once", "--exec", fails)
    assert (once.returncode, "ended with code 7" in once.stderr) == (7, True)
    assert golden(url, "watch", "small", "--exec", fails).returncode == ExitCode.FAILED
    killed = golden(
        url, "watch", "small", "--once", "--exec", f"{sys.executable} -c 'import os; os.kill(os.getpid(), 9)'"
    )
    assert (killed.returncode, "by signal 9" in killed.stderr) == (137, True)
    for wrong in ("", "'", "no-such-program", "a | b"):
        refused = golden(url, "watch", "small", "--exec", wrong)
        assert (refused.returncode, refused.stderr[:14]) == (ExitCode.USAGE, "error: --exec:"), refused.stderr
    assert golden(url, "watch", "nobody", "--once").returncode == ExitCode.NOT_FOUND
    lines = golden(url, "watch", "small", "small", "--event", "decided", "--json").stdout.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["study.decided"]


def test_the_service_dies_and_comes_back_and_each_event_is_told_once(
    fleet: Fleet, db: Database, sqlite_url: str, tmp_path: Path
) -> None:
    port, file = free_port(), tmp_path / "told"
    url = f"http://127.0.0.1:{port}"
    serve = [str(BIN / "golden"), "serve", "--port", str(port)]
    service = fleet.start(serve, sqlite_url)
    wait_until(lambda: answers(url), what="the service")
    complete(db, "before")
    watcher = fleet.start([str(BIN / "golden"), "watch", "--exec", note_in(file)], sqlite_url, GOLDEN_SERVER=url)
    wait_until(lambda: _complete_another(db) and told(file), what="the watcher to have begun")
    service.kill()
    exit_code(service)
    complete(db, "meanwhile")
    wait_until(lambda: "waiting for it" in fleet.log(watcher), what="the outage to be noticed")
    fleet.start(serve, sqlite_url)
    wait_until(lambda: ("meanwhile", "decided") in told(file), what="the events of the outage")
    complete(db, "after")
    wait_until(lambda: ("after", "decided") in told(file), what="the last event")
    every = told(file)
    assert len(set(every)) == len(every), "each once"
    assert every[-4:] == [(name, event) for name in ("meanwhile", "after") for event in ("completed", "decided")]
    assert ("before", "completed") not in every
    assert fleet.log(watcher).count("answers again") == 1
    watcher.send_signal(signal.SIGINT)
    assert exit_code(watcher) == ExitCode.INTERRUPTED
    assert "Traceback" not in fleet.log(watcher)


_names = iter(f"other-{number}" for number in range(1000))


def _complete_another(db: Database) -> bool:
    complete(db, next(_names))
    return True


def test_ctrl_c_while_a_command_runs(fleet: Fleet, db: Database, sqlite_url: str, tmp_path: Path) -> None:
    url = served(fleet, sqlite_url)
    complete(db, "small")
    begun, state = tmp_path / "begun", tmp_path / "state"
    command = f"sh -c 'touch {begun}; exec sleep 600'"
    arguments = [str(BIN / "golden"), "watch", "small", "--state", str(state), "--exec", command]
    env, log = environment(sqlite_url, GOLDEN_SERVER=url), tmp_path / "stderr"
    with log.open("w") as stderr:
        watcher = subprocess.Popen(arguments, env=env, stderr=stderr, start_new_session=True)
    wait_until(begun.exists, what="the command")
    os.killpg(watcher.pid, signal.SIGINT)
    assert exit_code(watcher) == ExitCode.INTERRUPTED
    assert log.read_text() == "interrupted\n"
    again = golden(url, "watch", "small", "--state", str(state), "--json").stdout.splitlines()
    assert [json.loads(line)["type"] for line in again] == ["study.completed", "study.decided"], "told until it ended"


def test_variables_are_those_that_are_declared(database: Database) -> None:
    complete(database, "small")
    (notice,) = [notice for notice in page(database).items if notice.event is NoticeEvent.COMPLETED]
    message: StudyMessage = message_of(notice, None, "http://127.0.0.1:8000")
    assert set(variables(message)) == {PREFIX + name for name in READERS["watch"]}
    odd = message.model_copy(update={"data": message.data.model_copy(update={"note": "a\x00b\x1b[31m\nc"})})
    assert variables(odd)["GOLDEN_NOTE"] == "a b [31m c"


def test_words_are_split_as_a_shell_would_and_not_read_by_one() -> None:
    assert Command.parse(f"{sys.executable} -c 'a b' $HOME").words == (sys.executable, "-c", "a b", "$HOME")
    with pytest.raises(UsageError, match="sh -c"):
        Command.parse("no-such-program | other")
