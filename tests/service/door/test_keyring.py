"""The tokens in force: read again when their files change, kept while a file cannot be used, and never opened up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from captured_logs import captured_logs
from fastapi.testclient import TestClient
from loops import run_alone

from service.app import create_app
from service.door import keyring, tokens_file
from service.door.keyring import Keyring
from service.door.scopes import Scope
from service.door.security import COOKIE, digest_of, login_code
from service.settings import Settings, SettingsError, load
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
BASE = "http://127.0.0.1:8000"
SUBMIT, READ = frozenset({Scope.SUBMIT}), frozenset({Scope.READ})
ONE, TWO = "a-token-for-tests-0123456789", "another-token-for-tests-98765"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the tokens file lies."""
    return tmp_path / "tokens.toml"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request looks at the files."""
    monkeypatch.setattr(keyring, "LOOK_SECONDS", 0.0)


@pytest.fixture
def named(settings: Settings, database: Database, file: Path) -> Iterator[TestClient]:
    """An application whose only tokens are in the file, with alice's."""
    tokens_file.add(file, "alice", SUBMIT)
    guarded = settings.model_copy(update={"tokens_file": file})
    with TestClient(create_app(guarded, database), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


def status(client: TestClient, token: str) -> int:
    return int(client.get(STUDIES, headers=bearer(token)).status_code)


def test_tokens_come_and_go_while_the_service_runs(named: TestClient, file: Path) -> None:
    bob = tokens_file.add(file, "bob", READ)
    assert status(named, bob) == 200
    assert named.get("/api/v1/caller", headers=bearer(bob)).json() == {
        "name": "bob",
        "scopes": ["read"],
        "way": "token",
    }
    tokens_file.remove(file, "bob")
    assert status(named, bob) == 401


def test_sessions_and_codes_end_with_their_token(named: TestClient, file: Path) -> None:
    bob, carol = (tokens_file.add(file, name, READ) for name in ("bob", "carol"))
    cookies = []
    for token in (bob, carol):
        assert named.get("/login", params={"code": login_code(token)}, follow_redirects=False).status_code == 303
        cookies.append({"Cookie": f"{COOKIE}={named.cookies[COOKIE]}"})
        named.cookies.clear()
    assert [named.get("/api/v1/caller", headers=c).json()["name"] for c in cookies] == ["bob", "carol"]
    tokens_file.remove(file, "bob")
    assert [named.get(STUDIES, headers=c).status_code for c in cookies] == [401, 200]
    assert named.get("/login", params={"code": login_code(bob)}, follow_redirects=False).status_code == 401


@pytest.mark.parametrize("content", ["[tokens", "", "[tokens.alice]\nsha256 = 'x'\nscopes = []\n", None])
def test_a_damaged_file_opens_nothing_and_shuts_nobody_out(
    settings: Settings, database: Database, file: Path, content: str | None
) -> None:
    alice = tokens_file.add(file, "alice", SUBMIT)
    guarded = settings.model_copy(update={"tokens_file": file})
    with TestClient(create_app(guarded, database), base_url=BASE) as client, captured_logs() as logs:
        file.unlink() if content is None else file.write_text(content)
        kept = 401 if content == "" else 200  # an empty file is a good one: nobody is named in it
        for _ in range(3):
            assert status(client, alice) == kept
            assert client.get(STUDIES).status_code == 401
            assert client.get("/readyz").status_code == 200
        told = [entry for entry in logs if entry["event"] == "tokens stay as they were"]
        assert len(told) == (0 if content == "" else 1)
        file.unlink(missing_ok=True)
        tokens_file.add(file, "bob", READ)
        assert status(client, alice) == 401
    assert [entry["callers"] for entry in logs if "callers" in entry][-1] == "bob (read)"


def test_single_tokens_are_read_again_from_their_files(
    settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {name: tmp_path / name for name in ("token", "read_token")}
    for path, token in zip(paths.values(), (ONE, TWO), strict=True):
        path.write_text(token + "\n")
    environ = {f"GOLDEN_{name.upper()}_FILE": str(path) for name, path in paths.items()}
    url = settings.database_url.get_secret_value()
    with TestClient(create_app(load(environ, database_url=url, tick_seconds=3600.0), database)) as client:
        client.base_url = BASE  # type: ignore[assignment]
        names = [client.get("/api/v1/caller", headers=bearer(t)).json()["name"] for t in (ONE, TWO)]
        assert names == ["token", "read-token"]
        paths["read_token"].write_text("a-third-token-for-tests-24680")
        assert [status(client, t) for t in (ONE, TWO, "a-third-token-for-tests-24680")] == [200, 401, 200]
        paths["token"].write_text("weak")
        assert status(client, ONE) == 200, "a token that would be refused at a start changes nothing"
        paths["token"].write_text(paths["read_token"].read_text())
        assert status(client, ONE) == 200, "nor do two equal ones"


def test_a_secret_in_run_secrets_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.settings.SECRETS", tmp_path)
    monkeypatch.delenv("GOLDEN_TOKEN", raising=False)
    (tmp_path / "golden_token").write_text(ONE)
    settings = load({})
    assert settings.token_file == tmp_path / "golden_token"
    ring = Keyring(settings)
    assert [key.digest for key in ring.in_force()] == [digest_of(ONE)]
    (tmp_path / "golden_token").write_text(TWO)
    ring.look()
    assert [key.digest for key in ring.in_force()] == [digest_of(TWO)]
    assert load({}, token=TWO).token_file is None, "a token that is given by itself has no file"


def test_the_single_tokens_work_beside_the_file(settings: Settings, database: Database, file: Path) -> None:
    alice = tokens_file.add(file, "alice", SUBMIT)
    both = load(
        {},
        database_url=settings.database_url.get_secret_value(),
        token=ONE,
        read_token=TWO,
        tokens_file=file,
        tick_seconds=3600.0,
    )
    with TestClient(create_app(both, database), base_url=BASE) as client:
        assert [status(client, token) for token in (alice, ONE, TWO)] == [200] * 3


def test_a_start_is_refused_in_one_sentence(file: Path, tmp_path: Path) -> None:
    def refusal(**values: Any) -> str:
        with pytest.raises(SettingsError) as refused:
            Keyring(load({}, tokens_file=file, **values))
        return str(refused.value)

    assert "golden token add NAME --scope admin" in refusal()
    file.write_text("[tokens")
    assert "well-formed TOML" in refusal()
    file.write_text(f'[tokens.alice]\nsha256 = "{digest_of(ONE)}"\nscopes = ["submit"]\n')
    assert "GOLDEN_TOKEN and tokens.alice are one token" in refusal(token=ONE)


def test_files_are_looked_at_once_a_second_at_most(
    settings: Settings, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "LOOK_SECONDS", 1.0)
    tokens_file.add(file, "alice", SUBMIT)
    now, looks = [100.0], []
    ring = Keyring(settings.model_copy(update={"tokens_file": file}), clock=lambda: now[0])
    monkeypatch.setattr(ring, "look", lambda: looks.append(now[0]))
    for moment in (100.0, 100.9, 101.0, 101.5, 101.9, 102.1):
        now[0] = moment
        _refreshed(ring)
    assert looks == [101.0, 102.1]
    assert ring.guarded
    assert not Keyring(settings).guarded


def _refreshed(ring: Keyring) -> None:
    run_alone(ring.refresh())
