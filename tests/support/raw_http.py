"""HTTP as bytes on a socket, for requests that no client library would send."""

from __future__ import annotations

import socket


def received(connection: socket.socket) -> bytes:
    """Everything that the server sends until it closes the connection or resets it."""
    content = b""
    try:
        while piece := connection.recv(65_536):
            content += piece
    except ConnectionResetError:
        pass
    return content


def request_head(method: str, path: str, *headers: str) -> bytes:
    """A request line and headers, the empty line included."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")
