"""`golden doctor`: everything is looked at, whatever is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from golden_cli import TOKEN, Server

from service.cli import main
from service.client_errors import ExitCode
from service.commands.doctor import examine
from service.settings import Settings, load, sqlite_url


def test_nothing_wrong_hides_the_rest(tmp_path: Path) -> None:
    found = examine(load({}, database_url=f"sqlite:///{tmp_path}/none.db"), {"GOLDEN_TOKN": "x"})
    subjects = {f.subject: f.level for f in found}
    assert (subjects["environment"], subjects["database"]) == ("wrong", "wrong")
    assert {"program", "disk", "data", "service", "worker", "SQLite"} <= subjects.keys()


def test_as_json(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GOLDEN_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.delenv("GOLDEN_DATA_DIR", raising=False)
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"level", "subject", "text"} == set(found[0])
    assert {f["level"] for f in found} <= {"ok", "note"}


def test_doctor_tells_what_is_in_force(golden: Server, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("GOLDEN_DATABASE_URL", sqlite_url(tmp_path / "doctor.db"))
    assert main(["doctor"]) == ExitCode.FAILED
    assert "golden db upgrade" in capsys.readouterr().out
    assert main(["db", "upgrade"]) == ExitCode.OK
    assert main(["db", "status"]) == ExitCode.OK
    assert main(["doctor"]) == ExitCode.OK
    assert TOKEN not in capsys.readouterr().out


def test_a_fresh_machine_has_nothing_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = examine(load({}), {})
    assert [f for f in found if f.level == "wrong"] == []
    (database,) = (f for f in found if f.subject == "database")
    assert database.level == "note" and "need none" in database.text
    assert not [f for f in found if f.text in {"None", "()", "True", "False"}]
    assert {f.text for f in found if f.subject in {"GOLDEN_TOKENS_FILE", "GOLDEN_WEBHOOKS_FILE"}} == {"not set"}
