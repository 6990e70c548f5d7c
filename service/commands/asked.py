"""What the options of the present command line ask for, wherever in it they stand; and the settings with that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from service.settings import Settings, SettingsError, load


@dataclass(slots=True)
class Asked:
    """The options that all verbs share."""

    server: str | None = None  # URL of --server
    as_json: bool = False  # --json before the verb


_present: ContextVar[Asked] = ContextVar("asked")


@contextmanager
def command_line() -> Iterator[None]:
    """Inside, a new command line, of which nothing is known yet; afterwards none."""
    token = _present.set(Asked())
    try:
        yield
    finally:
        _present.reset(token)


def asked() -> Asked:
    """The options of the present command line."""
    try:
        return _present.get()
    except LookupError:  # a command that is called by itself, without a command line
        return Asked()


def settings(**overrides: Any) -> Settings:
    """The settings in force, with the service that --server names.

    Raises:
        SettingsError: as `service.settings.load`; a fault of --server is named so.
    """
    server = asked().server
    try:
        return load(server=server, **overrides)
    except SettingsError as error:
        if server is None:
            raise
        raise SettingsError(str(error).replace("GOLDEN_SERVER:", "--server:")) from None
