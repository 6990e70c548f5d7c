"""Standard streams of a program that may be started anywhere, and its end in one line whatever happens to them.

A stream may be closed, full, a pipe that nobody reads, or in an encoding without Greek letters. None of these is a
traceback: characters that cannot be written are replaced, a failed write to standard output is an `OutputError`, a
failed write to standard error is lost.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, TextIO

from studies.errors import GoldenError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

REPLACING = "golden-study.replacing"  # name of the error handler, for any encoder
FAILED, INTERRUPTED = 1, 130  # exit codes
_PLAIN = {
    **{"α": "alpha", "η": "eta", "κ": "kappa", "σ": "sigma", "√": "sqrt", "²": "^2", "·": "*", "×": "x", "±": "+-"},
    **{"−": "-", "–": "-", "—": "-", "…": "...", "→": "->", "≤": "<=", "≥": ">=", "≈": "~", "’": "'", "✔": "+"},
    **{"✘": "x", "•": "*", "│": "|", "━": "-", "─": "-", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "\xa0": " "},
}


class OutputError(GoldenError, OSError):
    """Standard output cannot be written: it is closed, or its disk is full."""


class _Output(io.FileIO):
    """Standard output; a failed write is an `OutputError`, but for a pipe that nobody reads."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write to standard output: {error.strerror}") from None


class _ErrorOutput(io.FileIO):
    """Standard error; what cannot be written is lost, since nothing is left to report it on."""

    def write(self, data: ReadableBuffer, /) -> int:
        with contextlib.suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes


def settle() -> None:
    """Make the standard streams of this process safe to use. Streams that a caller has replaced are left alone."""
    codecs.register_error(REPLACING, _replaced)
    _fill_gaps()
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115 -- lives as long as we
    if sys.stdout is sys.__stdout__ and not _has_raw(sys.stdout, _Output):
        sys.stdout = sys.__stdout__ = _text(_Output(1, "w", closefd=False), sys.stdout)  # type: ignore[misc, assignment]
    if sys.stderr is sys.__stderr__ and not _has_raw(sys.stderr, _ErrorOutput):
        sys.stderr = sys.__stderr__ = _text(_ErrorOutput(2, "w", closefd=False), sys.stderr)  # type: ignore[misc, assignment]


def run_program(run: Callable[[], int], report: Callable[[str], object]) -> int:
    """Run a program on settled streams.

    Args:
        run: the program; returns its exit code.
        report: shows one line to whoever started it.

    Returns:
        The exit code: the program's own, 0 where nobody reads its output, 130 after an interrupt, 1 where the output
        or another file failed.
    """
    settle()
    try:
        return _flushed(run)
    except BrokenPipeError:
        drop_output()
        return 0
    except KeyboardInterrupt:
        report("interrupted")
        return INTERRUPTED
    except OSError as error:
        drop_output()
        report(f"error: {_sentence(error)}")
        return FAILED


def is_unicode(stream: IO[str]) -> bool:
    """True if every character can be written to a stream."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def spelled_out(text: str, stream: IO[str]) -> str:
    """The text in the characters that a stream has, so that a table is laid out in what is written in the end."""
    if is_unicode(stream):
        return text
    codecs.register_error(REPLACING, _replaced)
    encoding = str(getattr(stream, "encoding", "ascii"))
    return text.encode(encoding, REPLACING).decode(encoding)


def drop_output() -> None:
    """Let what standard output still holds go nowhere, so that the end of the process does not fail on it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flushed(run: Callable[[], int]) -> int:
    try:
        code = run()
    except SystemExit as ending:  # typer ends a closed pipe so, with the cause attached
        if isinstance(ending.__context__, BrokenPipeError):
            raise ending.__context__ from None
        sys.stdout.flush()
        raise
    sys.stdout.flush()
    return code


def _sentence(error: OSError) -> str:
    if error.filename is None:
        return str(error.strerror or error)
    return f"{str(error.filename)!r}: {error.strerror}"


def _fill_gaps() -> None:
    """Open the null device in place of closed streams, lest a file that is opened next gets their number.

    Closed standard output is replaced by one that refuses every write, as a closed one does.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)


def _text(raw: io.FileIO, before: TextIO | None) -> TextIO:
    encoding = "utf-8" if before is None else before.encoding
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors=REPLACING, line_buffering=raw.isatty() or raw.fileno() == 2
    )


def _has_raw(stream: TextIO | None, kind: type[io.FileIO]) -> bool:
    return isinstance(getattr(getattr(stream, "buffer", None), "raw", None), kind)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """Plain characters for those that an encoding has not: words for Greek letters, a question mark for the rest."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end
