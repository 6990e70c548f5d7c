"""Checks of `golden doctor` on this machine and in the database, one per function."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from service.door.caps import attainable_files, caps_for
from service.door.scopes import in_order
from service.door.tokens_file import keys_of, read
from service.door.watched import WatchedFileError
from service.formats import size
from service.settings import Settings
from service.webhooks.config import WebhooksFile
from studies.storage.engine import Database
from studies.storage.read_models import WorkerRow
from studies.storage.release import VERSION, in_force, work_together
from studies.storage.snapshot import clock, snapshot
from studies.storage.workers import list_workers

LOW_BYTES = 2 * 2**30  # of free disk
LOW_SHARE = 0.05
SKEW_SECONDS = 5.0
SAFE_SQLITE = (3, 51, 3)  # earlier ones may, very rarely, damage a WAL file that several connections use
DATA_FOLDERS = {  # data sets that lie in files, and where; the others are part of the program
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "kmnist": "KMNIST",
    "cifar10": "cifar-10-batches-py",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `wrong` makes the command fail, a `note` does not."""

    level: Literal["ok", "note", "wrong"]
    subject: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.level:5}  {self.subject}: {self.text}"


def look_at_workers(db: Database) -> Iterator[Finding]:
    """Workers alive, work that waits for them, and workers of another release."""
    alive = [worker for worker in list_workers(db) if worker.alive]
    waiting = snapshot(db).queue_depth
    if not alive and waiting:
        yield Finding("wrong", "workers", f"{waiting} trials wait and no worker is alive; start `golden-worker`")
    else:
        yield Finding("ok", "workers", f"{len(alive)} alive, {waiting} trials wait")
    yield from filter(None, map(_look_at_release, alive))


def _look_at_release(worker: WorkerRow) -> Finding | None:
    if worker.version == VERSION:
        return None
    text = f"{worker.name} runs version {worker.version}, this is {VERSION}"
    if work_together(worker.version, VERSION):
        return Finding("note", "workers", f"{text}; they work together, yet run one version everywhere")
    return Finding("wrong", "workers", f"{text}: it claims nothing; install {VERSION} there, or upgrade the service")


def look_at_release_in_force(db: Database) -> Finding:
    """The release that last migrated or served this database, against this one."""
    noted = in_force(db)
    if noted is None or work_together(noted, VERSION):
        return Finding("ok", "release", f"{noted or 'none yet'} is in force in this database")
    text = f"{noted} is in force in this database, this is {VERSION}: workers of {VERSION} claim nothing; restart the "
    return Finding("wrong", "release", text + "service with the release that is meant")


def look_at_clock(db: Database) -> Finding:
    """The difference between this machine's clock and the database's."""
    before = datetime.now(UTC)
    theirs = clock(db)
    off = abs((theirs - before).total_seconds())
    if off > SKEW_SECONDS:
        text = f"this machine and the database differ by {off:.0f} s: set both by NTP; leases are not affected"
        return Finding("wrong", "clock", text)
    return Finding("ok", "clock", "this machine and the database agree")


def look_at_sqlite(db: Database, *, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Iterator[Finding]:
    """The version of SQLite that Python brings: some damage a file that several processes write."""
    if db.kind != "sqlite":
        return
    shown = ".".join(map(str, version))
    if version < SAFE_SQLITE:
        yield Finding(
            "note",
            "SQLite",
            f"version {shown}: below 3.51.3 a file that several processes write may, very rarely, be damaged; "
            "keep backups, or use PostgreSQL for more than one machine's work",
        )
    else:
        yield Finding("ok", "SQLite", f"version {shown}")


def look_at_tokens(path: Path) -> Iterator[Finding]:
    """The tokens file: whether a service that reads it now would take it, whom it names, and who may read it."""
    try:
        entries = read(path)
        mode = path.stat().st_mode
    except (WatchedFileError, OSError) as error:
        text = f"{error}; a running service keeps the tokens that it last read, and a new one does not start"
        yield Finding("wrong", "tokens", text)
        return
    callers = ", ".join(f"{name} ({', '.join(in_order(entry.scopes))})" for name, entry in entries.items())
    yield Finding("ok", "tokens", f"{path} names {callers or 'nobody, so that only GOLDEN_TOKEN lets anybody in'}")
    over = [key.name for key in keys_of(entries) if not key.in_force]
    if over:
        yield Finding("note", "tokens", f"{', '.join(over)} expired; `golden token remove` removes a token")
    if mode & 0o007:
        text = f"every user of this machine may read {path}, and so could log in as its callers; chmod o= it"
        yield Finding("note", "tokens", text)


def look_at_webhooks(path: Path | None) -> Iterator[Finding]:
    """The file of webhooks, and whether others on this machine may read it; never a secret."""
    if path is None:
        return
    standing = WebhooksFile(path).look()
    if standing.problem:
        yield Finding("wrong", "webhooks", standing.problem)
        return
    named = ", ".join(f"{webhook.name} to {webhook.origin}" for webhook in standing.webhooks or ())
    yield Finding("ok", "webhooks", named or f"{path} names none")
    if path.stat().st_mode & stat.S_IROTH:
        yield Finding("note", "webhooks", f"{path} may be read by every user of this machine; chmod o= {path}")


def look_at_disk(folder: Path) -> Finding:
    """Free disk space at a folder."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    text = f"{size(usage.free)} free at {folder}"
    if is_low(usage.free, usage.total):
        return Finding("wrong", "disk", f"only {text}; make room before writes fail")
    return Finding("ok", "disk", text)


def is_low(free: int, total: int) -> bool:
    """True if a disk is about to be full. A small one, such as a container's tmpfs, is not low while it is empty."""
    return free < max(LOW_SHARE * total, min(LOW_BYTES, total // 4))


def look_at_file_limit(settings: Settings) -> Iterator[Finding]:
    """How many files a service that is started here may open, and the connections and streams that follow."""
    caps = caps_for(settings, attainable_files())
    yield Finding("ok", "connections", f"a service that is started here may have {caps}")
    yield from (Finding("note", "connections", line) for line in caps.warnings(settings))


def look_at_data(environ: Mapping[str, str]) -> Finding:
    """The data sets that a worker on this machine finds."""
    folder = Path(environ.get("GOLDEN_DATA_DIR") or "data")
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        text = f"{folder} is no folder that can be read; only data sets that come with the program can be used here"
        return Finding("wrong" if "GOLDEN_DATA_DIR" in environ else "note", "data", text)
    found = [name for name, place in DATA_FOLDERS.items() if (folder / place).is_dir()]
    missing = [name for name in DATA_FOLDERS if name not in found]
    text = f"{folder} has {', '.join(found) or 'no data set in files'}"
    return Finding("ok", "data", text + (f"; not {', '.join(missing)}" if missing else ""))


def storage_folder(db: Database) -> Path | None:
    """The folder of a SQLite file; None for a database that is not a file."""
    return None if db.file is None else Path(db.file.path).parent
