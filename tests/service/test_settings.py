"""Settings: where they come from, and what is refused."""

from __future__ import annotations

import random
import string
from pathlib import Path
from typing import Any

import pytest

from service.settings import SettingsError, default_database_path, default_database_url, load, unknown_keys

GOOD = "k3J-abcdefghijklmnop"


def test_defaults_serve_this_machine_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    settings = load({})
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8000, None)
    assert default_database_url() == f"sqlite:///{tmp_path}/xdg/golden-study/golden.db"
    (tmp_path / "data").mkdir()
    assert default_database_url() == f"sqlite:///{tmp_path}/data/golden.db"


def test_environment_and_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_PORT", "9000")
    assert load({}).port == 9000
    assert load({}, port=9001).port == 9001


def test_secrets_come_from_files(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(GOOD + "\n")
    settings = load({"GOLDEN_TOKEN_FILE": str(path)}, host="0.0.0.0")
    assert settings.token is not None
    assert settings.token.get_secret_value() == GOOD
    assert GOOD not in repr(settings)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"host": "0.0.0.0"}, "GOLDEN_TOKEN"),
        ({"host": "example.org"}, "GOLDEN_TOKEN"),
        ({"token": ""}, "GOLDEN_TOKEN"),
        ({"token": "short"}, "GOLDEN_TOKEN"),
        ({"token": "with spaces in it and more"}, "GOLDEN_TOKEN"),
        ({"token": "changemechangeme"}, "GOLDEN_TOKEN repeats itself or is made of well-known words; use random"),
        ({"token": "ChangeMe-ChangeMe-1"}, "GOLDEN_TOKEN repeats itself"),
        ({"token": "password12345678"}, "GOLDEN_TOKEN repeats itself"),
        ({"token": "a" * 16}, "GOLDEN_TOKEN repeats itself"),
        ({"token": "abcabdabcabdabca"}, "GOLDEN_TOKEN repeats itself"),
        ({"token": "k3J-abcd9.k3J-abcd9."}, "GOLDEN_TOKEN repeats itself"),
        ({"token": GOOD, "read_token": "goldengoldengolden"}, "GOLDEN_READ_TOKEN repeats itself"),
        ({"token": "x" * 20 + "\u00e9"}, "GOLDEN_TOKEN"),
        ({"read_token": GOOD}, "GOLDEN_READ_TOKEN"),
        ({"token": GOOD, "read_token": GOOD}, "GOLDEN_READ_TOKEN"),
        ({"port": "99999"}, "GOLDEN_PORT"),
        ({"showcase": "perhaps"}, "GOLDEN_SHOWCASE: must be 1 or 0"),
        ({"port": "1e3"}, "GOLDEN_PORT"),
        ({"port": ""}, "GOLDEN_PORT"),
        ({"pool_size": "-1"}, "GOLDEN_POOL_SIZE"),
        ({"log_format": "xml"}, "GOLDEN_LOG_FORMAT"),
        ({"server": "ftp://x"}, "GOLDEN_SERVER: must begin with http:// or https://"),
        ({"server": "http://me:secret@x"}, "GOLDEN_SERVER: holds a user name or password; leave it out"),
    ],
)
def test_bad_settings_are_named(values: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load({}, **values)


def test_random_tokens_are_taken() -> None:
    """Whatever alphabet they are made of, and those that look like the ones in use."""
    draw = random.Random(7)
    alphabets = ("0123456789abcdef", string.ascii_letters, string.digits + string.ascii_letters + "-_")
    tokens = ["".join(draw.choices(alphabet, k=48)) for alphabet in alphabets for _ in range(200)]
    for token in [*tokens, "a-token-for-tests-0123456789", "canary-7f3a91c4d2e85b60"]:
        assert load({}, token=token).token is not None


def test_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GOLDEN_TOKEN_FILE"):
        load({"GOLDEN_TOKEN_FILE": str(tmp_path / "none")})


def test_misspelt_keys_are_reported_with_the_nearest_name() -> None:
    lines = unknown_keys({"GOLDEN_TOKN": "x", "GOLDEN_DEVICE": "cpu", "GOLDEN_TOKEN_FILE": "/x", "PATH": "/bin"})
    assert lines == ["GOLDEN_TOKN is set but nothing reads it; did you mean GOLDEN_TOKEN?"]


def test_the_default_database_needs_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("XDG_DATA_HOME", ""), ("HOME", "")):
        monkeypatch.setenv(name, value)
    assert default_database_path() == Path("data/golden.db").absolute()
    monkeypatch.setenv("HOME", "/home/x")
    assert default_database_path() == Path("/home/x/.local/share/golden-study/golden.db")
    monkeypatch.setenv("XDG_DATA_HOME", "/d")
    assert default_database_path() == Path("/d/golden-study/golden.db")
    (tmp_path / "data").mkdir()
    assert default_database_path() == Path("data/golden.db").absolute()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GOLDEN_WEBHOOK_ALLOW", "10.0.0.0/8", 'must be a JSON list, such as ["10.20.0.0/16"]'),
        ("GOLDEN_WEBHOOK_ALLOW", '["10.1.2.3/8"]', "'10.1.2.3/8' is no network"),
        ("GOLDEN_WEBHOOK_ALLOW", '["nonsense"]', "'nonsense' is no network"),
        ("GOLDEN_WEBHOOK_ALLOW", "[[", "must be a JSON list"),
        ("GOLDEN_ALLOWED_HOSTS", "golden.example.org", 'must be a JSON list, such as ["golden.example.org"]'),
    ],
)
def test_a_list_that_is_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value).startswith(f"{name}: ")
    assert says in str(refused.value)
    assert str(refused.value).count(name) == 1
