"""The command line against a real server process: verbs, output, exit codes, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS, many_faults
from processes import served_at
from waiting import CEILING, exit_code

from service.cli import main
from service.client import Client, ClientError, ExitCode
from service.commands.demo import free_port
from service.settings import sqlite_url
from studies.language.spec import parse
from studies.report.document import verify_report

TOKEN = "a-token-for-tests-0123456789"


@dataclass(frozen=True)
class Server:
    """A running `golden serve`."""

    url: str
    process: subprocess.Popen[str]


def _serve(database: Path, *options: str) -> subprocess.Popen[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GOLDEN_")}
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--database", sqlite_url(database)]
    return subprocess.Popen([*command, *options], env={**env, "GOLDEN_TOKEN": TOKEN}, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process with a token, on a database it makes itself."""
    with _serve(tmp_path_factory.mktemp("cli") / "golden.db", "--migrate") as process:
        assert process.stderr is not None
        yield Server(served_at(process.stderr.readline()), process)
        process.send_signal(signal.SIGTERM)
        assert exit_code(process) == 0


@pytest.fixture
def golden(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """Point the command line of this process at the server."""
    for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("GOLDEN_SERVER", server.url)
    monkeypatch.setenv("GOLDEN_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    return server


def _study(path: Path, name: str, **changes: Any) -> str:
    design = {"kind": "search", "sampler": "random", "trials": 4, "claim_replicates": 2}
    document = {"name": name, "losses": ["golden"], "contexts": [{"dataset": "digits"}], "design": design, **changes}
    file = path / f"{name}.json"
    file.write_text(json.dumps(document))
    return str(file)


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == ExitCode.OK
    return json.loads(capsys.readouterr().out)


def test_a_study_from_submit_to_delete(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _study(tmp_path, "life")
    assert _json(capsys, "preview", file)["cost"]["runs"] == 6
    assert _json(capsys, "submit", file)["summary"]["state"] == "queued"
    assert "life" in [study["name"] for study in _json(capsys, "list")]
    for verb, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        assert _json(capsys, verb, "life")["summary"]["state"] == state
    assert _json(capsys, "status", "life")["summary"]["state"] == "cancelled"
    assert _json(capsys, "verdict", "life")["outcome"] == "inconclusive"
    assert main(["resume", "life"]) == ExitCode.CONFLICT
    assert main(["delete", "life"]) == ExitCode.USAGE  # nobody can be asked here
    assert main(["delete", "life", "--yes"]) == ExitCode.OK
    assert main(["status", "life"]) == ExitCode.NOT_FOUND


def test_text_output_names_what_matters(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _study(tmp_path, "shown", title="[bold]not markup[/bold]")
    for command in (["submit", file], ["status", "shown"], ["status"], ["verdict", "shown"], ["preview", file]):
        assert main(command) == ExitCode.OK
        assert "shown" in capsys.readouterr().out
    for command in (
        ["catalogue"],
        ["workers"],
        ["catalogue", "quickstart"],
        ["version"],
        ["extend", "shown", "--more", "2"],
    ):
        assert main(command) == ExitCode.OK
        assert capsys.readouterr().out


def test_set_changes_fields_and_defaults(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = ["--set", "contexts.0.epochs=3", "--set", "claim.tolerance_factor=1.5", "--set", "title=three epochs"]
    study = _json(capsys, "submit", "quickstart", "--name", "changed", *changes)
    spec = parse(study["spec"])
    assert (spec.contexts[0].epochs, spec.claim.tolerance_factor, spec.title) == (3, 1.5, "three epochs")


def test_a_protocol_is_submitted_at_another_scale(golden: Server, capsys: pytest.CaptureFixture[str]) -> None:
    scale = ["--folds", "5", "--repeats", "2", "--images", "4000"]
    preview = _json(capsys, "preview", "table-1", *scale)
    assert preview["cost"]["runs"] == 3 * 5 * 2
    spec = parse(_json(capsys, "submit", "table-1", "--name", "small", *scale)["spec"])
    assert (spec.replication.folds, [context.images for context in spec.contexts]) == (5, [4000])
    assert main(["submit", "quickstart", "--repeats", "2"]) == ExitCode.USAGE  # a locate design has none
    assert "repeats" in capsys.readouterr().err
    assert main(["submit", "quickstart", "--set", "claim.*.level=2"]) == ExitCode.USAGE
    assert "there is no list" in capsys.readouterr().err


def test_report_and_export_write_files(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", _study(tmp_path, "kept")]) == ExitCode.OK
    assert main(["report", "kept"]) == ExitCode.OK
    assert main(["report", "kept", "--format", "json"]) == ExitCode.OK
    assert verify_report(json.loads((tmp_path / "kept-report.json").read_text())) == []
    assert main(["verify", "kept-report.json"]) == ExitCode.OK
    assert main(["report", "kept"]) == ExitCode.FAILED  # not overwritten
    assert main(["report", "kept", "--force"]) == ExitCode.OK
    assert main(["export", "kept", "-o", str(tmp_path)]) == ExitCode.FAILED  # a folder
    assert main(["export", "kept", "-o", "runs.parquet", "--format", "parquet"]) == ExitCode.OK
    assert (tmp_path / "runs.parquet").read_bytes()[:4] == b"PAR1"
    assert sorted(path.name for path in tmp_path.glob("*.part")) == []


def test_a_files_name_says_its_form(golden: Server, tmp_path: Path) -> None:
    assert main(["submit", _study(tmp_path, "named")]) == ExitCode.OK
    assert main(["report", "named", "-o", "kept.json"]) == ExitCode.OK
    assert main(["verify", "kept.json"]) == ExitCode.OK
    assert main(["report", "named", "-o", "page.htm"]) == ExitCode.OK  # no form's name: the default
    assert (tmp_path / "page.htm").read_bytes().startswith(b"<!doctype html>")
    assert main(["export", "named", "-o", "runs.PARQUET"]) == ExitCode.OK
    assert (tmp_path / "runs.PARQUET").read_bytes()[:4] == b"PAR1"


def test_verify_refuses_what_was_bent(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", _study(tmp_path, "bent")])
    report = _json(capsys, "report", "bent")
    (tmp_path / "bent.json").write_text(json.dumps({**report, "claim_hash": "0" * 64}))
    assert main(["verify", "bent.json"]) == ExitCode.FAILED
    (tmp_path / "none.json").write_text("{")
    assert main(["verify", "none.json"]) == ExitCode.USAGE
    assert main(["verify", "missing.json"]) == ExitCode.USAGE


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], ExitCode.USAGE),
        (["status", "--flag"], ExitCode.USAGE),
        (["submit"], ExitCode.USAGE),
        (["submit", "no-such-file.toml"], ExitCode.USAGE),
        (["submit", "no-such-entry"], ExitCode.NOT_FOUND),
        (["submit", "quickstart", "--set", "nonsense"], ExitCode.USAGE),
        (["submit", "quickstart", "--set", "contexts.9.epochs=5"], ExitCode.USAGE),
        (["submit", "quickstart", "--set", "contexts.0.epochs=many"], ExitCode.USAGE),
        (["extend", "x", "--more", "abc"], ExitCode.USAGE),
        (["serve", "--port", "99999"], ExitCode.USAGE),
        (["verdict", "none"], ExitCode.NOT_FOUND),
        (["verdict", "../x"], ExitCode.NOT_FOUND),
        (["export", "none"], ExitCode.NOT_FOUND),
        (["list", "--state", "none"], ExitCode.USAGE),
        (["workers", "--drain", "nobody"], ExitCode.NOT_FOUND),
        (["db", "status", "--database", "mysql://x/y"], ExitCode.USAGE),
        (["db", "status", "--database", "sqlite:////none/x.db"], ExitCode.USAGE),
        (["--server", "http://127.0.0.1:9", "list"], ExitCode.UNREACHABLE),
        (["--server", "nonsense", "list"], ExitCode.USAGE),
    ],
)
def test_failures_are_one_line_and_a_documented_code(
    golden: Server, capsys: pytest.CaptureFixture[str], arguments: list[str], code: ExitCode
) -> None:
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert shown.err
    assert not shown.out


def test_each_wrong_field_has_its_line(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text('name = "bad"\nseed = -1\nlosses = ["none"]\n')
    assert main(["submit", "bad.toml"]) == ExitCode.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["losses.0", "seed"]


def test_a_refused_study_brings_the_services_problems(golden: Server) -> None:
    with Client(golden.url, TOKEN) as client, pytest.raises(ClientError) as caught:
        client.submit(json.dumps(FOUR_FAULTS).encode())
    assert caught.value.problems.listed == tuple(FOUR_PROBLEMS)
    with Client(golden.url, TOKEN) as client, pytest.raises(ClientError) as caught:
        client.submit(json.dumps(many_faults(25)).encode())
    assert (len(caught.value.problems.listed), caught.value.problems.unlisted) == (20, 5)


def test_a_false_token_is_reported(golden: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client(golden.url, "a-false-token-0123456") as client, pytest.raises(ClientError, match="GOLDEN_TOKEN"):
        client.study("x")


def test_login_prints_an_address_that_works_once(golden: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login"]) == ExitCode.OK
    address = capsys.readouterr().out.strip()
    with httpx.Client(timeout=CEILING) as browser:
        assert browser.get(address).status_code == 303
        assert browser.get(f"{golden.url}/api/v1/studies").status_code == 200
        assert browser.get(address).status_code == 401


def test_event_stream_over_a_socket(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", _study(tmp_path, "heard")])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"{golden.url}/api/v1/studies/heard/events"
    with httpx.stream("GET", url, headers=headers, timeout=CEILING) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        first = [next(lines) for _ in range(5)]
        assert first[0] == "event: revision"
        main(["pause", "heard"])
        later = next(line for line in lines if line.startswith("id:"))
    assert int(later.removeprefix("id:")) > int(first[2].removeprefix("id:"))


def test_watch_as_json_lines_until_the_end(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", _study(tmp_path, "watched")])
    main(["cancel", "watched"])
    capsys.readouterr()
    assert main(["watch", "watched", "--json"]) == ExitCode.FAILED  # it ended without completing
    assert json.loads(capsys.readouterr().out)["state"] == "cancelled"


def test_events_show_who_did_what(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", _study(tmp_path, "told")])
    for verb in ("pause", "resume", "cancel"):
        main([verb, "told"])
    main(["delete", "told", "--yes"])
    found = _json(capsys, "events", "told")
    assert [entry["action"] for entry in found] == ["delete", "cancel", "resume", "pause", "submit"]
    assert {entry["actor"] for entry in found} == {"token"}
    assert [entry["action"] for entry in _json(capsys, "events", "told", "--limit", "2")] == ["delete", "cancel"]
    assert main(["events", "told"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "history of changes" in shown
    assert [word for word in shown.split() if word in ("delete", "submit")] == ["delete", "submit"]
    assert main(["events", "nobody"]) == ExitCode.NOT_FOUND
    assert "never a study named" in capsys.readouterr().err
    assert main(["events", "told", "--limit", "0"]) == ExitCode.USAGE


def test_a_closed_pipe_is_no_failure(golden: Server) -> None:
    command = f"{sys.executable} -m service.cli schema | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_tells_what_is_in_force(golden: Server, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("GOLDEN_DATABASE_URL", sqlite_url(tmp_path / "doctor.db"))
    assert main(["doctor"]) == ExitCode.FAILED
    assert "golden db upgrade" in capsys.readouterr().out
    assert main(["db", "upgrade"]) == ExitCode.OK
    assert main(["db", "status"]) == ExitCode.OK
    assert main(["doctor"]) == ExitCode.OK
    assert TOKEN not in capsys.readouterr().out


def test_serve_refuses_a_wrong_schema_and_a_taken_port(golden: Server, tmp_path: Path) -> None:
    with _serve(tmp_path / "none.db") as process:
        assert exit_code(process) == ExitCode.UNREACHABLE
        assert process.stderr is not None
        assert "golden db upgrade" in process.stderr.read()
    port = golden.url.rpartition(":")[2]
    with _serve(tmp_path / "taken.db", "--migrate", "--port", port) as process:
        assert exit_code(process) == ExitCode.FAILED
        assert process.stderr is not None
        assert "cannot listen" in process.stderr.read()
    assert free_port(int(port)) != int(port)


def test_serve_stops_at_once_with_a_stream_open(tmp_path: Path) -> None:
    with _serve(tmp_path / "stop.db", "--migrate") as process:
        assert process.stderr is not None
        url = served_at(process.stderr.readline())
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.stream("GET", f"{url}/api/v1/events", headers=headers, timeout=CEILING) as stream:
            next(stream.iter_lines())
            process.send_signal(signal.SIGINT)
            assert exit_code(process) == 0
