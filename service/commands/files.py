"""Files that commands read, which must be files, and write: whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from service.commands.common import UsageError
from studies.errors import GoldenError, cut

MOST_SHOWN = 200  # characters of a path in a message


def read_file(path: Path, most: int) -> bytes:
    """The first bytes of a file, one more than `most` where it has more.

    Raises:
        UsageError: it cannot be read, or it is no file: a pipe or a device may never end, or never begin.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # waits for no writer of a pipe
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISFIFO(mode) and path.is_relative_to("/dev"):  # `<(command)` of a shell: somebody writes it
                os.set_blocking(file.fileno(), True)
            elif not stat.S_ISREG(mode):
                raise UsageError(f"{shown_path(path)} is a pipe or a device; name a file")
            return file.read(most + 1)
    except OSError as error:
        raise UsageError(f"cannot read {shown_path(path)}: {error.strerror}") from None


def shown_path(path: object) -> str:
    """A path in quotes as a message has it: on one line, and cut where it is long."""
    return f"'{cut(str(path), MOST_SHOWN)}'"


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; an existing one only with `force`.

    Raises:
        GoldenError: it exists and `force` is not set, or it cannot be written; the message says which.
    """
    if path.exists() and not force:
        raise GoldenError(f"{path} exists; add --force to overwrite it")
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise GoldenError(f"cannot write {str(path)!r}: {error.strerror}") from None
