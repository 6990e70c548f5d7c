"""Files that commands read, which must be files, and write: whole or not at all."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from pathlib import Path
from typing import BinaryIO

from service.commands.common import UsageError
from studies.errors import GoldenError, cut

GZIP, GZIP_MAGIC = ".gz", b"\x1f\x8b"
PIECE = 2**20  # bytes read at a time
MOST_SHOWN = 200  # characters of a path in a message


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a file.

    Raises:
        UsageError: it cannot be read, it has more than `most` bytes, or it is no file: a pipe or a device may never
            end, or never begin.
    """
    content = None
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # waits for no writer of a pipe
            found = os.fstat(file.fileno())
            if stat.S_ISFIFO(found.st_mode) and path.is_relative_to(
                "/dev"
            ):  # `<(command)` of a shell: somebody writes it
                os.set_blocking(file.fileno(), True)
            elif not stat.S_ISREG(found.st_mode):
                raise UsageError(f"{shown_path(path)} is a pipe or a device; name a file")
            if found.st_size <= most:
                content = _at_most(file, most + 1)
    except OSError as error:
        raise UsageError(f"cannot read {shown_path(path)}: {error.strerror}") from None
    if content is None or len(content) > most:
        raise UsageError(f"{shown_path(path)} has more than {most:,} bytes; name a smaller file")
    return content


def unpacked(content: bytes, most: int) -> bytes:
    """The content of a gzip file, or what is none as it is.

    Raises:
        UsageError: it is damaged, or unpacks to more than `most` bytes.
    """
    if not content.startswith(GZIP_MAGIC):
        return content
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # with gzip's head and sum
    try:
        found = reader.decompress(content, most + 1)
    except zlib.error:
        raise UsageError("the file is a damaged gzip file; write it anew") from None
    if len(found) > most:
        raise UsageError(f"the file unpacks to more than {most:,} bytes; name a smaller one")
    if not reader.eof:
        raise UsageError("the file is a gzip file that ends too early; write it anew")
    return found


def _at_most(file: BinaryIO, most: int) -> bytes:
    """The bytes of a file up to so many; room is made for those that come only."""
    pieces = []
    while most and (piece := file.read(min(most, PIECE))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def shown_path(path: object) -> str:
    """A path in quotes as a message has it: on one line, and cut where it is long."""
    return f"'{cut(str(path), MOST_SHOWN)}'"


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all, packed where its name ends in .gz; an existing one only with `force`.

    Raises:
        GoldenError: it exists and `force` is not set, or it cannot be written; the message says which.
    """
    if path.exists() and not force:
        raise GoldenError(f"{path} exists; add --force to overwrite it")
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(gzip.compress(content, mtime=0) if path.suffix.lower() == GZIP else content)
        part.replace(path)
    except OSError as error:
        raise GoldenError(f"cannot write {str(path)!r}: {error.strerror}") from None
