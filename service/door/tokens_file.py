"""The file with named tokens (`GOLDEN_TOKENS_FILE`): TOML that holds digests, never a token.

[tokens.alice]
sha256 = "…"          # of the token; `golden token add alice --scope submit` makes both
scopes = ["submit"]
expires = 2027-01-01  # optional: from then on, in UTC, the token is refused
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from service.door.scopes import Scope, granted, in_order
from service.door.security import Key, digest_of
from service.door.watched import WatchedFileError, read_text
from studies.errors import GoldenError
from studies.language.validation import SLUG

NAME = re.compile(SLUG)
ADMIN_TOKEN, READ_TOKEN = "token", "read-token"  # names of GOLDEN_TOKEN and GOLDEN_READ_TOKEN
RESERVED = frozenset({ADMIN_TOKEN, READ_TOKEN, "local", "session", "system", "unknown"})  # in audit lists already
MAX_TOKENS = 1000
TOKEN_BYTES = 32
HEADER = "# Tokens by name, as digests. `golden token add | list | remove` writes this file; comments are not kept.\n"


class TokensFileError(WatchedFileError):
    """A tokens file is not acceptable; the message names the file, the field and the cure."""


class TokenExistsError(GoldenError, ValueError):
    """Another token has this name."""


class TokenNotFoundError(GoldenError, KeyError):
    """No token has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


class Entry(BaseModel):
    """One token of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$", repr=False)]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires: datetime | None = None

    @field_validator("expires", mode="before")
    @classmethod
    def _moment(cls, value: Any) -> Any:
        """A date begins at midnight, and a time without a zone is UTC."""
        if value is not None and not isinstance(value, date):
            raise ValueError("write a date without quotes, such as 2027-01-01")
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value

    def key(self, name: str) -> Key:
        """The entry as a key."""
        expires = None if self.expires is None else self.expires.timestamp()
        return Key(name, granted(self.scopes), self.sha256.lower(), expires)


Entries = Mapping[str, Entry]


def parse(text: str, path: Path) -> dict[str, Entry]:
    """The tokens of a file by name.

    Args:
        text: of the file.
        path: named in errors.

    Raises:
        TokensFileError: the text is not TOML, or has a field that is missing, unknown or not acceptable.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise TokensFileError(f"{path} is not well-formed TOML: {error}") from None
    tokens = document.pop("tokens", {})
    if document:
        raise TokensFileError(f"{path}: unknown field {next(iter(document))!r}; tokens are tables [tokens.<name>]")
    if not isinstance(tokens, dict) or len(tokens) > MAX_TOKENS:
        raise TokensFileError(f"{path}: `tokens` must be at most {MAX_TOKENS} tables [tokens.<name>]")
    entries = {name: _entry(name, fields, path) for name, fields in tokens.items()}
    _refuse_equal(entries, path)
    return entries


def keys_of(entries: Entries) -> tuple[Key, ...]:
    """The tokens of a file as keys."""
    return tuple(entry.key(name) for name, entry in entries.items())


def read(path: Path) -> dict[str, Entry]:
    """The tokens in a file by name.

    Raises:
        WatchedFileError: the file cannot be read or is not acceptable.
    """
    return parse(read_text(path)[0], path)


def add(path: Path, name: str, scopes: frozenset[Scope], expires: datetime | None = None) -> str:
    """Make a token, write its digest into the file, and return the token, which nothing keeps.

    Raises:
        TokenExistsError: a token has this name.
        TokensFileError: the name is not acceptable, or the file.
        WatchedFileError: the file cannot be read or written.
    """
    if problem := name_problem(name):
        raise TokensFileError(problem)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with _locked(path):
        entries = read(path) if path.exists() else {}
        if name in entries:
            raise TokenExistsError(f"{path} has a token named {name!r}; choose another name or remove that one first")
        entry = Entry(sha256=digest_of(token), scopes=scopes, expires=expires)
        _write(path, {**entries, name: entry})
    return token


def remove(path: Path, name: str) -> None:
    """Remove a token from the file; a running service refuses it within about a second, with all its sessions.

    Raises:
        TokenNotFoundError: no token has this name.
        WatchedFileError: the file cannot be read or written, or is not acceptable.
    """
    with _locked(path):
        entries = read(path)
        if name not in entries:
            there = ", ".join(sorted(entries)[:10]) or "none"
            raise TokenNotFoundError(f"{path} has no token named {name[:80]!r}; it has {there}")
        _write(path, {other: entry for other, entry in entries.items() if other != name})


def name_problem(name: str) -> str:
    """Why a token cannot have this name, one sentence; "" if it can."""
    if not NAME.fullmatch(name):
        return f"{name[:80]!r} is no name for a token: use 1 to 63 of a to z, 0 to 9 and hyphens, no hyphen at the ends"
    if name in RESERVED:
        return f"{name!r} means something else in audit lists; choose another name"
    return ""


def _entry(name: str, fields: Any, path: Path) -> Entry:
    if problem := name_problem(name):
        raise TokensFileError(f"{path}: {problem}")
    if not isinstance(fields, dict):
        raise TokensFileError(f"{path}: tokens.{name} must be a table with `sha256` and `scopes`")
    try:
        return Entry.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part)[:80] for part in ("tokens", name, *first["loc"]))
        raise TokensFileError(f"{path}: {place}: {_cure(first)}") from None


def _cure(error: Any) -> str:
    cures = {
        "missing": "is missing",
        "extra_forbidden": "is unknown; a token has `sha256`, `scopes` and perhaps `expires`",
        "string_pattern_mismatch": "must be 64 hexadecimal digits, the SHA-256 of the token, never the token itself",
        "enum": f"must be one of {', '.join(Scope)}",
    }
    return cures.get(error["type"], str(error["msg"]).removeprefix("Value error, "))


def _refuse_equal(entries: Entries, path: Path) -> None:
    names: dict[str, str] = {}
    for name, entry in entries.items():
        other = names.setdefault(entry.sha256.lower(), name)
        if other != name:
            raise TokensFileError(f"{path}: tokens.{other} and tokens.{name} are one token; give each its own")


def _text(entries: Entries) -> str:
    parts = [HEADER]
    for name, entry in entries.items():
        lines = [f"\n[tokens.{name}]", f'sha256 = "{entry.sha256}"', f"scopes = {json.dumps(in_order(entry.scopes))}"]
        if entry.expires is not None:
            lines.append(f"expires = {entry.expires.isoformat()}")
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one program at a time change the file; the lock lies on its folder, since the file itself is replaced."""
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise WatchedFileError(f"{path.parent} cannot be opened: {error.strerror}; make the folder first") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(path: Path, entries: Entries) -> None:
    """Replace the file in one step. It keeps its owner and what its group may read; others may do nothing."""
    target = path.resolve()  # a link stays a link
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_text(entries))
                _keep_access(target, file.fileno())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise WatchedFileError(f"{path} cannot be written: {error.strerror or error}") from None


def _keep_access(target: Path, descriptor: int) -> None:
    if not target.exists():
        return
    before = target.stat()
    if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, 0o600 | before.st_mode & 0o040)
