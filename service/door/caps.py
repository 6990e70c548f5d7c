"""How many files this process may open, and how many connections and event streams follow from that.

A connection costs a file. Where a process runs out of files, it can accept no connection, open no database and write no
log; so the service takes fewer connections than it may open files. The usual limit of a shell or of a systemd unit is
1,024 with a hard limit far above, up to which a process may raise it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from service.settings import Settings

resource: Any = import_module("resource") if find_spec("resource") else None  # Windows has no such limit
WANTED_FILES = 8192  # below what macOS grants
MAX_CONNECTIONS = 4000
MIN_CONNECTIONS = 16  # however few files there are
MAX_WAITING = 1000  # callers that wait for a trial
LOW_CONNECTIONS = 256  # a lab's dashboards need about as many
OWN_FILES = 32  # listener, log, event loop, libraries
SPARE_FILES = 64  # connections that are about to be refused, exports, look-ups
FILES_PER_CONNECTION = {"sqlite": 3, "postgresql": 1}  # of the database: the file, its log and its index
OPEN_FILES = Path("/dev/fd")
RAISE_IT = "raise the hard limit (`ulimit -Hn`, systemd: LimitNOFILE, Compose: ulimits.nofile)"


@dataclass(frozen=True, slots=True)
class Caps:
    """How much the service takes at once.

    Attributes:
        connections: in all.
        anonymous: of these, connections that have shown no credential yet.
        streams: event streams, at most half of the connections.
        files: open files that the process may have; None where there is no limit.
    """

    connections: int
    anonymous: int
    streams: int
    files: int | None = None

    @property
    def waiting(self) -> int:
        """Callers that may wait for a trial at once; with the event streams they leave a quarter of the connections."""
        return min(MAX_WAITING, self.connections // 4)

    def warnings(self, settings: Settings) -> list[str]:
        """One sentence for each cap that is lower than it should be."""
        found = []
        if "max_streams" in settings.model_fields_set and settings.max_streams > self.streams:
            allowed = f"{self.files:,} open files allow {self.streams:,} event streams"
            found.append(f"GOLDEN_MAX_STREAMS is {settings.max_streams:,}, but {allowed}: {RAISE_IT}, or lower it")
        if self.connections < LOW_CONNECTIONS:
            found.append(f"{self.files:,} open files allow only {self.connections:,} connections: {RAISE_IT}")
        return found

    def __str__(self) -> str:
        files = "any number of" if self.files is None else f"{self.files:,}"
        return (
            f"{files} open files, so {self.connections:,} connections, {self.anonymous:,} of them without a credential "
            f"so far, and {self.streams:,} event streams"
        )


def attainable_files() -> int | None:
    """The number of files that a process started here may open once it has raised its limit; None for no limit."""
    if resource is None:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    return int(most) if soft == resource.RLIM_INFINITY else max(int(soft), int(most))


def raise_file_limit() -> int | None:
    """Raise this process's limit of open files as far as it may and is of use; return the one in force, None for none.

    Where that is refused, the present limit stays.
    """
    if resource is None:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = attainable_files()
    if wanted is not None and soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # a sandbox may forbid it
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else int(soft)


def caps_for(settings: Settings, files: int | None) -> Caps:
    """The caps that so many open files allow.

    Args:
        settings: name the event streams that are wanted and the size of the database's pool.
        files: that the process may open; None for no limit.
    """
    connections = MAX_CONNECTIONS
    if files is not None:
        kind = "sqlite" if settings.database_url.get_secret_value().startswith("sqlite") else "postgresql"
        database = 4 * settings.pool_size * FILES_PER_CONNECTION[kind]  # twice as many as a full pool has
        left = files - database - max(OWN_FILES, _open_files()) - SPARE_FILES
        connections = min(MAX_CONNECTIONS, max(MIN_CONNECTIONS, left))
    return Caps(
        connections=connections,
        anonymous=max(MIN_CONNECTIONS // 2, connections // 4),
        streams=min(settings.max_streams, connections // 2),
        files=files,
    )


def _open_files() -> int:
    return len(list(OPEN_FILES.iterdir())) if OPEN_FILES.is_dir() else 0
