"""The tokens file: read strictly, written in one step, and holding no token."""

from __future__ import annotations

import os
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.door import tokens_file
from service.door.scopes import Scope, granted
from service.door.security import digest_of
from service.door.tokens_file import TokenExistsError, TokenNotFoundError, TokensFileError, keys_of, parse, read
from service.door.watched import WatchedFileError

DIGEST = digest_of("a-token-for-tests-0123456789")
SUBMIT = frozenset({Scope.SUBMIT})
HERE = Path("tokens.toml")


def entry(name: str = "alice", *, digest: str = DIGEST, scopes: str = '["submit"]', more: str = "") -> str:
    """The text of one token."""
    return f'[tokens.{name}]\nsha256 = "{digest}"\nscopes = {scopes}\n{more}\n'


def test_a_token_is_a_name_scopes_and_a_digest() -> None:
    (key,) = keys_of(parse(entry(digest=DIGEST.upper()), HERE))
    assert (key.name, key.scopes, key.digest, key.expires) == ("alice", granted(SUBMIT), DIGEST, None)
    assert parse("", HERE) == parse("[tokens]", HERE) == {}


@pytest.mark.parametrize("written", ["2027-01-01", "2027-01-01T00:00:00", "2027-01-01T01:00:00+01:00"])
def test_a_date_is_its_first_moment_in_utc(written: str) -> None:
    found = parse(entry(more=f"expires = {written}"), HERE)["alice"]
    assert found.expires == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[tokens", "is not well-formed TOML"),
        ("a." * 5000 + "a = 1", "unknown field 'a'"),
        ("[token.alice]", "unknown field 'token'"),
        ("tokens = 3", "`tokens` must be"),
        ("tokens.alice = 3", "tokens.alice must be a table"),
        (entry("Alice"), "'Alice' is no name"),
        (entry('"a b"'), "'a b' is no name"),
        (entry("token"), "'token' means something else"),
        (entry("local"), "'local' means something else"),
        (entry(digest="a-token-in-clear"), "tokens.alice.sha256: must be 64 hexadecimal digits"),
        (entry(scopes="[]"), "tokens.alice.scopes"),
        (entry(scopes='["write"]'), "must be one of read, submit, admin, work"),
        (entry(scopes='"submit"'), "tokens.alice.scopes"),
        ("[tokens.alice]\nscopes = ['read']", "tokens.alice.sha256: is missing"),
        (entry(more="expire = 2027-01-01"), "tokens.alice.expire: is unknown"),
        (entry(more='expires = "2027-01-01"'), "write a date without quotes"),
        (entry(more="expires = 20270101"), "tokens.alice.expires"),
        (entry() + entry("bob"), "tokens.alice and tokens.bob are one token"),
        (entry() + entry(), "is not well-formed TOML"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_file_and_field(text: str, named: str) -> None:
    with pytest.raises(TokensFileError) as refused:
        parse(text, HERE)
    message = str(refused.value)
    assert message.startswith("tokens.toml")
    assert named in message
    assert "\n" not in message
    assert DIGEST not in message
    assert "a-token-in-clear" not in message


def test_a_token_is_shown_once_and_kept_as_a_digest(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    until = datetime(2030, 5, 1, 12, tzinfo=UTC)
    token = tokens_file.add(path, "alice", frozenset({Scope.SUBMIT, Scope.WORK}), until)
    other = tokens_file.add(path, "bob", SUBMIT)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert token not in text
    assert tomllib.loads(text)["tokens"]["alice"] == {
        "sha256": digest_of(token),
        "scopes": ["submit", "work"],
        "expires": until,
    }
    assert [key.digest for key in keys_of(read(path))] == [digest_of(token), digest_of(other)]
    with pytest.raises(TokenExistsError, match="alice"):
        tokens_file.add(path, "alice", SUBMIT)
    tokens_file.remove(path, "alice")
    assert list(read(path)) == ["bob"]
    with pytest.raises(TokenNotFoundError, match="it has bob"):
        tokens_file.remove(path, "alice")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tokens.toml"]


def test_tokens_added_at_once_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    names = [f"caller-{n}" for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: tokens_file.add(path, name, SUBMIT), names))
    assert sorted(read(path)) == sorted(names)


def test_a_file_keeps_what_its_group_may_read_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "tokens.toml", tmp_path / "link"
    tokens_file.add(path, "alice", SUBMIT)
    path.chmod(0o664)
    link.symlink_to(path)
    tokens_file.add(link, "bob", SUBMIT)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(read(path)) == ["alice", "bob"]


def test_a_damaged_file_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text("[tokens")
    with pytest.raises(WatchedFileError, match="well-formed"):
        tokens_file.add(path, "alice", SUBMIT)
    assert path.read_text() == "[tokens"
    with pytest.raises(WatchedFileError, match="make the folder"):
        tokens_file.add(tmp_path / "no" / "tokens.toml", "alice", SUBMIT)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WatchedFileError, match="cannot be written"):
        tokens_file.add(tmp_path / "tokens.toml", "alice", SUBMIT)
