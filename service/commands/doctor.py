"""`golden doctor`: the settings in force, and checks of everything around them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from service.client import Client
from service.client_errors import ClientError
from service.commands.common import opened
from service.commands.doctor_checks import (
    Finding,
    look_at_clock,
    look_at_data,
    look_at_disk,
    look_at_file_limit,
    look_at_release_in_force,
    look_at_sqlite,
    look_at_tokens,
    look_at_webhooks,
    look_at_workers,
    storage_folder,
)
from service.export import parquet_installed
from service.settings import Settings, default_database_path, default_database_url, is_loopback, unknown_keys
from studies.errors import GoldenError
from studies.storage.migrate import require_current
from studies.storage.release import VERSION

NO_DATABASE = (
    "none is named in GOLDEN_DATABASE_URL, and none was made here; `golden run`, `locate`, `next` and `verdict --from` "
    "need none; for a service, `golden serve --migrate` makes one"
)


def examine(settings: Settings, environ: Mapping[str, str]) -> list[Finding]:
    """Run every check; a failed one does not stop the others."""
    return [
        Finding("ok", "program", f"golden-study {VERSION}, Python {sys.version.split()[0]}"),
        *_settings(settings, environ),
        *_database(settings),
        look_at_disk(Path.cwd()),
        *look_at_file_limit(settings),
        look_at_data(environ),
        *look_at_webhooks(settings.webhooks_file),
        _service(settings),
        _trainer(),
        _parquet(),
    ]


def _settings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(type(settings).model_fields):
        if name != "database_url":  # its password would show; `_database` shows it masked
            yield Finding("ok", f"GOLDEN_{name.upper()}", _shown(getattr(settings, name)))
    for line in unknown_keys(environ):
        yield Finding("wrong", "environment", line)
    if settings.tokens_file is not None:
        yield from look_at_tokens(settings.tokens_file)
    if not is_loopback(settings.host):
        yield Finding("note", "network", "the service is reachable from elsewhere; put TLS in front of it")


def _shown(value: object) -> str:
    if value is None or value == ():
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)


def _database(settings: Settings) -> Iterator[Finding]:
    named = settings.database_url.get_secret_value() != default_database_url()
    if not named and not default_database_path().exists():
        yield Finding("note", "database", NO_DATABASE)
        return
    try:
        with opened(settings) as db:
            yield from look_at_sqlite(db)
            if (folder := storage_folder(db)) is not None:
                yield look_at_disk(folder)
            require_current(db)
            yield Finding("ok", "database", f"{db.url_shown}, schema current")
            yield look_at_release_in_force(db)
            yield look_at_clock(db)
            yield from look_at_workers(db)
    except GoldenError as error:
        yield Finding("wrong", "database", str(error))


def _service(settings: Settings) -> Finding:
    try:
        with Client(settings.base_url) as client:
            theirs = client.version().version
            if theirs != VERSION:
                text = f"{client.base_url} runs version {theirs}, this is {VERSION}; run one version everywhere"
                return Finding("wrong", "service", text)
            return Finding("ok", "service", f"{client.base_url} answers, version {theirs}")
    except ClientError as error:
        return Finding("note", "service", str(error))


def _trainer() -> Finding:
    if find_spec("torch") is None:
        return Finding("note", "worker", "torch is not installed, so no worker can run here; the service needs none")
    return Finding("ok", "worker", "torch is installed")


def _parquet() -> Finding:
    if parquet_installed():
        return Finding("ok", "parquet", "pyarrow is installed, so runs can be exported as Parquet")
    text = "pyarrow is not installed, so a service here exports csv and json only; pip install 'golden-study[parquet]'"
    return Finding("note", "parquet", text)
