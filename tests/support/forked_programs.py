"""`golden` and `golden-worker` as processes that are forked from one that has loaded them already.

Loading a program takes two to three seconds of a processor's time, and then it is what it would be otherwise: a process
of its own, with its own arguments, environment, folder and files, that runs the program's `main`. Tests of how a
program starts, and of what faults do to it, start it anew.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from select import select
from typing import Any

FORKER = Path(__file__).with_name("program_forker.py")
PROGRAMS = ("golden", "golden-worker")
OURS = "GOLDEN_"  # settings that programs read when they run; all else of an environment may matter earlier
# What the tests' own process sets on the way, and scikit-learn and torchvision where a test imports them.
BESIDE = (
    *("PYTEST_CURRENT_TEST", "XDG_RUNTIME_DIR"),
    *("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "TORCHINDUCTOR_CACHE_DIR"),
)


class Forked:
    """A process with the part of `subprocess.Popen` that tests use."""

    def __init__(self, args: Sequence[str], pid: int, status: socket.socket) -> None:
        self.args, self.pid = list(args), pid
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._look(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once there is one.

        Raises:
            TimeoutExpired: there is none in time.
        """
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """A signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select([self._status], [], [], seconds)[0]:
            said = self._status.recv(16)
            self._status.close()
            self.returncode = int(said) if said else -signal.SIGKILL  # what forks us is gone, and we with it
        return self.returncode


def can_fork(command: Sequence[str], env: Mapping[str, str]) -> bool:
    """True where a fork is what starting the command anew would give: one of the programs, in our own environment."""
    here = Path(sys.executable).parent
    is_ours = Path(command[0]).name in PROGRAMS and Path(command[0]).parent == here
    return is_ours and _without_settings(env) == BASE


def start(command: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdout: int, stderr: int) -> Forked:
    """Fork a process that runs a program.

    Args:
        command: the program's path and its arguments; `can_fork` is true of it.
        env: its whole environment.
        cwd: its folder.
        stdout: a file descriptor.
        stderr: another, or the same.
    """
    ours, theirs = socket.socketpair()
    request = json.dumps({"arguments": list(command[1:]), "environment": dict(env), "folder": str(cwd)})
    control = _forker(Path(command[0]).name)
    with theirs:
        socket.send_fds(control, [len(request).to_bytes(4, "big")], [stdout, stderr, theirs.fileno()])
        control.sendall(request.encode())
    return Forked(command, int(ours.recv(16)), ours)


def run(command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run`, its output captured as text; a fork where it can be one."""
    if not can_fork(command, env):
        return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = start(command, env=env, cwd=cwd, stdout=out.fileno(), stderr=err.fileno()).wait()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(list(command), code, *said)


def _without_settings(env: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if not key.startswith(OURS) and key not in BESIDE}


BASE = _without_settings({**os.environ, "OMP_NUM_THREADS": "1"})  # before any test changes it


@cache
def _forker(program: str) -> socket.socket:
    """The connection to the process that has the program loaded; it ends with us."""
    ours, theirs = socket.socketpair()
    command: list[Any] = [sys.executable, str(FORKER), program, str(theirs.fileno())]
    with theirs:
        process = subprocess.Popen(command, env=BASE, pass_fds=[theirs.fileno()], cwd="/")

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
