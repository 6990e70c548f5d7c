"""Output of a training: a log file with a bound, its last lines, and the JSON objects among its lines."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studies.text import printable

MOST_LOG = 1_000_000  # bytes of a log file; one older file of this size is kept beside it
MOST_TAIL = 16_384  # bytes of the output that are remembered
MOST_LINE = 65_536  # bytes of a line that may be a result
_NOT_FINITE = re.compile(rb"(?<=[:\s])[-+]?(?:nan|inf|infinity)(?=\s*[,}])", re.IGNORECASE)
SHOWN_LINES, SHOWN_TEXT = 20, 1_500  # lines and characters of the output in a failure


class RunLog:
    """The log of a run, a heading before each attempt.

    A log that cannot be written costs no training: the last lines are kept in memory anyway.

    Args:
        path: of the file; its folder is there.
        heading: a line that says which attempt follows.
    """

    def __init__(self, path: Path, heading: str) -> None:
        self._path = path
        self._tail = b""
        self._size = path.stat().st_size if path.exists() else 0
        self._write(f"--- {heading} ---\n".encode())

    def write(self, piece: bytes) -> None:
        """Add output."""
        self._tail = (self._tail + piece)[-MOST_TAIL:]
        self._write(piece)

    def last_lines(self, most_lines: int = SHOWN_LINES, most_text: int = SHOWN_TEXT) -> str:
        """The last lines, safe to be shown; "" where there was no output."""
        text = self._tail.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        lines = [line.rstrip() for line in text.split("\n") if line.strip()]
        return printable("\n".join(lines[-most_lines:])[-most_text:], keep="\n\t")

    def _write(self, piece: bytes) -> None:
        with contextlib.suppress(OSError):
            if self._size + len(piece) > MOST_LOG and self._size:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
                self._size = 0
            with self._path.open("ab") as file:
                file.write(piece[-MOST_LOG:])
            self._size += len(piece)


class Lines:
    """Lines of standard output, of which those that are JSON objects count.

    Args:
        on_object: called with each object.
    """

    def __init__(self, on_object: Callable[[Mapping[str, Any]], object]) -> None:
        self._on_object = on_object
        self._rest = b""
        self._too_long = False

    def feed(self, piece: bytes) -> None:
        """Take output as it comes."""
        *whole, rest = (self._rest + piece).split(b"\n")
        for line in whole:
            if not self._too_long:
                self._line(line)
            self._too_long = False
        self._too_long = self._too_long or len(rest) > MOST_LINE
        self._rest = b"" if self._too_long else rest

    def end(self) -> None:
        """There is no more: what has no line end counts as a line."""
        self.feed(b"\n")

    def _line(self, line: bytes) -> None:
        found = json_object(line.rstrip().rpartition(b"\r")[2].strip())  # a progress bar before it is overwritten
        if found is not None:
            self._on_object(found)


def json_object(text: bytes) -> Mapping[str, Any] | None:
    """The JSON object that a text is; None for any other text.

    What Python and C write for numbers that are not finite (NaN, Infinity, nan, -inf) counts as such numbers.
    """
    if not (text.startswith(b"{") and text.endswith(b"}")) or len(text) > MOST_LINE:
        return None
    found = _parsed(text)
    return _parsed(_NOT_FINITE.sub(rb"NaN", text)) if found is None else found


def _parsed(text: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
