"""A disk so small that it fills up: a file system of its own, filled by a file beside what is tested."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PIECE = b"\0" * 65_536


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> int:
        """Take all that is left, to the last block; how many bytes were taken this time."""
        before = self._ballast.stat().st_size if self._ballast.exists() else 0
        with self._ballast.open("ab", buffering=0) as file:
            for piece in (PIECE, PIECE[:4096], PIECE[:1]):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(piece)
        return self._ballast.stat().st_size - before

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    def left(self) -> int:
        """Bytes that can still be written."""
        return shutil.disk_usage(self.folder).free


def why_no_disk() -> str:
    """Why no disk can be mounted here, "" if one can."""
    if os.geteuid() != 0:
        return "mounting a small disk needs root"
    try:
        with small_disk(1):
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no tmpfs can be mounted here: {error}"


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """A disk of that size, gone afterwards.

    Raises:
        OSError, CalledProcessError: it cannot be mounted.
    """
    folder = Path(tempfile.mkdtemp(prefix="golden-disk-", dir="/tmp"))
    try:
        options = f"size={megabytes}m,mode=755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "golden-test", folder], check=True, capture_output=True)
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
    finally:
        folder.rmdir()
