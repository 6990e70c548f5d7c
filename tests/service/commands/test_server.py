"""Commands about the processes: serve, login, and the stream that a server keeps open."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import httpx2 as httpx
import pytest
from golden_cli import TOKEN, Server, serve, study_file
from processes import served_at, signal_another_thread
from waiting import CEILING, exit_code

from service.cli import main
from service.client_errors import ExitCode
from service.published import reports


def test_login_prints_an_address_that_works_once(golden: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login"]) == ExitCode.OK
    address = capsys.readouterr().out.strip()
    with httpx.Client(timeout=CEILING) as browser:
        assert browser.get(address).status_code == 303
        assert browser.get(f"{golden.url}/api/v1/studies").status_code == 200
        assert browser.get(address).status_code == 401


def test_event_stream_over_a_socket(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", study_file(tmp_path, "heard")])
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


def test_serve_refuses_a_wrong_schema_and_a_taken_port(golden: Server, tmp_path: Path) -> None:
    with serve(tmp_path / "none.db") as process:
        assert exit_code(process) == ExitCode.UNREACHABLE
        assert process.stderr is not None
        assert "golden db upgrade" in process.stderr.read()
    port = golden.url.rpartition(":")[2]
    with serve(tmp_path / "taken.db", "--migrate", "--port", port) as process:
        assert exit_code(process) == ExitCode.FAILED
        assert process.stderr is not None
        assert "cannot listen" in process.stderr.read()


def test_serve_refuses_to_show_results_that_it_does_not_carry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reports, "CARRIED", tmp_path / "none")
    monkeypatch.setattr(reports, "OF_A_CLONE", tmp_path / "neither")
    assert main(["serve", "--showcase"]) == ExitCode.USAGE
    assert "carries no published results; serve from a clone" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("thread", ["main", "another"])
def test_serve_stops_at_once_with_a_stream_open(tmp_path: Path, thread: str) -> None:
    with serve(tmp_path / "stop.db", "--migrate") as process:
        assert process.stderr is not None
        url = served_at(process.stderr.readline())
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.stream("GET", f"{url}/api/v1/events", headers=headers, timeout=CEILING) as stream:
            next(stream.iter_lines())
            send = process.send_signal if thread == "main" else partial(signal_another_thread, process.pid)
            send(signal.SIGINT)
            assert exit_code(process) == 0
