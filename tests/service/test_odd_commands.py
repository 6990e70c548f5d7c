"""Odd settings and odd command lines: a documented exit code, a line that helps, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from processes import BIN, environment, free_port
from waiting import CEILING

from service.cli import main
from service.client import ExitCode
from service.settings import Settings, SettingsError, is_loopback, load, unknown_keys
from studies import variables

CODES = {int(code) for code in ExitCode}
QUIET = hypothesis_settings(
    max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", " ", "0", "-1", "1e3", "99999", "null", "[]", "{}", "0.0.0.0", "::", "true", "nan", "x" * 5000]
    ),
    st.integers().map(str),
)
FIELDS = st.sampled_from(sorted(set(Settings.model_fields) - {"database_url"}))
VERBS = [
    *("submit", "preview", "list", "status", "watch", "pause", "resume", "cancel", "extend", "delete", "verdict"),
    *("report", "verify", "rejudge", "export", "catalogue", "schema", "workers", "queue", "login", "version"),
]
FLAGS = [
    "--json",
    "--set",
    "--name",
    "--more",
    "--format",
    "-o",
    "--state",
    "--objective",
    "--drain",
    "--yes",
    "--help",
]


@QUIET
@given(values=st.dictionaries(FIELDS, ODD, max_size=3))
def test_settings_are_refused_by_name_or_safe(values: dict[str, str]) -> None:
    try:
        found = load({}, **values)
    except SettingsError as error:
        assert "GOLDEN_" in str(error)
        assert "\n" not in str(error)[:80]
        return
    assert found.token is not None or is_loopback(found.host)
    assert found.token is None or len(found.token.get_secret_value()) >= 16
    assert 0 <= found.port <= 65_535
    assert found.pool_size >= 1


@QUIET
@example(name="HEARTBEAT_DIR")  # hypothesis tries constants of whatever modules are loaded, the worker's too
@given(name=st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), min_size=1, max_size=20))
def test_every_unknown_key_is_reported(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields} | {
        name for names in variables.READERS.values() for name in names
    }
    reported = unknown_keys({f"GOLDEN_{name}": "x"})
    assert len(reported) <= 1
    assert name in known or reported or name.removesuffix("_FILE") != name


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A command line that finds no service."""
    for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("GOLDEN_SERVER", f"http://127.0.0.1:{free_port()}")
    monkeypatch.chdir(tmp_path)


@QUIET
@given(arguments=st.lists(st.one_of(st.sampled_from(VERBS), st.sampled_from(FLAGS), ODD), min_size=1, max_size=5))
def test_no_command_line_ends_in_a_traceback(nowhere: None, arguments: list[str]) -> None:
    try:
        code = main(arguments)
    except SystemExit as ending:
        code = int(ending.code or 0)
    assert code in CODES


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        ("", "malformed"),
        ("nonsense", "malformed"),
        ("mysql://golden:canary-1@h/x", "postgresql://"),
        ("http://golden:canary-1@h/x", "postgresql://"),
        ("sqlite://", "plain file"),
        ("sqlite:///:memory:", "plain file"),
        ("sqlite:///file:x?mode=ro", "plain file"),
        ("sqlite:///x.db?mode=ro", "plain file"),
        ("sqlite:////none/such/x.db", "does not exist"),
        ("sqlite:////tmp", "folder"),
        ("sqlite:////proc/version", "the database sqlite:////proc/version "),
        ("postgresql://golden:canary-1@127.0.0.1:1/x", "nothing listens at its host and port"),
        ("postgresql://golden:canary-1@127.0.0.1:99999/x", ""),
        ("postgresql://golden:canary-1@no-such-host.invalid/x", "no host has that name"),
        ("postgresql://golden:canary-1@127.0.0.1/x?nonsense=1", ""),
        ("postgresql://golden:{0}canary-1%s@127.0.0.1:1/x", ""),
        ("postgresql://golden:canary-1@[::1/x", ""),
    ],
)
@pytest.mark.parametrize("command", ["status", "upgrade"])
def test_database_urls_are_refused_in_one_line(
    nowhere: None, capsys: pytest.CaptureFixture[str], url: str, reported: str, command: str
) -> None:
    assert main(["db", command, "--database", url]) in {ExitCode.USAGE, ExitCode.UNREACHABLE, ExitCode.FAILED}
    written = capsys.readouterr().err
    assert reported in written
    assert len(written.strip().splitlines()) == 1
    assert "Traceback" not in written
    assert "canary-1" not in written


def test_a_wrong_password_is_reported_in_one_line(
    nowhere: None, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["db", "status", "--database", postgres_url + "_none"]) == ExitCode.UNREACHABLE
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("content", [b"", b"no database" * 200, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_file_that_is_no_database(
    nowhere: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "x.db").write_bytes(content)
    assert main(["db", "status", "--database", f"sqlite:///{tmp_path}/x.db"]) == ExitCode.UNREACHABLE
    written = capsys.readouterr().err
    assert len(written.strip().splitlines()) == 1


def test_interrupting_a_command_is_no_traceback(tmp_path: Path) -> None:
    """Ctrl-C while a command waits for a service that takes the connection and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = environment("sqlite:///x.db", GOLDEN_SERVER=f"http://127.0.0.1:{silent.getsockname()[1]}")
        command = [str(BIN / "golden"), "list"]
        # Whatever starts these tests in the background lets them ignore Ctrl-C, and a child would, too.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
            signal.signal(signal.SIGINT, before)
            silent.settimeout(CEILING)
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                _, written = process.communicate(timeout=CEILING)
    assert (process.returncode, written) == (130, "interrupted\n")
