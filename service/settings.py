"""Settings of the service and of the command line: read once, from the environment and from secret files.

    GOLDEN_DATABASE_URL   where studies live (default: SQLite in ./data, if there, or in the XDG data home)
    GOLDEN_HOST, _PORT    where the service listens (default 127.0.0.1:8000)
    GOLDEN_TOKEN          token that may do everything; at least 16 characters
    GOLDEN_READ_TOKEN     token that may only look
    GOLDEN_TOKENS_FILE    file with the digests of named tokens, which `golden token` writes; beyond loopback the
                          service needs it or GOLDEN_TOKEN
    GOLDEN_ALLOWED_HOSTS  further names the service answers to, as a JSON list
    GOLDEN_LOG_FORMAT     console, json or auto (default: console on a terminal)
    GOLDEN_LOG_LEVEL      debug, info, warning or error (default info)
    GOLDEN_MAX_BODY_BYTES largest request body
    GOLDEN_WRITES_PER_MINUTE  submits and other changes that one caller may make; previews count apart
    GOLDEN_WORK_PER_MINUTE  leases, renewals and results of external trials that one caller may send
    GOLDEN_GUESSES_PER_MINUTE wrong tokens and login codes that one address may show
    GOLDEN_MAX_STREAMS    event streams open at once; at most half of the connections that the file limit allows
    GOLDEN_ACCESS_LOG     true: each request is logged, false: none (default: with JSON, a few of each kind)
    GOLDEN_POOL_SIZE      database connections
    GOLDEN_TICK_SECONDS   how often expired leases are reaped and sweeps moved to their next phase
    GOLDEN_WEBHOOKS_FILE  TOML file of webhooks, read again when it changes (`service.webhooks.config`)
    GOLDEN_WEBHOOK_ALLOW  networks beyond the internet that webhooks may reach, as a JSON list
    GOLDEN_SHOWCASE       1: also show the published results, read-only, below the user's own studies (default 0)
    GOLDEN_SERVER         where the command line finds the service (default http://<host>:<port>)

Every secret may come from a file instead: GOLDEN_TOKEN_FILE, GOLDEN_READ_TOKEN_FILE, GOLDEN_DATABASE_URL_FILE, or files
named like the variables in lower case in /run/secrets. The service reads files with tokens again when they change.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic_settings
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from studies import variables
from studies.errors import GoldenError
from studies.language.reading import MAX_BYTES
from studies.variables import PREFIX as PREFIX

MIN_TOKEN = 16  # characters
SECRETS = Path("/run/secrets")
TOKEN_SETTINGS = ("token", "read_token")
FILE_SETTINGS = (*TOKEN_SETTINGS, "database_url")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_EXAMPLES = {"allowed_hosts": "golden.example.org", "webhook_allow": "10.20.0.0/16"}  # of settings that are lists
MIN_DISTINCT = 6  # characters of a token that differ, well-known words left out
WEAK_WORDS = ("changeme", "password", "secret", "token", "test", "golden", "admin", "qwerty", "0123456789", "123456")


class SettingsError(GoldenError, ValueError):
    """A setting is missing, malformed or unsafe; the message names it and the cure."""


def _network(value: object) -> Network:
    try:
        return ipaddress.ip_network(str(value))
    except ValueError:
        raise ValueError(f"{str(value)[:80]!r} is no network; write it as 10.20.0.0/16 or fd00::/8") from None


def _without_credentials(url: str) -> str:
    """Refuse an address with a password in it: addresses are shown, in messages, logs and pages."""
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise ValueError("holds a user name or password; leave it out, and set GOLDEN_TOKEN")
    return url


class Settings(BaseSettings):
    """The settings in force. Built by `load`, which adds the `_FILE` variants and turns failures into one line."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: SecretStr = Field(default_factory=lambda: SecretStr(default_database_url()))
    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    token: SecretStr | None = None
    read_token: SecretStr | None = None
    token_file: Path | None = None
    read_token_file: Path | None = None
    tokens_file: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    log_format: Literal["auto", "console", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = MAX_BYTES
    writes_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    work_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] = 60_000  # hundreds of trainers share a token
    guesses_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 30
    max_streams: Annotated[int, Field(ge=1, le=1_900)] = 1000  # at most half of the connections
    access_log: bool | None = None
    pool_size: Annotated[int, Field(ge=1, le=100)] = 5
    tick_seconds: Annotated[float, Field(gt=0.0, le=3600.0)] = 2.0
    webhooks_file: Path | None = None
    webhook_allow: tuple[Annotated[Network, BeforeValidator(_network)], ...] = ()
    showcase: bool = False
    server: Annotated[str, Field(pattern=r"^https?://\S+$"), AfterValidator(_without_credentials)] | None = None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        for name, secret in (("token", self.token), ("read_token", self.read_token)):
            if secret is not None:
                require_strong(name, secret.get_secret_value())
        if self.token is None and self.tokens_file is None and self.read_token is not None:
            raise ValueError("GOLDEN_READ_TOKEN is set without GOLDEN_TOKEN; set both, or neither")
        if self.token is not None and self.read_token is not None and self.token == self.read_token:
            raise ValueError("GOLDEN_TOKEN and GOLDEN_READ_TOKEN are equal; give each its own value")
        if not self.guarded and not is_loopback(self.host):
            raise ValueError(
                f"GOLDEN_HOST is {self.host!r}, beyond loopback, and no GOLDEN_TOKEN is set; "
                "set one (python -c 'import secrets; print(secrets.token_urlsafe(32))') or listen on 127.0.0.1"
            )
        return self

    @property
    def guarded(self) -> bool:
        """True if the service asks its callers for a token."""
        return self.token is not None or self.tokens_file is not None

    @property
    def logs_access(self) -> bool:
        """True if requests are logged: all if that is set, else a few of each kind."""
        return self.log_format == "json" if self.access_log is None else self.access_log

    @property
    def base_url(self) -> str:
        """Address of the service, for clients on this machine unless `server` says otherwise."""
        if self.server is not None:
            return self.server.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from the environment, secret files and explicit overrides (those that are not None win).

    Raises:
        SettingsError: something is malformed or unsafe; the message names each setting.
    """
    env = os.environ if environ is None else environ
    given = {k: v for k, v in overrides.items() if v is not None}
    values = {**_secret_paths(given), **_from_files(env), **dict.fromkeys(_files_of(given)), **given}
    try:
        return Settings(_secrets_dir=SECRETS if SECRETS.is_dir() else None, **values)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(e)) for e in error.errors())) from None
    except pydantic_settings.SettingsError as error:  # a list that is not JSON; the message names its field
        field = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise SettingsError(
            f'{PREFIX}{field.upper()}: must be a JSON list, such as ["{_EXAMPLES.get(field)}"]'
        ) from None


def unknown_keys(environ: Mapping[str, str]) -> list[str]:
    """One line per GOLDEN_* variable that nothing reads, with the nearest name that something does."""
    return variables.unknown_keys(environ, own=own_variables())


def own_variables() -> set[str]:
    """Names of the variables that the service and the command line read."""
    return variables.variables_of(Settings) | {f"{PREFIX}{name.upper()}_FILE" for name in FILE_SETTINGS}


def is_loopback(host: str) -> bool:
    """True if only this machine can reach a server on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def default_database_url() -> str:
    """URL of `default_database_path`."""
    return sqlite_url(default_database_path())


