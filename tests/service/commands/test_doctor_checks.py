"""The checks of `golden doctor`, one by one: workers, releases, clock, SQLite, disk and data sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.commands import doctor_checks
from service.door import tokens_file
from service.door.scopes import Scope
from service.settings import load
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import release, studies, workers
from studies.storage.engine import Database, open_database

BASE = {"losses": ["golden"], "contexts": [{"dataset": "digits"}], "design": {"kind": "search", "trials": 4}}


def test_workers_of_another_version_are_named(database: Database) -> None:
    for pid, (name, version) in enumerate(
        {"old": "0.0.1", "patched": f"{doctor_checks.VERSION}1", "new": doctor_checks.VERSION}.items()
    ):
        workers.register(database, name=name, host="h", pid=pid, device="cpu", version=version)
    found = {f.text.split()[0]: f for f in doctor_checks.look_at_workers(database)}
    assert {name: finding.level for name, finding in found.items()} == {"3": "ok", "old": "wrong", "patched": "note"}
    assert "claims nothing" in found["old"].text
    assert "work together" in found["patched"].text


def test_a_database_that_another_release_serves(database: Database) -> None:
    assert doctor_checks.look_at_release_in_force(database).level == "ok"
    release.announce(database, "9.9.9")
    found = doctor_checks.look_at_release_in_force(database)
    assert found.level == "wrong"
    assert "9.9.9 is in force" in found.text


def test_work_without_workers_is_wrong(database: Database) -> None:
    assert [f.level for f in doctor_checks.look_at_workers(database)] == ["ok"]
    spec = parse({**BASE, "name": "waits"})
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    found = list(doctor_checks.look_at_workers(database))
    assert [f.level for f in found] == ["wrong"]
    assert "golden-worker" in found[0].text


@pytest.mark.parametrize(("version", "level"), [((3, 40, 1), "note"), ((3, 51, 2), "note"), ((3, 51, 3), "ok")])
def test_sqlite_versions(database: Database, version: tuple[int, ...], level: str) -> None:
    assert [f.level for f in doctor_checks.look_at_sqlite(database, version=version)] == [level]


def test_postgresql_is_no_matter_of_sqlite_versions(postgres_url: str) -> None:
    db = open_database(postgres_url)
    assert list(doctor_checks.look_at_sqlite(db, version=(3, 7, 0))) == []
    assert doctor_checks.storage_folder(db) is None
    assert doctor_checks.look_at_clock(db).level == "ok"
    db.dispose()


def test_a_clock_that_is_off(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_checks, "SKEW_SECONDS", -1.0)  # any difference is then too much
    assert doctor_checks.look_at_clock(database).level == "wrong"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(tmp_path) in doctor_checks.look_at_disk(tmp_path / "not" / "there").text
    monkeypatch.setattr(doctor_checks, "LOW_SHARE", 1.0)
    assert doctor_checks.look_at_disk(tmp_path).level == "wrong"


@pytest.mark.parametrize(
    ("free", "total", "low"),
    [(250, 256, False), (60, 256, True), (3_000, 40_000, False), (1_900, 40_000, True), (40_000, 2**20, True)],
)
def test_a_small_disk_is_low_once_it_is_used(free: int, total: int, low: bool) -> None:
    assert doctor_checks.is_low(free * 2**20, total * 2**20) == low


def test_data_sets(tmp_path: Path) -> None:
    assert doctor_checks.look_at_data({"GOLDEN_DATA_DIR": str(tmp_path / "none")}).level == "wrong"
    (tmp_path / "MNIST").mkdir()
    found = doctor_checks.look_at_data({"GOLDEN_DATA_DIR": str(tmp_path)})
    assert found.level == "ok"
    assert "has mnist;" in found.text


def test_webhooks_are_named_without_their_secret(tmp_path: Path) -> None:
    path = tmp_path / "webhooks.toml"
    assert list(doctor_checks.look_at_webhooks(None)) == []
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    path.write_text(f'[[webhooks]]\nname = "lab"\nurl = "https://hooks.example.org/key"\nsecret = "{secret}"\n')
    path.chmod(0o644)
    found = list(doctor_checks.look_at_webhooks(path))
    assert [(f.level, f.text) for f in found] == [
        ("ok", "lab to https://hooks.example.org"),
        ("note", f"{path} may be read by every user of this machine; chmod o= {path}"),
    ]
    path.chmod(0o600)
    assert len(list(doctor_checks.look_at_webhooks(path))) == 1
    path.write_text(f'[[webhooks]]\nname = "lab"\nurl = "https://h.example/key"\nsecret = "{secret}x"\n')
    (wrong,) = doctor_checks.look_at_webhooks(path)
    assert (wrong.level, "must be whsec_" in wrong.text, secret in wrong.text) == ("wrong", True, False)


def test_the_tokens_file_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"

    def found() -> list[tuple[str, str]]:
        return [(finding.level, finding.text) for finding in doctor_checks.look_at_tokens(path)]

    ((level, text),) = found()
    assert (level, "cannot be read" in text, "keeps the tokens" in text) == ("wrong", True, True)
    tokens_file.add(path, "alice", frozenset({Scope.SUBMIT}))
    assert found() == [("ok", f"{path} names alice (submit)")]
    path.chmod(0o644)
    old = f'[tokens.bob]\nsha256 = "{"a" * 64}"\nscopes = ["read"]\nexpires = 2020-01-01\n'
    path.write_text(path.read_text() + old)
    assert [level for level, _ in found()] == ["ok", "note", "note"]
    assert "bob expired" in found()[1][1]
    assert "every user of this machine" in found()[2][1]
    path.write_text("[tokens")
    assert [level for level, _ in found()] == ["wrong"]


def test_the_limit_of_open_files_and_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load({}, max_streams=1000)
    monkeypatch.setattr(doctor_checks, "attainable_files", lambda: 256)
    shown, *warned = doctor_checks.look_at_file_limit(settings)
    assert shown.text.startswith("a service that is started here may have 256 open files, so ")
    assert [(finding.level, finding.text.split()[0]) for finding in warned] == [
        ("note", "GOLDEN_MAX_STREAMS"),
        ("note", "256"),
    ]
