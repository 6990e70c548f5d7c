"""Files that commands write: whole or not at all."""

from __future__ import annotations

from pathlib import Path

from studies.errors import GoldenError


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
