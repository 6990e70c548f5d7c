"""What commands share: a client by the settings, a database that is closed again, failures as one line and a code."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS, many_faults
from processes import free_port

from service.cli import main
from service.client_errors import ClientError, ExitCode
from service.commands import common
from service.commands.common import UsageError, await_service, complain, connect, exit_code, opened, show_answer
from service.settings import SettingsError, load, sqlite_url
from studies.errors import (
    DuplicateStudyError,
    GoldenError,
    Problem,
    ProblemList,
    SchemaError,
    SpecError,
    StateError,
    StorageUnavailableError,
    StudyNotFoundError,
)
from studies.storage.migrate import require_current

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), ExitCode.USAGE),
        (SpecError([Problem("seed", "x")]), ExitCode.USAGE),
        (StudyNotFoundError("x"), ExitCode.NOT_FOUND),
        (StorageUnavailableError("x"), ExitCode.UNREACHABLE),
        (SchemaError("x"), ExitCode.UNREACHABLE),
        (DuplicateStudyError("x", "y"), ExitCode.CONFLICT),
        (StateError("x"), ExitCode.CONFLICT),
        (GoldenError("x"), ExitCode.FAILED),
        (ClientError("x", status=404, exit_code=ExitCode.NOT_FOUND), ExitCode.NOT_FOUND),
    ],
)
def test_each_failure_has_its_documented_code(error: GoldenError, code: ExitCode) -> None:
    assert exit_code(error) == code


def test_a_failure_is_a_line_or_a_line_per_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert complain(GoldenError("no [bold]markup[/bold]")) == ExitCode.FAILED
    assert capsys.readouterr().err == "error: no [bold]markup[/bold]\n"
    problems = ProblemList((Problem("seed", "must be positive"), Problem("", "too large")))
    complain(ClientError("both", status=422, exit_code=ExitCode.USAGE, problems=problems))
    assert capsys.readouterr().err == "error: seed: must be positive\nerror: too large\n"


@pytest.mark.parametrize(
    ("tokens", "header"),
    [({}, None), ({"token": TOKEN, "read_token": READ_TOKEN}, TOKEN)],
)
def test_a_client_carries_the_token_that_may_submit(tokens: dict[str, str], header: str | None) -> None:
    settings = load({}, server="http://127.0.0.1:9", **tokens)
    with connect(settings) as client:
        assert client.base_url == "http://127.0.0.1:9"
        sent = client._transport._http.headers.get("Authorization")
    assert sent == (f"Bearer {header}" if header else None)


def test_a_wrong_setting_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_SERVER", "nonsense")
    with pytest.raises(SettingsError, match="GOLDEN_SERVER"):
        show_answer(lambda client: client.version(), print, as_json=False)


def test_a_database_is_closed_again(database_path: Path) -> None:
    with opened(load({}, database_url=sqlite_url(database_path))) as db:
        require_current(db)
        pool = db.engine.pool
    assert pool.checkedout() == 0  # type: ignore[attr-defined]
    assert db.engine.pool is not pool  # disposed: the engine has a new pool


def test_the_default_databases_folder_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    settings = load({})
    with pytest.raises(SchemaError, match="golden db upgrade"), opened(settings):
        pass
    with opened(settings, create=True):
        folder = Path(settings.database_url.get_secret_value().removeprefix("sqlite:///")).parent
        assert folder.is_dir()


@pytest.mark.parametrize("options", [[], ["--set", "seed=3"]])
def test_each_fault_of_a_study_is_a_line_with_its_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    file = tmp_path / "study.json"
    file.write_text(json.dumps(FOUR_FAULTS))
    assert main(["preview", str(file), *options]) == ExitCode.USAGE
    assert capsys.readouterr().err.splitlines() == [f"error: {field}: {text}" for field, text in FOUR_PROBLEMS]


def test_twenty_faults_are_listed_and_the_rest_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "study.json"
    file.write_text(json.dumps(many_faults(33)))
    assert main(["submit", str(file)]) == ExitCode.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (21, "error: and 13 more")


@pytest.mark.parametrize("options", [[], ["--name", "other"]])
def test_a_key_that_appears_twice_is_refused_with_overrides_and_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    file = tmp_path / "study.json"
    file.write_text('{"name": "a", "seed": 1, "seed": 2}')
    assert main(["preview", str(file), *options]) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: seed: appears more than once in its object; keep one\n"


def test_the_problems_that_a_service_answered_are_listed_like_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    found = ProblemList((Problem("seed", "is missing"), Problem("", "is no study")), unlisted=2)
    assert complain(ClientError("both", status=422, exit_code=ExitCode.USAGE, problems=found)) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: seed: is missing\nerror: is no study\nerror: and 2 more\n"


class _Version(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)  # it is there, whatever it answers
        self.end_headers()


def test_a_service_that_is_starting_here_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with connect(load({}, server=f"http://127.0.0.1:{port}")) as client:
        monkeypatch.setattr(common, "STARTING_SECONDS", 0.4)
        await_service(client)  # none comes
        assert "waiting for" in capsys.readouterr().err
        monkeypatch.setattr(common, "STARTING_SECONDS", 20.0)
        served: list[HTTPServer] = []

        def begin() -> None:
            served.append(HTTPServer(("127.0.0.1", port), _Version))
            served[0].serve_forever()

        timer = threading.Timer(0.5, begin)
        timer.start()
        began = time.monotonic()
        await_service(client)
        assert 0.3 < time.monotonic() - began < 15
        served[0].shutdown()
        served[0].server_close()
        timer.join()
