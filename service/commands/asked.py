"""What the options of the present command line ask for, wherever in it they stand; and the settings with that."""

from __future__ import annotations

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


def begin() -> None:
    """A new command line, of which nothing is known yet."""
    _present.set(Asked())


def asked() -> Asked:
    """The options of the present command line."""
    try:
        return _present.get()
    except LookupError:  # a command that is called by itself, without a command line
        begin()
        return _present.get()


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
