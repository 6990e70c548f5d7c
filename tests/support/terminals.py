"""A program on a real terminal: what it shows is awaited, and lines are typed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from waiting import CEILING, exit_code


class Terminal:
    """The person's side of a pseudo-terminal on which a program runs."""

    def __init__(self, ours: int, process: subprocess.Popen[bytes]) -> None:
        self._ours = ours
        self.process = process
        self.shown = ""
        self._read = 0

    def await_text(self, text: str) -> str:
        """What has been shown since the last wait, up to and with `text`.

        Raises:
            TimeoutError: it never came; the message has all that was shown.
        """
        deadline = time.monotonic() + CEILING
        while (at := self.shown.find(text, self._read)) < 0:
            if not self._more(deadline - time.monotonic()):
                raise TimeoutError(f"waited for {text!r}, and got {self.shown!r}")
        start, self._read = self._read, at + len(text)
        return self.shown[start : self._read]

    def type(self, text: str) -> None:
        """Type a text as it is; a line ends with a line feed, and `\\x03` and `\\x04` are Ctrl-C and Ctrl-D."""
        os.write(self._ours, text.encode())

    def press(self, key: str, said: str) -> int:
        """The exit code of a program that a key ends, which says so; `shown` is complete then.

        The key is pressed again until the program has said it: a signal that comes between Python's last look at
        signals and its read of the terminal is not seen before the next key, in any program that asks by `input`.
        """
        deadline = time.monotonic() + CEILING
        while said not in self.shown and self.process.poll() is None and time.monotonic() < deadline:
            self.type(key)
            while said not in self.shown and self._more(2.0):
                pass
        return self.end()

    def end(self) -> int:
        """The exit code; `shown` is complete then."""
        while self._more(CEILING):
            pass
        return exit_code(self.process)

    def _more(self, seconds: float) -> bool:
        """Read what comes next; false at the end of the program, or after so many seconds."""
        if not select.select([self._ours], [], [], max(seconds, 0.0))[0]:
            return False
        try:
            piece = os.read(self._ours, 65_536)
        except OSError:  # Linux says so where the other side is closed
            return False
        self.shown += piece.decode(errors="replace")
        return bool(piece)


def _take_terminal() -> None:
    """Let Ctrl-C reach the process, and mean something even where the tests run in the background of a shell."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def on_terminal(command: Sequence[str | Path], *, env: Mapping[str, str], folder: Path) -> Iterator[Terminal]:
    """Run a program on a terminal of its own, killed at the end if it is still there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=dict(env),
        cwd=folder,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
