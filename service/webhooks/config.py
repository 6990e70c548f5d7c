"""The webhooks that the operator wants: a TOML file, read again whenever it changes.

    [[webhooks]]
    name = "lab"
    url = "https://hooks.example.org/golden"
    secret_file = "lab.secret"            # beside this file; or: secret = "whsec_..."
    events = ["decided", "failed"]        # default: all of decided, completed, failed
    studies = ["mnist-*"]                 # default: every study; patterns as in a shell

Nothing that a request says becomes an address: whoever may write this file decides where notices go.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Self

import httpx2 as httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from service.door.watched import WatchedFileError, read_text
from studies.errors import GoldenError
from studies.language.validation import SLUG
from studies.records import NoticeEvent

MAX_BYTES = 64 * 1024
MAX_WEBHOOKS = 32
SECRET_PREFIX = "whsec_"
SECRET_BYTES = (24, 64)  # of the decoded key
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_MAKE_ONE = (
    "make one with python -c 'import base64, secrets; "
    'print("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())\''
)


class WebhooksError(GoldenError, ValueError):
    """The file of webhooks cannot be used; the message names the place and the cure, and never a secret."""


class Webhook(BaseModel):
    """One address and what is sent there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Annotated[str, Field(pattern=SLUG)]
    url: SecretStr  # some services put their credential into the path
    secret: SecretStr | None = None
    secret_file: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    events: Annotated[tuple[Annotated[NoticeEvent, Field(strict=False)], ...], Field(min_length=1, strict=False)] = (
        tuple(NoticeEvent)
    )
    studies: Annotated[tuple[str, ...], Field(min_length=1, max_length=100, strict=False)] = ("*",)

    @field_validator("url")
    @classmethod
    def _usable(cls, url: SecretStr) -> SecretStr:
        require_address(url.get_secret_value())
        return url

    @field_validator("secret")
    @classmethod
    def _strong(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            key_of(secret.get_secret_value())
        return secret

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("give either secret or secret_file")
        if self.secret_file is not None and SECRET_PREFIX in self.secret_file:
            raise ValueError("secret_file names a file; a secret itself is given as secret")
        return self

    @property
    def key(self) -> bytes:
        """The key that signs."""
        if self.secret is None:
            raise ValueError("the secret is in a file that was not read")
        return key_of(self.secret.get_secret_value())

    @property
    def origin(self) -> str:
        """Scheme, host and port: as much of the address as is shown."""
        url = httpx.URL(self.url.get_secret_value())
        host = f"[{url.host}]" if ":" in url.host else url.host
        return f"{url.scheme}://{host}" + (f":{url.port}" if url.port is not None else "")

    def wants(self, event: NoticeEvent, study: str) -> bool:
        """True if it is to hear of this event of this study."""
        return event in self.events and any(fnmatchcase(study, pattern) for pattern in self.studies)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    webhooks: Annotated[tuple[Webhook, ...], Field(max_length=MAX_WEBHOOKS, strict=False)] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [webhook.name for webhook in self.webhooks]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two webhooks are named {twice}; a name says which deliveries are whose")
        return self


def read_webhooks(path: Path) -> tuple[Webhook, ...]:
    """The webhooks in a file, each with its secret.

    Raises:
        WebhooksError: the file or a secret's file cannot be read, or says something that cannot be.
    """
    text = _text(path)
    try:
        found = _File.model_validate(tomllib.loads(text)).webhooks
    except tomllib.TOMLDecodeError as error:
        raise WebhooksError(f"{path}: is not TOML: {error}") from None
    except RecursionError:
        raise WebhooksError(f"{path}: is nested too deeply") from None
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False, include_input=False, include_context=False)
        raise WebhooksError(f"{path}: {_sentence(dict(first))}") from None
    return tuple(_with_secret(webhook, path) for webhook in found)


def require_address(text: str) -> httpx.URL:
    """An address that notices may be sent to, as far as its text can tell; `addresses` judges where it leads.

    Raises:
        ValueError: it is none; the message does not repeat it.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise ValueError("is no URL") from None
    if url.scheme not in {"http", "https"}:
        raise ValueError("must begin with https:// or http://")
    if not url.host:
        raise ValueError("names no host")
    if not _HOST.fullmatch(url.raw_host.decode("ascii")):
        raise ValueError("is no URL")
    if url.userinfo:
        raise ValueError("holds a user name or password; deliveries are signed with the secret instead")
    if url.fragment:
        raise ValueError("has a part behind #, which is never sent; leave it out")
    return url


def key_of(secret: str) -> bytes:
    """The key in a secret of the Standard Webhooks form.

    Raises:
        ValueError: it has another form; the message does not repeat it.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    least, most = SECRET_BYTES
    if not secret.startswith(SECRET_PREFIX) or not least <= len(key) <= most:
        raise ValueError(f"must be {SECRET_PREFIX} and {least} to {most} random bytes in base64; {_MAKE_ONE}")
    return key


def _with_secret(webhook: Webhook, path: Path) -> Webhook:
    if webhook.secret_file is None:
        return webhook
    file = path.parent / webhook.secret_file
    secret = _text(file, f" (secret_file of webhook {webhook.name})").strip()
    try:
        key_of(secret)
    except ValueError as error:
        raise WebhooksError(f"{file}: the secret of webhook {webhook.name} {error}") from None
    return webhook.model_copy(update={"secret": SecretStr(secret)})


def _text(path: Path, of: str = "") -> str:
    try:
        return read_text(path, most=MAX_BYTES)[0]
    except WatchedFileError as error:
        raise WebhooksError(f"{error}{of}") from None


def _sentence(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":  # the name, the only one with a pattern
        message = "must be made of a to z, 0 to 9 and -, at most 63 characters"
    if error["type"] == "extra_forbidden":
        message = "is no field of a webhook; it has name, url, secret, secret_file, events and studies"
    return f"{place}: {message[0].lower()}{message[1:]}" if place else message


@dataclass(frozen=True, slots=True)
class Standing:
    """The webhooks in force, and what is wrong with the file as it is now."""

    webhooks: tuple[Webhook, ...] | None  # None: the file was never usable
    problem: str  # "" where the file is in force as it is


class WebhooksFile:
    """The file, read again at each look; what was usable last stays in force while it is not.

    Args:
        path: the file; None: there are no webhooks.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._last: tuple[Webhook, ...] | None = None

    @property
    def configured(self) -> bool:
        """True if this service was given a file."""
        return self._path is not None

    def look(self) -> Standing:
        """The webhooks now."""
        if self._path is None:
            return Standing((), "")
        try:
            self._last = read_webhooks(self._path)
        except WebhooksError as error:
            return Standing(self._last, str(error))
        return Standing(self._last, "")
