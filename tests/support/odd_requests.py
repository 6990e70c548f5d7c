"""A table of requests that should not be, and what each is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient

STUDIES = "/api/v1/studies"
JSON = {"Content-Type": "application/json"}
STUDY: dict[str, Any] = {
    "name": "odd",
    "losses": ["golden"],
    "contexts": [{"name": "paper", "dataset": "digits", "epochs": 2}],
    "design": {"kind": "search", "sampler": "random", "trials": 4, "claim_replicates": 2},
}


@dataclass(frozen=True)
class Odd:
    """One request; `at` is the field that the answer must name."""

    what: str
    status: int
    method: str = "POST"
    path: str = STUDIES
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    at: str | None = None


def study(what: str, at: str, status: int = 422, **changes: Any) -> Odd:
    """A study that differs from an acceptable one."""
    return Odd(what, status, content=json.dumps({**STUDY, **changes}).encode(), at=at)


def raw(what: str, content: bytes, status: int = 422, **headers: str) -> Odd:
    """A body that is no study."""
    return Odd(what, status, content=content, headers=headers or JSON)


def get(what: str, path: str, status: int, method: str = "GET") -> Odd:
    """A request without a body."""
    return Odd(what, status, method, path, headers={})


def extend(what: str, content: bytes, status: int = 422) -> Odd:
    """An extension of the study that is there."""
    return Odd(what, status, path=f"{STUDIES}/there/extend", content=content)


GOOD = json.dumps(STUDY).encode()
SEARCH = STUDY["design"]
LOW = {"eta": {"low": 1e-4, "high": 1.0}}

BODIES = [
    raw("empty", b""),
    raw("spaces", b" \n\t"),
    raw("truncated", GOOD[:-1]),
    raw("trailing comma", b'{"name": "odd",}'),
    raw("two values", GOOD + GOOD),
    raw("comment", b'{"name": "odd" /* x */}'),
    raw("single quotes", b"{'name': 'odd'}"),
    raw("invalid UTF-8", b'{"name": "\xff\xfe"}'),
    raw("UTF-16", '{"name": "odd"}'.encode("utf-16")),
    raw("lone surrogate", b'{"name": "odd", "title": "\\ud800"}'),
    raw("NaN", b'{"name": "odd", "search_space": {"eta": {"low": NaN}}}'),
    raw("Infinity", b'{"name": "odd", "search_space": {"eta": {"high": Infinity}}}'),
    raw("1e999", b'{"name": "odd", "search_space": {"eta": {"high": 1e999}}}'),
    raw("a number of 5,000 digits", b'{"name": "odd", "seed": ' + b"9" * 5000 + b"}"),
    raw("deeply nested", b'{"a":' * 20_000),
    raw("key twice", b'{"name": "odd", "name": "even"}'),
    raw("lone surrogate as a key, twice", b'{"\\ud800": 1, "\\ud800": 2}'),
    raw("array", b"[]"),
    raw("null", b"null"),
    raw("no content type", GOOD, 415, **{"Content-Type": ""}),
    raw("text/plain", GOOD, 415, **{"Content-Type": "text/plain"}),
    raw("form", b"name=odd", 415, **{"Content-Type": "application/x-www-form-urlencoded"}),
    raw("multipart", b"--x--", 415, **{"Content-Type": "multipart/form-data; boundary=x"}),
    raw("YAML", b"!!python/object/apply:os.system [id]", 415, **{"Content-Type": "application/yaml"}),
    raw("pickle", b"\x80\x04\x95", 415, **{"Content-Type": "application/octet-stream"}),
    raw("gzip bomb", b"\x1f\x8b" + b"\x00" * 100, 415, **{**JSON, "Content-Encoding": "gzip"}),
    raw("broken TOML", b"name = ", 422, **{"Content-Type": "application/toml"}),
    raw("TOML date as name", b"name = 2026-01-01", 422, **{"Content-Type": "application/toml"}),
    raw("TOML infinity", b'name = "odd"\n[search_space.eta]\nhigh = inf', 422, **{"Content-Type": "application/toml"}),
    raw("300 kB", b" " * 300_000, 413),
]

FIELDS = [
    study("unknown field", "admin", admin=True),
    study("unknown nested field", "design.command", design={**SEARCH, "command": "id"}),
    study("unknown class", "design.__class__", design={**SEARCH, "__class__": "x"}),
    study("boolean for a number", "design.trials", design={**SEARCH, "trials": True}),
    study("text for a number", "design.trials", design={**SEARCH, "trials": "5"}),
    study("fraction for a whole number", "design.trials", design={**SEARCH, "trials": 5.0}),
    study("no trials", "design.trials", design={**SEARCH, "trials": 0}),
    study("negative trials", "design.trials", design={**SEARCH, "trials": -1}),
    study("a billion trials", "design.trials", design={**SEARCH, "trials": 10**9}),
    study("low above high", "search_space.eta", search_space={"eta": {"low": 1.0, "high": 0.1}}),
    study("low equals high", "search_space.eta", search_space={"eta": {"low": 0.1, "high": 0.1}}),
    study("log range from zero", "search_space.eta.low", search_space={"eta": {"low": 0.0}}),
    study("negative rate", "search_space.eta.low", search_space={"eta": {"low": -0.1}}),
    study("momentum of one", "search_space.alpha.high", search_space={"alpha": {"high": 1.0}}),
    study("momentum below zero", "search_space.alpha.low", search_space={"alpha": {"low": -0.1}}),
    study("third dimension", "search_space.__proto__", search_space={**LOW, "__proto__": {"low": 0}}),
    study("no losses", "losses", losses=[]),
    study("a loss twice", "losses", losses=["golden", "golden"]),
    study("10,000 losses", "losses", losses=["golden"] * 10_000),
    study("import path as loss", "losses.0", losses=["os.system"]),
    study("path as data set", "contexts.0.dataset", contexts=[{"dataset": "../../etc/passwd"}]),
    study("URL as data set", "contexts.0.dataset", contexts=[{"dataset": "http://169.254.169.254/"}]),
    study("no contexts", "contexts", contexts=[]),
    study("65 contexts", "contexts", contexts=[{"name": f"c{i}"} for i in range(65)]),
    study("no name", "name", name=""),
    study("blank name", "name", name="   "),
    study("513 characters", "name", name="n" * 513),
    study("NUL in the name", "name", name="a\x00b"),
    study("NUL in the title", "title", title="a\x00b"),
    study("escape codes", "title", title="\x1b[2J"),
    study("right-to-left override", "title", title="a\u202eb"),
    study("zero width", "title", title="a\u200bb"),
    study("line break in the name", "name", name="a\r\nSet-Cookie: x"),
    study("markup in the name", "name", name="<img src=x onerror=alert(1)>"),
    study("SQL in the name", "name", name="'; DROP TABLE golden_trials;--"),
    study("traversal in the name", "name", name="../x"),
    study("long title", "title", title="t" * 201),
    study("long description", "description", description="d" * 4001),
    study("seed too large", "seed", seed=2**63),
    study("future schema", "schema_version", schema_version=4),
    study("the same name, another study", "", 409, name="there", seed=1),
]

PLACES = [
    get("traversal", f"{STUDIES}/..%2f..%2fetc%2fpasswd", 404),
    get("traversal, encoded twice", f"{STUDIES}/%252e%252e%252fetc", 404),
    get("backslashes", f"{STUDIES}/..%5c..%5cwindows", 404),
    get("NUL", f"{STUDIES}/%00", 404),
    get("file URL", f"{STUDIES}/file:%2f%2f%2fetc%2fpasswd/trials", 404),
    get("asset traversal", "/assets/x/..%2f..%2fsettings.py", 404),
    get("asset outside", "/assets/..%2f..%2f..%2fetc%2fpasswd", 404),
    get("trial 2^63", "/studies/there/trials/golden@paper/9223372036854775808", 404),
    get("trial -1", "/studies/there/trials/golden@paper/-1", 404),
    get("trial of 5,000 digits", "/studies/there/trials/golden@paper/" + "9" * 5000, 422),
    get("unknown column", f"{STUDIES}/there/trials?sort=values;--", 422),
    get("analysis 3", f"{STUDIES}/there/verdict?analysis=3", 422),
    get("an analysis that is a word", f"{STUDIES}/there/verdict?analysis=newest", 422),
    get("two analyses", f"{STUDIES}/there/verdict?analysis=4&analysis=5", 422),
    get("unknown parameter", f"{STUDIES}?where=1", 422),
    get("limit 2^63", f"{STUDIES}?limit=9223372036854775808", 422),
    get("limit 1e3", f"{STUDIES}?limit=1e3", 422),
    get("queue of nobody", "/api/v1/queue?study=nobody", 422),
    get("queue of 0", "/api/v1/queue?limit=0", 422),
    get("cursor of nonsense", f"{STUDIES}?cursor=AAAA", 422),
    get("cursor with NUL", f"{STUDIES}?cursor=%00", 422),
    get("sweep with NUL", f"{STUDIES}/there/runs?sweep=%00", 422),
    get("unknown sweep", f"{STUDIES}/there/runs?sweep=sse@paper", 404),
    get("unknown figure", f"{STUDIES}/there/figures/passwd", 422),
    get("unknown form", f"{STUDIES}/there/export.xlsx", 422),
    get("unknown catalogue entry", "/api/v1/catalogue/..%2fpyproject.toml", 404),
    get("unknown worker", "/api/v1/workers/nobody/drain", 404, "POST"),
    get("worker of 300 characters", f"/api/v1/workers/{'w' * 300}/drain", 422, "POST"),
    get("address of 9,000 characters", f"{STUDIES}?cursor={'a' * 9000}", 414),
    get("pausing nothing", f"{STUDIES}/none/pause", 404, "POST"),
    get("deleting nothing", f"{STUDIES}/none", 404, "DELETE"),
    get("login with nonsense", "/login?code=x", 401),
    get("login with NUL", "/login?code=%00.%00.%00", 401),
    get("login without a code", "/login", 422),
]

MORE = [
    extend("empty", b""),
    extend("zero", b'{"more": 0}'),
    extend("negative", b'{"more": -5}'),
    extend("boolean", b'{"more": true}'),
    extend("text", b'{"more": "5"}'),
    extend("fraction", b'{"more": 5.0}'),
    extend("NaN", b'{"more": NaN}'),
    extend("2^63", b'{"more": 9223372036854775808}'),
    extend("unknown field", b'{"more": 1, "admin": 1}'),
    extend("too much", b'{"more": 20000}'),
    extend("array", b"[1]"),
    extend("truncated", b'{"more": '),
    extend("invalid UTF-8", b'{"more": "\xff"}'),
    extend("deeply nested", b'{"more":' * 4_000),
    extend("nested without an end", b'{"more":' * 20_000),
    extend("key twice", b'{"more": 1, "more": 2}'),
    extend("5,000 digits", b'{"more": ' + b"1" * 5000 + b"}"),
]

ROWS = [*BODIES, *FIELDS, *PLACES, *MORE]


def send(client: TestClient, odd: Odd) -> Any:
    """The answer to an odd request."""
    return client.request(odd.method, odd.path, content=odd.content or None, headers=odd.headers)


def complaints(odd: Odd, answer: Any) -> Iterator[str]:
    """Every way in which an answer is not as the table says."""
    if answer.status_code != odd.status:
        yield f"{answer.status_code} in place of {odd.status}: {answer.text[:200]}"
        return
    if answer.headers["content-type"] != "application/problem+json":
        yield f"answered as {answer.headers['content-type']}"
        return
    body = answer.json()
    if odd.at is not None and odd.status == 422 and odd.at not in [e["field"] for e in body["errors"]]:
        yield f"names {[e['field'] for e in body['errors']]} in place of {odd.at}"
    if not body["detail"] or len(answer.content) > 20_000 or "Traceback" in answer.text or "sqlalchemy" in answer.text:
        yield f"says {answer.text[:200]}"
