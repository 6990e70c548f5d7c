"""Child processes of `golden demo`: started, watched and stopped together, leaving no orphan."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from studies.errors import GoldenError

STOP_SECONDS = 20.0  # a worker hands its trials back first
LAST_LINES = 15


class ChildDiedError(GoldenError, RuntimeError):
    """A process that the demo needs ended by itself; the message carries its last lines."""


@dataclass(slots=True)
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    output: IO[bytes]


class Children:
    """Processes that live no longer than this context. Each writes to a log file of its own."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], *, env: Mapping[str, str], pass_fds: Sequence[int] = ()) -> None:
        """Start a process, in a group of its own so that a Ctrl-C reaches it once, from `stop`.

        Raises:
            GoldenError: its log cannot be written, or it cannot be started.
        """
        log = self._logs / f"{name}.log"
        try:
            output = log.open("wb")
        except OSError as error:
            raise GoldenError(f"cannot write {str(log)!r}: {error.strerror}") from None
        try:
            process = subprocess.Popen(
                command,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
        except OSError as error:
            output.close()
            raise GoldenError(f"cannot start the {name}: {error.strerror}") from None
        self._children.append(_Child(name, process, log, output))

    def check(self) -> None:
        """See that all are still there.

        Raises:
            ChildDiedError: one has ended.
        """
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise ChildDiedError(f"the {child.name} ended with code {code}; its last lines:\n{_tail(child.log)}")

    def stop(self) -> None:
        """Ask all to stop, the last started first; kill what does not."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
        for child in reversed(self._children):
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                sys.stderr.write(f"the {child.name} did not stop within {STOP_SECONDS:.0f} s and is killed\n")
                child.process.kill()
                child.process.wait()
            child.output.close()
        self._children.clear()


def _tail(log: Path) -> str:
    with log.open(encoding="utf-8", errors="replace") as lines:
        return "".join(f"  {line}" for line in deque(lines, maxlen=LAST_LINES)).rstrip() or "  (it wrote nothing)"
