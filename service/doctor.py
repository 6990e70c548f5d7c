"""`golden doctor`: what is in force, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any, Literal

from service.answers import VERSION
from service.client import Client, ClientError
from service.opening import opened
from service.settings import Settings, is_loopback, unknown_keys
from studies.errors import GoldenError
from studies.storage.migrate import require_current
from studies.storage.workers import list_workers


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["ok", "note", "wrong"]
    subject: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.level:5}  {self.subject}: {self.text}"


def examine(settings: Settings, environ: Mapping[str, str]) -> list[Finding]:
    """Look at everything; nothing found wrong stops the rest from being looked at."""
    return [
        Finding("ok", "program", f"golden-study {VERSION}, Python {sys.version.split()[0]}"),
        *_settings(settings, environ),
        _database(settings),
        _service(settings),
        _trainer(),
    ]


def _settings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(type(settings).model_fields):
        if name != "database_url":  # its password would show; `_database` shows it masked
            yield Finding("ok", f"GOLDEN_{name.upper()}", str(getattr(settings, name)))
    for line in unknown_keys(environ):
        yield Finding("wrong", "environment", line)
    if not is_loopback(settings.host):
        yield Finding("note", "network", "the service is reachable from elsewhere; put TLS in front of it")


def _database(settings: Settings) -> Finding:
    try:
        with opened(settings) as db:
            require_current(db)
            alive = sum(worker.alive for worker in list_workers(db))
            return Finding("ok", "database", f"{db.url_shown}, schema current, {alive} workers alive")
    except GoldenError as error:
        return Finding("wrong", "database", str(error))


def _service(settings: Settings) -> Finding:
    try:
        with Client(settings.base_url) as client:
            return Finding("ok", "service", f"{client.base_url} answers, version {client.version()['version']}")
    except ClientError as error:
        return Finding("note", "service", str(error))


def _trainer() -> Finding:
    if find_spec("torch") is None:
        return Finding("note", "worker", "torch is not installed, so no worker can run here; the service needs none")
    return Finding("ok", "worker", "torch is installed")
