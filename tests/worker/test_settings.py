"""The worker's settings: where they come from, what is refused, and the sentence that says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from worker.settings import Settings, SettingsError, load, unknown_keys


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
        monkeypatch.delenv(key)


def test_the_defaults() -> None:
    found = load()
    assert (found.device, found.worker_name, found.study) == ("auto", None, ())
    assert (found.data_dir, found.heartbeat_dir, found.log_format) == (Path("data"), None, "console")
    assert (found.max_lanes, found.threads) == (0, 0)
    assert (found.lease_seconds, found.poll_seconds, found.exit_when_idle) == (60.0, 1.0, None)


def test_options_win_over_variables_and_variables_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_LEASE_SECONDS", "7")
    monkeypatch.setenv("GOLDEN_THREADS", "2")
    found = load(threads="0")
    assert (found.lease_seconds, found.threads, found.poll_seconds, found.device) == (7.0, 0, 1.0, "auto")


SENTENCES = {
    "lease_seconds": ("abc", "'abc' is not a number of seconds from 0.05 to 86400"),
    "poll_seconds": ("nan", "'nan' is not a number of seconds from 0.05 to 86400"),
    "max_lanes": ("1e3", "'1e3' is not a whole number from 0 to 100000"),
    "threads": ("-1", "'-1' is not a whole number from 0 to 100000"),
    "log_format": ("xml", "'xml' is not one of auto, console, json"),
    "worker_name": ("a\x1b[31m", "'a\\x1b[31m' is not a name of at most 150 visible characters"),
    "supervisor_pid": ("init", "'init' is not the number of a process"),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_an_unusable_value_is_named_by_its_variable_or_its_option(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    value, sentence = SENTENCES[name]
    with pytest.raises(SettingsError) as by_option:
        load(**{name: value})
    assert str(by_option.value) == f"--{name.replace('_', '-')}: {sentence}"
    monkeypatch.setenv(f"GOLDEN_{name.upper()}", value)
    with pytest.raises(SettingsError) as by_variable:
        load()
    assert str(by_variable.value) == f"GOLDEN_{name.upper()}: {sentence}"


def test_each_of_several_unusable_values_gets_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_POLL_SECONDS", "x" * 5000)
    with pytest.raises(SettingsError) as caught:
        load(exit_when_idle="soon", threads="0.5")
    assert sorted(str(caught.value).split("; ")) == [
        "--exit-when-idle: 'soon' is not a number of seconds from 0.05 to 86400",
        "--threads: '0.5' is not a whole number from 0 to 100000",
        f"GOLDEN_POLL_SECONDS: '{'x' * 80}' is not a number of seconds from 0.05 to 86400",
    ]


@pytest.mark.parametrize(
    ("name", "bounds", "outside"),
    [
        *[(name, ("0.05", "86400"), ("0.049", "86401", "inf", "-1", "")) for name in ("lease_seconds", "poll_seconds")],
        *[(name, ("0", "100000"), ("-1", "100001", "nan", "")) for name in ("max_lanes", "threads")],
        ("exit_when_idle", ("0.05", "86400"), ("0", "86401", "nan", "")),
        ("log_format", ("auto", "json"), ("", "JSON")),
    ],
)
def test_bounds_are_strict(name: str, bounds: tuple[str, ...], outside: tuple[str, ...]) -> None:
    for value in bounds:
        assert str(getattr(load(**{name: value}), name)).removesuffix(".0") == value
    for value in outside:
        with pytest.raises(SettingsError):
            load(**{name: value})


def test_what_is_an_option_alone_has_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_STUDY", "a")  # which `golden watch --exec` sets for its commands
    monkeypatch.setenv("GOLDEN_EXIT_WHEN_IDLE", "never")
    assert (load().study, load().exit_when_idle) == ((), None)
    (line,) = unknown_keys(os.environ)
    assert line.startswith("GOLDEN_EXIT_WHEN_IDLE is set but nothing reads it")


def test_the_url_is_the_options_the_variables_or_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no database: set GOLDEN_DATABASE_URL"):
        load().url()
    (tmp_path / "url").write_text("sqlite:///file.db\n")
    monkeypatch.setenv("GOLDEN_DATABASE_URL_FILE", str(tmp_path / "url"))
    assert load().url() == "sqlite:///file.db"
    monkeypatch.setenv("GOLDEN_DATABASE_URL", "")
    assert load().url() == "sqlite:///file.db", "an empty variable is none"
    monkeypatch.setenv("GOLDEN_DATABASE_URL", "postgresql://golden:canary-1@db/golden")
    assert load().url() == "postgresql://golden:canary-1@db/golden"
    assert "canary-1" not in repr(load())
    assert load(database_url="sqlite:///option.db").url() == "sqlite:///option.db"


def test_a_secret_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for place in (tmp_path / "none", tmp_path, tmp_path / "binary"):
        monkeypatch.setenv("GOLDEN_DATABASE_URL_FILE", str(place))
        with pytest.raises(SettingsError, match=f"GOLDEN_DATABASE_URL_FILE names '{place}', which cannot be read"):
            load().url()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().device = "cuda"  # type: ignore[misc]


def test_every_refusable_field_describes_what_it_takes() -> None:
    free = {"database_url", "database_url_file", "device", "data_dir", "heartbeat_dir", "study"}
    assert {name for name, field in Settings.model_fields.items() if field.description is None} == free
