"""One training as a process group of its own: its output is read as it comes, and nothing of it outlives its end.

A process is started without a fork of Python code, so that threads of this program do no harm. What a killed runner
left behind is found by a note beside the log and ended before the run is tried again.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from studies.external.run_log import Lines, RunLog

POLL_SECONDS = 0.1  # between two looks at the clock while the process says nothing
GRACE_SECONDS = 10.0  # from SIGTERM to SIGKILL
PIECE = 65_536  # bytes, as many as a pipe holds
LAST_READS = 4  # of each output, once the process has ended
_LIVE: set[int] = set()  # process groups that run


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a process.

    Attributes:
        code: its exit status, below 0 where a signal ended it.
        stopped: it was ended since `stopped` said so.
        late: it was ended since time was up.
    """

    code: int
    stopped: bool = False
    late: bool = False


def run_process(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: RunLog,
    lines: Lines,
    stopped: Callable[[], bool],
    seconds: float | None,
    note: Path,
) -> Ended:
    """Run a command to its end.

    Args:
        command: the program and its arguments; no shell reads them.
        environment: all of its variables.
        log: gets both outputs.
        lines: gets the lines of standard output.
        stopped: asked again and again; once true, the process group is ended.
        seconds: after which it is ended; None: never.
        note: a file that names the process while it runs.

    Raises:
        OSError: it cannot be started.
    """
    end_leftover(note)
    process = subprocess.Popen(
        list(command),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _LIVE.add(process.pid)
    due = None if seconds is None else time.monotonic() + seconds
    try:
        _write_note(note, process.pid)
        return _watch(process, log, lines, stopped, due)
    finally:
        end_group(process)
        _LIVE.discard(process.pid)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it started in its group: SIGTERM, then SIGKILL. The process is waited for."""
    try:
        if process.poll() is None:
            _signal(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
    finally:  # an interrupt ends the waiting, never the killing
        _signal(process.pid, signal.SIGKILL)
        process.wait()


@atexit.register
def kill_live() -> None:
    """SIGKILL to all that still runs: this program ends and waits no longer, as after a second Ctrl-C."""
    for pid in list(_LIVE):
        _signal(pid, signal.SIGKILL)


def end_leftover(note: Path) -> None:
    """End the process group that a killed runner left behind, if the note still names a living one."""
    try:
        pid, started = note.read_text("ascii").split()
    except (OSError, ValueError):
        return
    if _started(int(pid)) == started:
        _signal(int(pid), signal.SIGKILL)
    with contextlib.suppress(OSError):
        note.unlink(missing_ok=True)


def _watch(
    process: subprocess.Popen[bytes], log: RunLog, lines: Lines, stopped: Callable[[], bool], due: float | None
) -> Ended:
    """Read what the process says until it has ended, is to stop or is late."""
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ)
        while True:
            _read(selector, process, log, lines, POLL_SECONDS)
            if process.poll() is not None or (not selector.get_map() and _ends(process)):
                for _ in range(LAST_READS):  # what it started may go on writing
                    _read(selector, process, log, lines, 0.0)
                lines.end()
                return Ended(process.returncode)
            if stopped():
                return Ended(0, stopped=True)
            if due is not None and time.monotonic() >= due:
                return Ended(0, late=True)


def _ends(process: subprocess.Popen[bytes]) -> bool:
    """True once a process has ended whose outputs are closed."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(POLL_SECONDS)
    return process.returncode is not None


def _read(
    selector: selectors.BaseSelector, process: subprocess.Popen[bytes], log: RunLog, lines: Lines, seconds: float
) -> bool:
    """Read what is there, after so many seconds at most; False where nothing came."""
    if not selector.get_map():
        return False
    found = False
    for key, _ in selector.select(seconds):
        pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
        try:
            piece = os.read(pipe.fileno(), PIECE)
        except BlockingIOError:
            continue
        if not piece:
            selector.unregister(pipe)
            continue
        found = True
        log.write(piece)
        if pipe is process.stdout:
            lines.feed(piece)
    return found


def _write_note(note: Path, pid: int) -> None:
    started = _started(pid)
    if started is not None:
        with contextlib.suppress(OSError):  # a note that cannot be written spares nobody a kill of the runner
            note.write_text(f"{pid} {started}\n", "ascii")


def _started(pid: int) -> str | None:
    """When a process began, in the kernel's ticks, which tells it from a later one of the same number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
