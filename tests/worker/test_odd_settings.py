"""Odd options and odd `GOLDEN_*` variables: exit code 2 and one line that names the cure, never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from worker.main import main, read_settings

KEYS = [
    "HEARTBEAT_DIR",
    "DEVICE",
    "WORKER_NAME",
    "DATA_DIR",
    "MAX_LANES",
    "THREADS",
    "LEASE_SECONDS",
    "POLL_SECONDS",
    "LOG_FORMAT",
]
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
    for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
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
            patch.setenv(f"GOLDEN_{key}", value)
        try:
            code = main(arguments)
        except SystemExit as ending:
            code = int(ending.code or 0)
        assert code in {0, 2}  # 0: a value that begins like --help
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


@pytest.mark.parametrize("form", ["xml", "", "JSON"])
def test_an_unknown_log_format_is_refused(bare: None, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setenv("GOLDEN_LOG_FORMAT", form)
    with pytest.raises(SystemExit, match="2"):
        read_settings([])


SENTENCES = {
    "LEASE_SECONDS": ("abc", "'abc' is not a number of seconds from 0.05 to 86400"),
    "POLL_SECONDS": ("nan", "'nan' is not a number of seconds from 0.05 to 86400"),
    "MAX_LANES": ("1e3", "'1e3' is not a whole number from 0 to 100000"),
    "THREADS": ("-1", "'-1' is not a whole number from 0 to 100000"),
    "LOG_FORMAT": ("xml", "'xml' is not one of auto, console, json"),
}


@pytest.mark.parametrize("key", SENTENCES)
def test_an_unusable_variable_is_named_in_one_sentence(
    bare: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    value, sentence = SENTENCES[key]
    monkeypatch.setenv(f"GOLDEN_{key}", value)
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert capsys.readouterr().err == f"golden-worker: GOLDEN_{key}: {sentence}; see golden-worker --help\n"


def test_an_unusable_option_is_named_in_one_sentence(bare: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--lease-seconds", "abc"])
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--lease-seconds: 'abc' is not a number of seconds from 0.05 to 86400" in said


def test_options_win_over_variables_and_variables_over_defaults(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_LEASE_SECONDS", "7")
    monkeypatch.setenv("GOLDEN_THREADS", "2")
    found = read_settings(["--threads", "0"])
    assert (found.lease_seconds, found.threads, found.poll_seconds, found.device) == (7.0, 0, 1.0, "auto")


def test_variables_that_nothing_reads_are_told_and_others_are_not(
    bare: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("LEASE_SECOND", "TOKEN", "PORT", "NATIVE"):
        monkeypatch.setenv(f"GOLDEN_{key}", "5")
    assert main(["--device", "cpu"]) == 2  # no database
    told = [line for line in capsys.readouterr().err.splitlines() if "nothing reads it" in line]
    assert len(told) == 1
    assert "GOLDEN_LEASE_SECOND is set but nothing reads it; did you mean GOLDEN_LEASE_SECONDS?" in told[0]


def test_a_heartbeat_folder_that_cannot_be_made_is_named(
    bare: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GOLDEN_HEARTBEAT_DIR", str(tmp_path / "file"))
    assert main(["--device", "cpu", "--database", f"sqlite:///{tmp_path}/golden.db"]) == 2
    assert "golden-worker: GOLDEN_HEARTBEAT_DIR names" in capsys.readouterr().err
