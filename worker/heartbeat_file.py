"""A file that a worker touches now and again, whatever the database does, so that a health check needs no port.

One file per device in a folder (`GOLDEN_HEARTBEAT_DIR`); the image's health check fails where one of them is old. A
recent file means that the process is alive, not that its database answers: an outage is no reason to restart a worker
that still holds results. A hung training is the watchdog's to end.
"""

from __future__ import annotations

import contextlib
from pathlib import Path


class HeartbeatFile:
    """The file of one worker process; without a folder every method does nothing."""

    def __init__(self, folder: Path | None, device: str) -> None:
        self._path = None if folder is None else folder / device.replace(":", "")

    def prepare(self) -> None:
        """Makes the folder and the file.

        Raises:
            ValueError: it cannot be made; one sentence names it.
        """
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
        except (OSError, ValueError) as error:
            folder = str(self._path.parent)[:200]
            raise ValueError(f"GOLDEN_HEARTBEAT_DIR names {folder!r}, where no file can be written: {error}") from None

    def touch(self) -> None:
        """Sets the file's time to now; an error of the disk is ignored, so that the training goes on."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.touch()

    def remove(self) -> None:
        """Removes the file: this worker ends in good order, and no health check shall find it old."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
