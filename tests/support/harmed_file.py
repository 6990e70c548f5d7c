"""A SQLite file that is broken while a database is open on it."""

from __future__ import annotations

from pathlib import Path

from studies.storage.patience import Patience

QUICK = Patience(change=0.3, lock=0.3, connect=2)
NOISE = bytes(range(1, 201)) * 2000


def overwrite(path: Path) -> None:
    """Write noise over the file."""
    with path.open("r+b") as file:
        file.write(NOISE)
