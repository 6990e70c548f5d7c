"""The command `golden-worker`: its options, its exit codes, and one line that names the cure of what it cannot use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import forked_programs
import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from processes import BIN, environment

from studies.variables import PREFIX, variables_of
from worker.main import main, read_settings
from worker.settings import Settings

WORKER = str(BIN / "golden-worker")
KEYS = sorted(variables_of(Settings) - {"GOLDEN_DATABASE_URL", "GOLDEN_SUPERVISOR_PID"})  # the latter is a signal
OPTIONS = ["--device", "--max-lanes", "--threads", "--lease-seconds", "--exit-when-idle", "--log-format", "--study"]
ODD = st.one_of(
    st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), max_size=20),
    st.sampled_from(["", " ", "0", "-1", "1e3", "nan", "inf", "99999999999", "null", "cuda", "cuda:-1", "x" * 5000]),
    st.integers().map(str),
    st.floats().map(str),
)
QUIET = hypothesis_settings(
    max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, restored_threads: None) -> None:
    for key in [key for key in os.environ if key.startswith(PREFIX)]:
        monkeypatch.delenv(key)


@QUIET
@given(
    env=st.dictionaries(st.sampled_from(KEYS), ODD, max_size=3),
    options=st.lists(st.tuples(st.sampled_from(OPTIONS), ODD), max_size=2),
)
def test_nothing_starts_a_worker_in_a_traceback(
    bare: None, env: dict[str, str], options: list[tuple[str, str]]
) -> None:
    arguments = ["--database", "mysql://nowhere", *(part for option in options for part in option)]
    with pytest.MonkeyPatch.context() as patch:
        for key, value in env.items():
            patch.setenv(key, value)
        try:
            code = main(arguments)
        except SystemExit as ending:
            code = int(ending.code or 0)
        assert code == 2
        assert torch.get_num_threads() <= len(os.sched_getaffinity(0)), "more threads than processors"


def test_a_secret_file_that_cannot_be_read_is_named(
    bare: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for place in (tmp_path / "none", tmp_path, tmp_path / "binary"):
        monkeypatch.setenv("GOLDEN_DATABASE_URL_FILE", str(place))
        assert main(["--device", "cpu"]) == 2
        said = capsys.readouterr().err
        assert f"GOLDEN_DATABASE_URL_FILE names {str(place)!r}" in said
        assert said.count("\n") == 1


def test_variables_that_nothing_reads_are_reported_and_others_are_not(
    bare: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("LEASE_SECOND", "TOKEN", "PORT", "NATIVE"):
        monkeypatch.setenv(f"GOLDEN_{key}", "5")
    assert main(["--device", "cpu"]) == 2  # no database
    reported = [line for line in capsys.readouterr().err.splitlines() if "nothing reads it" in line]
    assert len(reported) == 1
    assert "GOLDEN_LEASE_SECOND is set but nothing reads it; did you mean GOLDEN_LEASE_SECONDS?" in reported[0]


def test_a_heartbeat_folder_that_cannot_be_made_is_named(
    bare: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GOLDEN_HEARTBEAT_DIR", str(tmp_path / "file"))
    assert main(["--device", "cpu", "--database", f"sqlite:///{tmp_path}/golden.db"]) == 2
    assert "golden-worker: GOLDEN_HEARTBEAT_DIR names" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_option_and_fits_a_terminal(bare: None, capsys: pytest.CaptureFixture[str], flag: str) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([flag])
    text = capsys.readouterr().out
    names = {"database_url": "database", "worker_name": "name"}
    for field in set(Settings.model_fields) - {"database_url_file", "supervisor_pid"}:
        assert f"--{names.get(field, field).replace('_', '-')} " in text
    assert "Usage: golden-worker" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [["--help"], ["--max-lanes", "-1"], ["--no-such-option"]])
def test_help_and_bad_options_do_not_wait_for_torch(arguments: list[str]) -> None:
    code = """
import sys
from worker.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    print(sorted({"torch", "sqlalchemy", "scipy"} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr.endswith("[]\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--no-such-option"], "No such option: --no-such-option"),
        (["--lanes", "4"], "No such option: --lanes"),
        (["--device"], "Option '--device' requires an argument"),
        (["left\nover"], "Got unexpected extra argument(s) (left\\x0aover)"),
        (["--left\nover"], "No such option: --left\\x0aover"),
        (["--lease-seconds", "abc"], "--lease-seconds: 'abc' is not a number of seconds from 0.05 to 86400"),
    ],
)
def test_what_cannot_be_used_ends_with_one_line(
    bare: None, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        read_settings(arguments)
    said = capsys.readouterr().err
    assert said.startswith(f"golden-worker: {message}")
    assert said.endswith("; see golden-worker --help\n")
    assert said.count("\n") == 1


def test_every_option_reaches_its_setting(bare: None) -> None:
    options = {
        "--database": "sqlite:///x.db",
        **{"--device": "cpu", "--name": "w", "--data-dir": "d", "--study": "a", "--max-lanes": "3", "--threads": "1"},
        **{"--lease-seconds": "5", "--poll-seconds": "0.2", "--exit-when-idle": "7"},
        **{"--heartbeat-dir": "h", "--log-format": "json"},
    }
    found = read_settings([*(part for option in options.items() for part in option), "--study=b"])
    assert found.url() == "sqlite:///x.db"
    assert (found.device, found.worker_name, found.study) == ("cpu", "w", ("a", "b"))
    assert (found.data_dir, found.heartbeat_dir) == (Path("d"), Path("h"))
    assert (found.max_lanes, found.threads, found.log_format) == (3, 1, "json")
    assert (found.lease_seconds, found.poll_seconds, found.exit_when_idle) == (5.0, 0.2, 7.0)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--database", "mysql://x"], 2, "sqlite"),
        (["--database", "sqlite:////nonexistent/dir/golden.db"], 2, "create it first"),
        (["--database", "postgresql://u:secretpass@127.0.0.1:1/x"], 4, "cannot be reached"),
        (["--device", "cuda:99"], 2, "not on this machine"),
        (["--max-lanes", "-1"], 2, "whole number"),
        ([], 2, "no database"),
    ],
)
def test_a_worker_that_cannot_start_says_why_in_one_line(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    env = {k: v for k, v in environment("").items() if k != "GOLDEN_DATABASE_URL"}
    done = forked_programs.run([WORKER, *arguments], env=env, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "secretpass" not in done.stdout + done.stderr


def test_an_empty_database_is_refused_with_the_cure(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    done = forked_programs.run([WORKER, "--database", url], env=environment(url), cwd=tmp_path)
    assert done.returncode == 3
    assert "golden db upgrade" in done.stderr