def default_database_path() -> Path:
    """The SQLite file in ./data where that folder exists, or where there is no home; else in the XDG data home."""
    local = Path("data")
    home = _data_home()
    folder = local if home is None or os.path.isdir(local) else home / "golden-study"  # noqa: PTH112
    return (folder / "golden.db").absolute()


def sqlite_url(path: Path) -> str:
    """URL of an SQLite file, absolute, so that every process means the same file."""
    return f"sqlite:///{str(path.absolute()).replace('%', '%25').replace('?', '%3F')}"


def _data_home() -> Path | None:
    """The folder for data of this user; None for a user without a home."""
    if given := os.environ.get("XDG_DATA_HOME"):
        return Path(given)
    home = os.path.expanduser("~")  # noqa: PTH111 -- `Path.home` raises where there is none
    return None if home in ("~", "", "/") else Path(home) / ".local" / "share"


def require_strong(name: str, value: str) -> None:
    """Check that a token is hard to guess.

    Args:
        name: of the setting, in lower case and without its prefix.
        value: the token.

    Raises:
        ValueError: it is not; the message names the setting and the cure.
    """
    label = PREFIX + name.upper()
    if len(value) < MIN_TOKEN:
        raise ValueError(f"{label} has {len(value)} characters; use at least {MIN_TOKEN} random ones")
    if _is_guessable(value):
        raise ValueError(
            f"{label} repeats itself or is made of well-known words; use random characters "
            "(python -c 'import secrets; print(secrets.token_urlsafe(32))')"
        )
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError(f"{label} must be printable ASCII without spaces")


def _is_guessable(value: str) -> bool:
    """True for a token that is one piece over and over, or little but well-known words and a handful of characters."""
    left = value.lower()
    for word in WEAK_WORDS:
        left = left.replace(word, "")
    repeats = value in (value + value)[1:-1]
    return repeats or len(set(left)) < MIN_DISTINCT


def _secret_paths(given: Mapping[str, Any]) -> dict[str, Any]:
    """The files in /run/secrets that tokens are read from, since the service reads them again."""
    paths = {f"{name}_file": SECRETS / f"{PREFIX}{name}".lower() for name in TOKEN_SETTINGS}
    return {key: path for key, path in paths.items() if path.is_file() and not _is_set(key, given)}


def _is_set(key: str, given: Mapping[str, Any]) -> bool:
    name = key.removesuffix("_file")
    return name in given or PREFIX + name.upper() in os.environ


def _files_of(given: Mapping[str, Any]) -> list[str]:
    """Files that do not count, since their token is given by itself."""
    return [f"{name}_file" for name in TOKEN_SETTINGS if name in given]


def _from_files(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in FILE_SETTINGS:
        key = f"{PREFIX}{name.upper()}_FILE"
        if key not in environ:
            continue
        try:
            found[name] = Path(environ[key]).read_text("utf-8").strip()
            if name in TOKEN_SETTINGS:
                found[f"{name}_file"] = Path(environ[key])
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{key} names {environ[key]!r}, which cannot be read: {error}") from None
    return found


def _sentence(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] in ("bool_parsing", "bool_type"):
        message = "must be 1 or 0"
    if error["type"] == "string_pattern_mismatch":  # GOLDEN_SERVER, the only one with a pattern
        message = "must begin with http:// or https:// and hold no blanks"
    if not error["loc"]:
        return message
    return f"{PREFIX}{str(error['loc'][0]).upper()}: {message[0].lower()}{message[1:]}"
