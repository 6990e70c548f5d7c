"""A limit on the log: a process writes fewer than 100 lines a minute, whatever happens to it.

Messages are counted by kind: their logger, their level and their text without numbers. The first message of a kind is
always written, and of a kind that was silent for a minute at least the first line. Repetitions share a budget of lines,
of which one kind may use a part, so that a noisy kind takes no line from another. What is left out is counted, and the
counts are written once a minute and at the end. A traceback costs as many lines as it has; it is shortened where the
budget has fewer.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

MINUTE = 60.0
KIND_BURST, KIND_LINES = 6.0, 3.0  # repetitions of one kind: at once, and again each minute
SHARED_BURST, SHARED_LINES = 35.0, 20.0  # all kinds together: likewise
KEPT_FREE = 15.0  # of these for first messages, which may have tracebacks
FIRST_BURST, FIRST_LINES = 8.0, 8.0  # kinds that were silent for a minute, while the shared budget is spent: likewise
COUNTS = 5  # lines a minute that say how much was left out
MAX_KINDS = 64  # told apart; further ones count as one
OTHER = "other messages"
_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+")


@dataclass(slots=True)
class _Budget:
    """Lines that may be written: some at once, and so many more each minute."""

    burst: float
    per_minute: float
    left: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.left = self.burst

    def room(self, now: float) -> float:
        passed = 0.0 if self.at is None else now - self.at
        self.left = min(self.burst, self.left + passed * self.per_minute / MINUTE)
        self.at = now
        return self.left


@dataclass(slots=True)
class _Kind:
    budget: _Budget = field(default_factory=lambda: _Budget(KIND_BURST, KIND_LINES))
    written: float | None = None  # when; None: never
    left_out: int = 0


class Throttle:
    """Decides how many lines of a message are written.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, _Kind] = {}
        self._shared = _Budget(SHARED_BURST, SHARED_LINES)
        self._firsts = _Budget(FIRST_BURST, FIRST_LINES)

    def admit(self, kind: str, lines: Callable[[], int]) -> int:
        """The number of lines of a message that may be written; 0 for a message that is left out, and counted.

        Args:
            kind: of the message.
            lines: gives the lines that it has; called only if some may be written, since a storm should cost little.
        """
        with self._lock:
            found = self._kinds.get(kind) or self._new(kind)
            now = self._clock()
            allowed = self._first(found, now, lines) if _is_first(found, now) else self._further(found, now, lines)
            if allowed:
                found.written = now
            else:
                found.left_out += 1
            return allowed

    def left_out(self) -> list[tuple[str, int]]:
        """Kinds and numbers of the messages that were left out since the last call, the most frequent first."""
        with self._lock:
            found = [(name, kind.left_out) for name, kind in self._kinds.items() if kind.left_out]
            for kind in self._kinds.values():
                kind.left_out = 0
        return sorted(found, key=lambda pair: -pair[1])

    def _new(self, kind: str) -> _Kind:
        return self._kinds.setdefault(kind if len(self._kinds) < MAX_KINDS else OTHER, _Kind())

    def _first(self, kind: _Kind, now: float, lines: Callable[[], int]) -> int:
        wanted, room = lines(), int(self._shared.room(now))
        if room >= min(wanted, 3):
            allowed = min(wanted, room)
            self._shared.left -= allowed
            return allowed
        if kind.written is None or self._firsts.room(now) >= 1.0:
            self._firsts.left -= 1.0
            return 1
        return 0

    def _further(self, kind: _Kind, now: float, lines: Callable[[], int]) -> int:
        room = min(kind.budget.room(now), self._shared.room(now) - KEPT_FREE)
        if room < 1.0 or room < (wanted := lines()):
            return 0
        kind.budget.left -= wanted
        self._shared.left -= wanted
        return wanted


class ThrottledHandler(logging.StreamHandler[TextIO]):
    """A handler that writes to a stream what the throttle admits, and once a minute how much it left out.

    Args:
        stream: takes the lines.
        exempt: true for records that are always written, such as those of a start and a stop.
        throttle: decides about the others.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        exempt: Callable[[logging.LogRecord], bool] = lambda _: False,
        throttle: Throttle | None = None,
    ) -> None:
        super().__init__(stream)
        self._exempt = exempt
        self._throttle = throttle or Throttle()
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or part of it, or count it."""
        try:
            text: list[str] = []
            if self._exempt(record):
                return self._write(self.format(record))
            allowed = self._throttle.admit(kind_of(record), lambda: self._rendered(record, text))
            if allowed:
                return self._write(shortened(text[0], allowed))
            self._report_later()
        except Exception:
            self.handleError(record)

    def report(self) -> None:
        """Write how many messages of which kind were left out since the last report."""
        kinds = self._throttle.left_out()
        shown, rest = (kinds, []) if len(kinds) <= COUNTS else (kinds[: COUNTS - 1], kinds[COUNTS - 1 :])
        lines = [f"{count:,} more of this kind were left out: {kind}" for kind, count in shown]
        if rest:
            total = sum(count for _, count in rest)
            lines.append(f"{total:,} more of {len(rest)} other kinds were left out")
        for line in lines:
            record = logging.LogRecord("log", logging.WARNING, __file__, 0, line, None, None)
            self._write(self.format(record))

    def close(self) -> None:
        """Report what is still to be reported."""
        self.acquire()
        try:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
                self.report()
        finally:
            self.release()
            super().close()

    def _rendered(self, record: logging.LogRecord, text: list[str]) -> int:
        text.append(self.format(record))
        return text[0].count("\n") + 1

    def _write(self, text: str) -> None:
        """Write a text, or lose it where a disk is full or the reader has gone: that must stop nothing else."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: the stream is closed
            self.stream.write(text + self.terminator)
            self.stream.flush()

    def _report_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(MINUTE, self._report_now)
            self._timer.daemon = True
            self._timer.start()

    def _report_now(self) -> None:
        with self.lock or threading.RLock():
            if self._timer is not None:
                self._timer = None
                self.report()


def kind_of(record: logging.LogRecord) -> str:
    """The kind of a record: logger, level, first line without numbers, and the class of its error or HTTP status."""
    event: dict[str, Any] = record.msg if isinstance(record.msg, dict) else {"event": record.msg}  # dict: structlog's
    text = _VARYING.sub("#", str(event.get("event", "")).strip().partition("\n")[0])[:120]
    error = event.get("exc_info") or record.exc_info
    error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
    suffix = f" ({type(error).__name__})" if isinstance(error, BaseException) else ""
    status = event.get("status")  # of a request: refusals must not hide failures
    suffix += f" ({status // 100}xx)" if isinstance(status, int) else ""
    return f"{record.name} {record.levelname.lower()}: {text}{suffix}"


def shortened(text: str, lines: int) -> str:
    """A text of at most so many lines: its first and its last ones, and how many are missing."""
    have = text.split("\n")
    if len(have) <= lines:
        return text
    if lines < 3:
        return f"{have[0]} (and {len(have) - 1} more lines)"
    kept = have[-(lines - 2) :]
    return "\n".join([have[0], f"... {len(have) - lines + 1} lines left out ...", *kept])


def _is_first(kind: _Kind, now: float) -> bool:
    return kind.written is None or now - kind.written >= MINUTE
