"""The tokens in force: those of the settings and of the tokens file, read again when their files change.

A service that is guarded at its start stays guarded: a file that is emptied, damaged or removed opens nothing. What was
in force stays in force while a file cannot be used.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import structlog

from service.door import tokens_file
from service.door.scopes import Scope, in_order
from service.door.security import Key
from service.door.tokens_file import ADMIN_TOKEN, READ_TOKEN
from service.door.watched import WatchedFile
from service.logs import hide
from service.settings import PREFIX, Settings, SettingsError, require_strong
from studies.errors import GoldenError

LOOK_SECONDS = 1.0  # at most once in this time are the files looked at
_log = structlog.get_logger(__name__)
Source = WatchedFile[tuple[Key, ...]]


class Keyring:
    """The tokens in force.

    Args:
        settings: the tokens, and the files that they come from.
        clock: seconds, monotonic.

    Raises:
        SettingsError: a file cannot be used, or two tokens are equal; the message is one line.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked = clock()
        try:
            self._fixed, self._files = _sources(settings)
        except GoldenError as error:
            raise SettingsError(str(error)) from None
        self._keys = self._joined()
        if problem := _equal_tokens(self._keys):
            raise SettingsError(problem)
        self._trouble = ""

    @property
    def guarded(self) -> bool:
        """True if a token is needed; decided by the settings, so that it never changes."""
        return bool(self._fixed or self._files)

    @property
    def trouble(self) -> str:
        """Why a file with tokens cannot be used at present, one sentence; "" if all can."""
        return self._trouble

    def in_force(self) -> Sequence[Key]:
        """The tokens in force."""
        return self._keys

    async def refresh(self) -> None:
        """Look at the files if that is due; what has changed is in force afterwards. Never raises."""
        if self._files and self._clock() - self._looked >= LOOK_SECONDS:
            self._looked = self._clock()
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Read the files that changed. A file that cannot be used changes nothing, and is logged once."""
        changed = [file.look() for file in self._files]  # every one of them
        if not any(changed):
            return
        keys = self._joined()
        trouble = "; ".join(file.trouble for file in self._files if file.trouble) or _equal_tokens(keys)
        if not _equal_tokens(keys):
            self._report(keys)
            self._keys = keys
        if trouble and trouble != self._trouble:
            _log.error("tokens stay as they were", reason=trouble)
        self._trouble = trouble

    def _joined(self) -> tuple[Key, ...]:
        return (*self._fixed, *(key for file in self._files for key in file.value))

    def _report(self, keys: Sequence[Key]) -> None:
        if tuple(keys) != self._keys:
            callers = [f"{key.name} ({', '.join(in_order(key.scopes))})" for key in keys]
            _log.info("tokens were read again", callers=", ".join(callers) or "none")


def _sources(settings: Settings) -> tuple[tuple[Key, ...], tuple[Source, ...]]:
    """The tokens that cannot change, and the files of those that can."""
    fixed: list[Key] = []
    files: list[Source] = []
    single = (
        ("token", ADMIN_TOKEN, Scope.ADMIN, settings.token, settings.token_file),
        ("read_token", READ_TOKEN, Scope.READ, settings.read_token, settings.read_token_file),
    )
    for setting, name, scope, secret, path in single:
        if secret is None:
            continue
        if path is not None and path.is_file():
            files.append(WatchedFile(path, _of_one(setting, name, scope)))
        else:  # from the environment, or from a pipe, which can be read only once
            fixed.append(Key.of_token(name, [scope], secret.get_secret_value()))
    if settings.tokens_file is not None:
        files.append(_named(settings.tokens_file))
    return tuple(fixed), tuple(files)


def _named(path: Path) -> Source:
    if not path.exists():
        cure = f"`golden token add NAME --scope admin` with {PREFIX}TOKENS_FILE set makes it"
        raise SettingsError(f"{PREFIX}TOKENS_FILE names {str(path)!r}, which does not exist; {cure}")
    return WatchedFile(path, lambda text: tokens_file.keys_of(tokens_file.parse(text, path)))


def _of_one(setting: str, name: str, scope: Scope) -> Callable[[str], tuple[Key, ...]]:
    def parse(text: str) -> tuple[Key, ...]:
        token = text.strip()
        try:
            require_strong(setting, token)
        except ValueError as error:
            raise SettingsError(str(error)) from None
        hide(token)
        return (Key.of_token(name, [scope], token),)

    return parse


def _equal_tokens(keys: Iterable[Key]) -> str:
    """A sentence about two tokens that are equal, so that their caller would have two names; "" if there are none."""
    names: dict[str, str] = {}
    for key in keys:
        other = names.setdefault(key.digest, key.name)
        if other != key.name:
            one, two = (_shown(name) for name in (other, key.name))
            return f"{one} and {two} are one token; give each its own"
    return ""


def _shown(name: str) -> str:
    settings = {ADMIN_TOKEN: f"{PREFIX}TOKEN", READ_TOKEN: f"{PREFIX}READ_TOKEN"}
    return settings.get(name, f"tokens.{name}")
