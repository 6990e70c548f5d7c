"""`golden token add | list | remove` and `golden whoami`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden_cli import Server, as_json

from service.cli import main
from service.client_errors import ExitCode
from service.door.security import digest_of
from service.door.tokens_file import read


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tokens file that the settings name."""
    path = tmp_path / "tokens.toml"
    monkeypatch.setenv("GOLDEN_TOKENS_FILE", str(path))
    return path


def test_a_token_is_alone_on_standard_output_and_is_listed_without_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", "add", "alice", "--scope", "submit", "--expires", "2099-01-01"]) == ExitCode.OK
    shown = capsys.readouterr()
    token = shown.out.strip()
    assert len(token) == 43
    assert read(file)["alice"].sha256 == digest_of(token)
    assert main(["token", "add", "node-1", "--scope", "work", "--scope", "read", "--json"]) == ExitCode.OK
    made = json.loads(capsys.readouterr().out)
    assert (made["name"], made["scopes"], made["expires"], len(made["token"])) == ("node-1", ["read", "work"], None, 43)
    assert main(["token", "list"]) == ExitCode.OK
    listed = capsys.readouterr().out
    assert "alice" in listed
    assert "2099-01-01 00:00" in listed
    assert token not in listed
    assert digest_of(token) not in listed
    assert [row["name"] for row in as_json(capsys, "token", "list")] == ["alice", "node-1"]
    assert main(["token", "remove", "alice"]) == ExitCode.OK
    assert list(read(file)) == ["node-1"]


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["add", "alice", "--scope", "read"], ExitCode.CONFLICT, "has a token named 'alice'"),
        (["add", "Alice", "--scope", "read"], ExitCode.USAGE, "is no name for a token"),
        (["add", "token", "--scope", "read"], ExitCode.USAGE, "means something else"),
        (["add", "bob", "--scope", "read", "--expires", "soon"], ExitCode.USAGE, "is no date"),
        (["add", "bob", "--scope", "read", "--expires", "2020-01-01"], ExitCode.USAGE, "has passed already"),
        (["add", "bob", "--scope", "write"], ExitCode.USAGE, "write"),
        (["add", "bob"], ExitCode.USAGE, "scope"),
        (["remove", "bob"], ExitCode.NOT_FOUND, "has no token named 'bob'; it has alice"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    file: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: ExitCode, text: str
) -> None:
    assert main(["token", "add", "alice", "--scope", "admin"]) == ExitCode.OK
    before = file.read_bytes()
    capsys.readouterr()
    assert main(["token", *arguments]) == code
    assert text in capsys.readouterr().err
    assert file.read_bytes() == before


def test_the_file_must_be_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GOLDEN_TOKENS_FILE", raising=False)
    assert main(["token", "list"]) == ExitCode.USAGE
    assert "GOLDEN_TOKENS_FILE" in capsys.readouterr().err


def test_a_missing_or_damaged_file_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "list"]) == ExitCode.USAGE
    assert f"{file} cannot be read: No such file" in capsys.readouterr().err
    file.write_text("[tokens")
    assert main(["token", "remove", "a"]) == ExitCode.USAGE
    assert "is not well-formed TOML" in capsys.readouterr().err


@pytest.mark.usefixtures("golden")
def test_whoami(golden: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whoami"]) == ExitCode.OK
    assert capsys.readouterr().out == "token: read, submit, admin, work (by token)\n"
    assert as_json(capsys, "whoami")["name"] == "token"
