"""Real servers and workers as processes of their own, for the acceptance tests."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from forked_programs import Forked
from waiting import wait_until

BIN = Path(sys.executable).parent
Process = subprocess.Popen[bytes] | Forked
Start = Callable[..., Process]
PORTS = (20_000, 32_000)
_CHANCE = random.SystemRandom()  # no test's seed makes two processes choose alike


def free_port() -> int:
    """A TCP port that nothing uses at present.

    It lies below those that the kernel gives to outgoing connections, which could take it before it is listened on.
    """
    while True:
        port = _CHANCE.randrange(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(url: str, **more: str) -> dict[str, str]:
    """This process's environment without its GOLDEN_* settings, with a database."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GOLDEN_")}
    return {**clean, "GOLDEN_DATABASE_URL": url, "OMP_NUM_THREADS": "1", **more}


def stop_still(process: Process) -> None:
    """SIGSTOP, and return once the process does stand still."""
    process.send_signal(signal.SIGSTOP)
    state = Path(f"/proc/{process.pid}/stat")
    wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] in "TX", what="the process to stand still")


def signal_another_thread(process: int, number: signal.Signals) -> None:
    """Send a signal to a process such that another thread than its main thread receives it, as the kernel may do.

    It waits for one, since a program may have claimed what its threads do before it starts them.
    """

    def sent() -> bool:
        threads = sorted((int(entry.name) for entry in Path(f"/proc/{process}/task").iterdir()), reverse=True)
        return any(_signalled(process, thread, number) for thread in threads if thread != process)

    wait_until(sent, what="a thread that takes the signal")


def _signalled(process: int, thread: int, number: signal.Signals) -> bool:
    """True once this thread has the signal; False where it blocks it or has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        if _blocks(process, thread, number):
            return False
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.tgkill(process, thread, int(number)) == 0:
            return True
        if ctypes.get_errno() != errno.ESRCH:
            raise OSError(ctypes.get_errno(), f"cannot signal thread {thread} of process {process}")
    return False


def _blocks(process: int, thread: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{process}/task/{thread}/status").read_text()
    blocked = next(line.split()[1] for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(int(blocked, 16) >> (number - 1) & 1)


def served_at(line: str) -> str:
    """The address in the first line that `golden serve` logs."""
    return str(json.loads(line)["address"]).rstrip("/")
