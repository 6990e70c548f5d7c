"""Loads a program once and forks a process for each request that comes on a socket. See `forked_programs`.

python program_forker.py PROGRAM SOCKET
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import time
from select import select
from typing import Any

from studies import late_scipy
from studies.programs import compute_small_matrices_alone


def load(program: str) -> Any:
    """The program's `main`, with everything loaded that it would load."""
    compute_small_matrices_alone()
    late_scipy.load()
    if program == "golden":
        import service.app
        import service.commands.root
        import service.server  # noqa: F401
        from service.app import all_routes
        from service.cli import main

        all_routes()
    else:
        import worker.process
        import worker.runner  # noqa: F401
        from worker.main import main
    return main


def serve(control: socket.socket, program: str) -> None:
    """Fork until the other side hangs up."""
    main = load(program)
    gc.collect()
    gc.freeze()
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is at the terminal interrupts the tests
    running: dict[int, socket.socket] = {}
    while True:
        ready = select([control, awake], [], [])[0]
        if awake in ready:
            os.read(awake, 512)
            report(running)
        if control in ready:
            size, files, _, _ = socket.recv_fds(control, 4, 3)
            if not size:
                return
            request = json.loads(control.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
            child = os.fork()
            if child == 0:
                inherited = [control.detach(), awake, wake, files[2], *(each.detach() for each in running.values())]
                become(request, program, streams=files[:2], closed=inherited)
                sys.exit(main())
            status = socket.socket(fileno=files[2])
            for file in files[:2]:
                os.close(file)
            status.sendall(f"{child:<16}".encode())
            running[child] = status


def report(running: dict[int, socket.socket]) -> None:
    """Tell those who asked how their processes ended."""
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        with running.pop(child) as asker:
            asker.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def become(request: dict[str, Any], program: str, *, streams: list[int], closed: list[int]) -> None:
    """In the fork: take on the arguments, the environment, the folder and the streams of the process asked for."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for file, stream in zip(streams, (1, 2), strict=True):
        os.dup2(file, stream)
    for file in {*streams, *closed}:
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = [program, *request["arguments"]]


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[2])), sys.argv[1])
