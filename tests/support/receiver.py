"""A receiver of webhooks as a process of its own, well or badly behaved, that notes what it was sent.

    python receiver.py LOG BEHAVIOUR [ARGUMENT] [--tls CERT_AND_KEY]

It prints its port, and appends a JSON line for each request to LOG.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waiting import wait_until

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
_asked = itertools.count()


@dataclass(frozen=True)
class Receiver:
    """A running receiver."""

    port: int
    log: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/golden"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What it was sent so far, in order."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The bodies."""
        return [json.loads(request["body"]) for request in self.requests]

    def told(self) -> list[tuple[str, str]]:
        """(study, type) of each message, in order."""
        return [(message["data"]["study"], message["type"]) for message in self.messages]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The requests, once there are so many."""
        wait_until(lambda: len(self.requests) >= count, what=f"{count} requests")
        return self.requests


@contextlib.contextmanager
def receiving(
    folder: Path, behaviour: str = "ok", argument: str = "", *, tls: Path | None = None
) -> Iterator[Receiver]:
    """A receiver while the context lasts."""
    log = folder / f"received-{behaviour}-{next(_asked)}.jsonl"
    command = [sys.executable, __file__, str(log), behaviour, argument, *(["--tls", str(tls)] if tls else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Receiver(int(process.stdout.readline()), log, process)
        finally:
            process.kill()


def _request(connection: socket.socket) -> dict[str, Any]:
    content = b""
    while b"\r\n\r\n" not in content:
        piece = connection.recv(65_536)
        if not piece:
            return {}
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65_536)
    return {"request": first, "headers": headers, "body": body.decode()}


def _status(code: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {code} X", "Content-Length: 0", *headers, "", ""]).encode()


def _answer(connection: socket.socket, behaviour: str, argument: str, number: int) -> None:
    match behaviour:
        case "ok":
            connection.sendall(OK)
        case "status":
            connection.sendall(_status(argument))
        case "flaky":  # fails so many times first
            connection.sendall(_status("500") if number < int(argument) else OK)
        case "retry-after":
            connection.sendall(_status("503", f"Retry-After: {argument}"))
        case "redirect":
            connection.sendall(_status("302", f"Location: {argument}"))
        case "silent":
            threading.Event().wait()
        case "drip":  # a byte now and then, for ever
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not threading.Event().wait(0.5):
                connection.sendall(b"x")
        case "close":
            pass
        case "garbage":
            connection.sendall(b"\x00\xff no http at all\r\n\r\n")
        case "huge":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65_536)
        case "huge-head":
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                connection.sendall(b"x" * 65_536)


def _serve(connection: socket.socket, log: Path, behaviour: str, argument: str, number: int) -> None:
    with contextlib.suppress(OSError), connection:
        found = _request(connection)
        if found:
            with log.open("a") as file:
                file.write(json.dumps(found) + "\n")
            _answer(connection, behaviour, argument, number)


def main(log: str, behaviour: str, argument: str, *tls: str) -> None:
    """Receive until killed."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls[1])
    for number in itertools.count():
        connection, _ = listener.accept()
        if context is not None:
            with contextlib.suppress(OSError):
                connection = context.wrap_socket(connection, server_side=True)
        threading.Thread(target=_serve, args=(connection, Path(log), behaviour, argument, number), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
