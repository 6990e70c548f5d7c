"""A service that answers every route of the API, with characters that a terminal obeys in every text."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from waiting import join_all

from service.openapi import document
from studies.language.catalogue import load

HOSTILE = (
    "x\x1b[31mred\x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\link\x1b]52;c;ZXZpbA==\x07\rover\x00\x9b2J\x9d0;c\x9c"
    "\u202eabc\u2066\u200b\u061c\x08\x0c\x0b\x7f[red]markup[/red][link=http://evil.example]l[/link]:skull:"
)
MOMENT = "2026-01-01T00:00:00Z"


@dataclass
class Hostile:
    """The server's address, what it was asked for, and whether it refuses everything."""

    url: str = ""
    refuses: int = 0  # a status; 0: it answers
    asked: set[str] = field(default_factory=set)


def answer(operation: dict[str, Any], components: dict[str, Any]) -> Any:
    """An answer of a route by its schema, every free text hostile."""
    content = next((r for code, r in operation["responses"].items() if code.startswith("2")), {}).get("content", {})
    return _value(content.get("application/json", {}).get("schema", {}), components)


def _value(node: dict[str, Any], components: dict[str, Any]) -> Any:
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        sound = {"StudySpec": _study, "SearchSpace": dict}  # whose numbers must fit together
        return sound[name]() if name in sound else _value(components[name], components)
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            return _value(next((n for n in node[choice] if n.get("type") != "null"), node[choice][0]), components)
    if "const" in node or "enum" in node:
        return node.get("const", node.get("enum", [None])[0])
    return _plain(node, components)


def _plain(node: dict[str, Any], components: dict[str, Any]) -> Any:
    kind = node.get("type")
    if kind == "object":
        members = {name: _value(member, components) for name, member in node.get("properties", {}).items()}
        if "space" in members:  # whose names and numbers must fit the study's
            members["space"] = _study()["search_space"]
        extra = node.get("additionalProperties")
        return members | ({HOSTILE: _value(extra, components)} if isinstance(extra, dict) and extra else {})
    if kind == "array":
        inner = node.get("prefixItems") or [node.get("items", {})]
        return [_value(item, components) for item in inner]
    if kind == "string":
        return MOMENT if node.get("format") == "date-time" else HOSTILE
    return {"integer": 1, "number": 0.5, "boolean": True}.get(str(kind), HOSTILE)


def _study() -> dict[str, Any]:
    study = load("quickstart").model_dump(mode="json")
    return {**study, "title": HOSTILE, "description": HOSTILE, "claim": {**study["claim"], "title": HOSTILE}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hostile: Hostile
    routes: list[tuple[str, re.Pattern[str], str, Any]]

    def _reply(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.hostile.asked.add(f"{self.command} {path}")
        if self.hostile.refuses:
            errors = [{"field": HOSTILE, "message": HOSTILE}]
            self._send(self.hostile.refuses, {"detail": HOSTILE, "title": HOSTILE, "errors": errors})
            return
        found = next((r for r in self.routes if r[0] == self.command and r[1].fullmatch(path)), None)
        if found is None:
            self._send(404, {"detail": HOSTILE})
        elif path == "/api/v1/schema":
            self._send(200, {HOSTILE: {"description": [HOSTILE]}})
        elif path.endswith("/export.csv"):
            self._send_bytes(200, f"a,b\r\n{HOSTILE},1\r\n".encode(), "text/csv")
        else:
            self._send(200, _tamed(path, found[3]))

    def _send(self, status: int, value: Any) -> None:
        self._send_bytes(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _send_bytes(self, status: int, content: bytes, media: str) -> None:
        self.send_response(status, "Hostile \x9b\x1b[31m")
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _reply

    def log_message(self, *_: Any) -> None:
        """Nothing: the test prints what matters."""


def _tamed(path: str, value: Any) -> Any:
    """Pages end, and studies are complete, so that no command follows them for ever."""
    value = json.loads(json.dumps(value))
    if isinstance(value, dict):
        if "next_cursor" in value:
            value["next_cursor"] = None
        if isinstance(value.get("summary"), dict):
            value["summary"]["state"] = "complete"
        if "toml" in value:
            value["study"] = _study()
    return value


@contextmanager
def hostile_server() -> Iterator[Hostile]:
    """Serve hostile answers on a free port while the context lasts."""
    described = json.loads(document())
    components = described["components"]["schemas"]
    hostile = Hostile()
    routes = [
        (verb.upper(), re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), path, answer(operation, components))
        for path, verbs in sorted(described["paths"].items(), key=lambda item: item[0].count("{"))
        for verb, operation in verbs.items()
    ]
    handler = type("Handler", (_Handler,), {"hostile": hostile, "routes": routes})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    hostile.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hostile
    finally:
        server.shutdown()
        server.server_close()
        join_all(thread)
