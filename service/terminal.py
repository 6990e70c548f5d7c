"""The way to the terminal: whatever came from outside is shown, and nothing of it is obeyed.

Answers of a service, documents, names of files and workers, errors and the output of children may hold escape
sequences, carriage returns or text-direction overrides. All text of the command line leaves by a `SafeConsole`, by
`write_text` or by `SafeBytes`, which escape them (`studies.text`); colours are the consoles' own. Markup of rich and
names of emoji are plain text here, so that a title can neither set a link nor change a colour.
"""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from studies.standard_streams import is_unicode, spelled_out
from studies.text import LINE_FEED, TAB, UNSAFE, escaped_json, json_text, printable

KEPT = LINE_FEED + TAB


class SafeConsole(Console):
    """A console for text from anywhere. It honours NO_COLOR, and writes plain text where no terminal is attached."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """The text as rich measures and wraps it, escaped and spelled out before, so that tables stay in line."""
        return super().render_str(spelled_out(printable(text, keep=KEPT), self.file), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Every segment that is to be written, whatever it was made from; rich's own control segments pass."""
        for segment in super().render(renderable, options):
            if segment.control is None and UNSAFE.search(segment.text):
                yield Segment(printable(segment.text, keep=KEPT), segment.style)
            else:
                yield segment


def cell(text: str, style: str = "") -> Text:
    """A text from outside as the cell of a table, with a style of ours."""
    return Text(printable(text, keep=KEPT), style=style)


def write_text(text: str) -> None:
    """Text on standard output that is not wrapped or styled; in UTF-8 wherever no terminal is attached."""
    safe = printable(text.replace("\r\n", "\n"), keep=KEPT)
    if sys.stdout.isatty() or is_unicode(sys.stdout):
        sys.stdout.write(safe)
    else:  # a program reads it, such as a study that is written to a file
        sys.stdout.flush()
        sys.stdout.buffer.write(safe.encode())


def write_json(value: Any, *, indent: int | None = None) -> None:
    """One JSON value and a line end on standard output, whatever the terminal's width."""
    sys.stdout.write(json_text(value, indent=indent, ascii_only=not is_unicode(sys.stdout)) + "\n")


class SafeBytes(io.RawIOBase):
    """A binary stream for UTF-8 text that comes in pieces: escapes on the way to `target`, line ends of CSV kept.

    Closing it writes what is left and flushes the target, which stays open.

    Args:
        target: where the text goes.
        as_json: the text is JSON without line ends inside: escapes are JSON's own, so that it stays JSON.
    """

    def __init__(self, target: BinaryIO, *, as_json: bool = False) -> None:
        self._target = target
        self._as_json = as_json
        self._held = ""  # a carriage return whose line feed may come with the next piece
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, piece: Any) -> int:
        """Write a piece; a character or a line end may go on in the next one."""
        text = self._held + self._decoder.decode(piece)
        self._held = "\r" if text.endswith("\r") else ""
        self._put(text.removesuffix("\r"))
        return len(piece)

    def close(self) -> None:
        """Write what is left."""
        if not self.closed:
            self._put(self._held + self._decoder.decode(b"", final=True))
            self._target.flush()
        super().close()

    def _put(self, text: str) -> None:
        lines = (escaped_json(line) if self._as_json else printable(line, keep=KEPT) for line in text.split("\r\n"))
        self._target.write("\r\n".join(lines).encode("utf-8"))
