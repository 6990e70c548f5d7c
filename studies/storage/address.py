"""Addresses of databases: parsed once, shown as the user wrote them, with every secret masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, unquote_plus

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo
from sqlalchemy.engine import URL, make_url

from studies.errors import DatabaseUrlError

Kind = Literal["sqlite", "postgresql"]
KINDS: dict[str, Kind] = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "postgresql+psycopg": "postgresql",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
}
MASK = "***"
# libpq's options that hold a secret: it says so of the first kind; the others are keys.
SECRET_OPTIONS = {o.keyword.decode() for o in Conninfo.get_defaults() if o.dispchar == b"*"} | {
    "password",
    "scram_client_key",
    "scram_server_key",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is.

    Attributes:
        url: parsed.
        shown: as the user wrote it, each secret replaced by `***`.
        secrets: in every form in which they could appear in a message.
    """

    kind: Kind
    url: URL
    shown: str
    secrets: tuple[str, ...]

    def mask(self, text: str) -> str:
        """A text without the secrets of this address."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text


def parse(written: str) -> Address:
    """The address that a URL names.

    Raises:
        DatabaseUrlError: the URL is malformed, names another kind of database, or can never work.
    """
    try:
        url = make_url(written)
        driver = url.drivername
    except (sa.exc.ArgumentError, ValueError):
        raise DatabaseUrlError(
            "the database URL is malformed; write postgresql://user:password@host/name or sqlite:///file.db"
        ) from None
    kind = KINDS.get(driver)
    if kind is None:
        raise DatabaseUrlError(f"the database URL begins with {driver}://; use postgresql:// or sqlite:///")
    if "\0" in written or "%00" in written:
        raise DatabaseUrlError("the database URL holds a NUL character; remove it")
    if kind == "sqlite":
        _check_sqlite(url, written)
        return Address(kind, url, written, ())
    address = Address(kind, url, _shown(written), _secrets(written, url))
    _check_postgresql(address)
    return address


def _check_sqlite(url: URL, written: str) -> None:
    path = url.database
    if url.host or not path or path == ":memory:" or path.startswith("file:"):
        raise DatabaseUrlError(
            "a SQLite URL must name a plain file, such as sqlite:///golden.db: workers and service share it"
        )
    if "?" in written:
        raise DatabaseUrlError(
            "a SQLite URL has no options: it must name a plain file, such as sqlite:///golden.db; write a question "
            "mark in a name as %3F"
        )


def _check_postgresql(address: Address) -> None:
    url = address.url
    if "@" in (url.host or ""):
        raise DatabaseUrlError("the database URL has more than one @; write an @ inside a password as %40")
    if url.port is not None and not 1 <= url.port <= 65_535:
        raise DatabaseUrlError(f"the database URL names port {url.port}; a port is a number from 1 to 65535")
    try:
        for host in (url.host or "").split(","):
            host.encode("idna")
    except UnicodeError:
        raise DatabaseUrlError("the host in the database URL cannot be a host's name; correct it") from None
    try:
        make_conninfo("", **{key: str(value) for key, value in url.query.items()})
    except psycopg.ProgrammingError as error:
        text = address.mask(str(error)).strip()
        raise DatabaseUrlError(f"the database URL has an option that PostgreSQL does not know: {text}") from None


def _shown(written: str) -> str:
    """The URL with its password, and the secret ones of its options, masked. Masks too much rather than too little."""
    scheme, _, rest = written.partition("://")
    main, mark, query = rest.partition("?")
    before, at, after = main.rpartition("@")
    user, colon, _ = before.partition(":")
    if colon:
        before = f"{user}:{MASK}"
    options = re.split("(&)", query)
    return f"{scheme}://{before}{at}{after}{mark}{''.join(map(_shown_option, options))}"


def _shown_option(text: str) -> str:
    key, equals, _ = text.partition("=")
    return f"{key}={MASK}" if equals and _is_secret(unquote_plus(key)) else text


def _is_secret(key: str) -> bool:
    return key.lower() in SECRET_OPTIONS


def _secrets(written: str, url: URL) -> tuple[str, ...]:
    main, _, query = written.partition("://")[2].partition("?")
    raw = main.rpartition("@")[0].partition(":")[2]
    found = {raw, unquote(raw), str(url.password or "")}
    for option in query.split("&"):
        key, _, value = option.partition("=")
        if _is_secret(unquote_plus(key)):
            found |= {value, unquote_plus(value)}
    found |= {value for key, value in parse_qsl(query, keep_blank_values=True) if _is_secret(key)}
    return tuple(sorted(found - {""}, key=len, reverse=True))
