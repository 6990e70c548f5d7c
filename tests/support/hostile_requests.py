"""Hostile addresses, parameters, headers, extensions and tables: each must be refused in one sentence."""

from __future__ import annotations

import base64
import json
from typing import Any

from odd_requests import JSON, STUDIES, STUDY, Odd, extend, get

CSV = {"Content-Type": "text/csv"}
VERDICTS = "/api/v1/verdicts"
THERE = f"{STUDIES}/there"
HEAD = "eta,alpha,value\n"


def cursor(what: str, path: str, content: bytes) -> Odd:
    """A cursor made by hand."""
    return get(f"a cursor of {what}", path + base64.urlsafe_b64encode(content).decode(), 422)


def table(what: str, text: str, at: str | None = None, status: int = 422) -> Odd:
    """Trials as CSV."""
    return Odd(what, status, path=VERDICTS, content=text.encode("utf-8", "surrogatepass"), headers=CSV, at=at)


def rows(what: str, content: Any, status: int = 422) -> Odd:
    """Trials as JSON; bytes as they are."""
    return Odd(
        what, status, path=VERDICTS, content=content if isinstance(content, bytes) else json.dumps(content).encode()
    )


def cell(what: str, value: str, column: str = "eta", at: str | None = None) -> Odd:
    """A table whose first row has an odd cell."""
    named = {"eta": "0.01", "alpha": "0.9", "value": "0.9", "fold": "1", column: value}
    text = ",".join(named) + "\n" + ",".join(named.values()) + "\n"
    return table(what, text, at or f"line 2, column {column}")


def submit(what: str, status: int, **headers: str) -> Odd:
    """An acceptable study under odd headers."""
    return Odd(what, status, content=json.dumps({**STUDY, "name": "headers"}).encode(), headers={**JSON, **headers})


def typed(what: str, headers: dict[str, str]) -> Odd:
    """An acceptable extension under odd headers."""
    return Odd(what, 415, path=f"{THERE}/extend", content=b'{"more": 1}', headers=headers)


ONE = b'"rows": [{"eta": 0.01, "alpha": 0.9, "value": 0.9}]'
ROW = {"eta": 0.01, "alpha": 0.9, "value": 0.9}
LIST, TRIALS, RUNS = f"{STUDIES}?cursor=", f"{THERE}/trials?cursor=", f"{THERE}/runs?cursor="

ADDRESSES = [
    get("limit twice", f"{STUDIES}?limit=1&limit=2", 422),
    get("state twice", f"{STUDIES}?state=running&state=paused", 422),
    get("cursor twice", f"{THERE}/trials?cursor=&cursor=", 422),
    get("sort twice", f"{THERE}/trials?sort=value&sort=value", 422),
    get("objective twice", f"{THERE}/verdict?objective=error&objective=accuracy", 422),
    get("limit 0", f"{STUDIES}?limit=0", 422),
    get("limit -1", f"{STUDIES}?limit=-1", 422),
    get("limit 1_0", f"{STUDIES}?limit=1_0", 422),
    get("limit in full-width digits", f"{STUDIES}?limit=%EF%BC%91", 422),
    get("limit in Arabic digits", f"{STUDIES}?limit=%D9%A1", 422),
    get("limit 0x10", f"{STUDIES}?limit=0x10", 422),
    get("limit 1.5", f"{STUDIES}?limit=1.5", 422),
    get("limit empty", f"{STUDIES}?limit=", 422),
    get("limit of 400 digits", f"{STUDIES}?limit={'1' * 400}", 422),
    get("limit of 5,000 digits", f"{STUDIES}?limit={'1' * 5000}", 422),
    get("limit NaN", f"{STUDIES}?limit=NaN", 422),
    get("limit as a list", f"{STUDIES}?limit[]=1", 422),
    get("unknown state", f"{STUDIES}?state=exploded", 422),
    get("unknown phase", f"{THERE}/trials?phase=guess", 422),
    get("unknown objective", f"{THERE}/verdict?objective=profit", 422),
    get("unknown theme", f"{THERE}/figures/history?theme=<script>", 422),
    get("a sweep of 9,000 characters", f"{THERE}/runs?sweep={'a' * 7000}", 422),
    get("a sweep with a line break", f"{THERE}/runs?sweep=a%0d%0ab", 422),
    cursor("nothing", TRIALS, b"null"),
    cursor("an object", TRIALS, b'{"a": 1}'),
    cursor("NaN", f"{THERE}/trials?sort=value&cursor=", b"[NaN, 1, 1]"),
    cursor("Infinity", f"{THERE}/trials?sort=value&cursor=", b"[Infinity, 1, 1]"),
    cursor("1e999", f"{THERE}/trials?sort=value&cursor=", b"[1e999, 1, 1]"),
    cursor("truth", RUNS, b"[true, true, true]"),
    cursor("a number of 5,000 digits", LIST, b"[" + b"9" * 5000 + b"]"),
    cursor("2^64", LIST, b"[18446744073709551616]"),
    cursor("nested lists", LIST, b"[" * 3000 + b"]" * 3000),
    cursor("a text", LIST, b'["1"]'),
    cursor("binary", LIST, bytes(range(256))),
    get("a study called by a dot", f"{STUDIES}/%2e", 404),
    get("a study of 300 characters", f"{STUDIES}/{'a' * 300}", 404),
    get("a study in UTF-8 that is none", f"{STUDIES}/%ff%fe", 404),
    get("a study with a semicolon", f"{STUDIES}/there;v=1", 404),
    get("a study with a trailing blank", f"{STUDIES}/there%20", 404),
    get("a study in other letters", f"{STUDIES}/THERE", 404),
    get("a trial with an exponent", "/studies/there/trials/golden@paper/1e3", 422),
    get("a trial with a blank", "/studies/there/trials/golden@paper/%201", 422),
    get("a trial in full-width digits", "/studies/there/trials/golden@paper/%EF%BC%91", 422),
    get("a figure with a NUL", f"{THERE}/figures/%00", 422),
    get("an export of two forms", f"{THERE}/export.csv.json", 422),
    get("a report that is none", f"{THERE}/report.pdf", 404),
    get("deleting the list", STUDIES, 405, "DELETE"),
    get("putting a study", THERE, 405, "PUT"),
    get("editing a study without a body", THERE, 415, "PATCH"),
    get("tracing", STUDIES, 405, "TRACE"),
    get("a method of one's own", STUDIES, 405, "BREW"),
    get("a worker with a line break", "/api/v1/workers/a%0ab/drain", 422, "POST"),
]  # fmt: skip

HEADERS = [
    submit("an Idempotency-Key of 256 characters", 422, **{"Idempotency-Key": "k" * 256}),
    submit("an empty Idempotency-Key", 422, **{"Idempotency-Key": ""}),
    submit("an Idempotency-Key with a tab", 422, **{"Idempotency-Key": "a\tb"}),
    submit("another site's Origin", 403, Origin="https://evil.example"),
    submit("an Origin that is null", 403, Origin="null"),
    submit("a page of another site", 403, **{"Sec-Fetch-Site": "cross-site"}),
    submit("a host that is not ours", 421, Host="evil.example"),
    submit("a host with a user", 421, Host="127.0.0.1@evil.example"),
    Odd("101 headers", 431, headers={**JSON, **{f"X-{i}": "1" for i in range(101)}}, content=b"{}"),
    Odd("a header of 40,000 bytes", 431, headers={**JSON, "X-Long": "a" * 40_000}, content=b"{}"),
]

EXTENSIONS = [
    extend("nothing", b"{}"),
    extend("null", b'{"more": null}'),
    extend("a list of numbers", b'{"more": [1]}'),
    extend("1e400", b'{"more": 1e400}'),
    extend("400 digits", b'{"more": ' + b"1" * 400 + b"}"),
    extend("twice", b'{"more": 1, "more": 2}'),
    extend("both ways at once", b'{"more": 1, "until_decided": true, "max_runs": 1000}'),
    extend("a grant without a limit", b'{"until_decided": true}'),
    extend("a limit without a grant", b'{"max_runs": 1000}'),
    extend("a grant that is a text", b'{"until_decided": "yes", "max_runs": 1000}'),
    extend("a surrogate as a key", b'{"\\ud800": 1}'),
    typed("as plain text", {"Content-Type": "text/plain"}),
    typed("as a form", {"Content-Type": "application/x-www-form-urlencoded"}),
    typed("without a type", {}),
    typed("compressed", {**JSON, "Content-Encoding": "gzip"}),
]  # fmt: skip

TABLES = [
    table("an empty table", ""),
    table("a header alone", HEAD),
    table("a NUL in a cell", HEAD + "0.01,0.9,0\x00.9\n"),
    table("a quote without an end", HEAD + '"0.01,0.9,0.9\n'),
    table("35,000 columns", ",".join(f"c{i}" for i in range(35_000)) + "\n"),
    table("near misses for columns", ",".join(f"etaa{i}" for i in range(20_000)) + "\n"),
    table("a cell of 200,000 characters", HEAD + "1" * 200_000 + ",0.9,0.9\n"),
    table("a header with a line break", '"eta\nx",alpha,value\n0.01,0.9,0.9\n'),
    table("a column twice", "eta,eta,alpha,value\n0.01,0.02,0.9,0.9\n"),
    table("a row that is too long", HEAD + "0.01,0.9,0.9,1,2,3\n"),
    table("a row that is too short", HEAD + "0.01\n"),
    table("an escape character in a header", "eta,alpha,value,\x1b[31m\n0.01,0.9,0.9,1\n", status=422),
    cell("whole numbers with an underscore", "1_0", "fold"),
    cell("whole numbers in full-width digits", "１", "fold"),
    cell("whole numbers in Arabic digits", "١", "fold"),
    cell("a whole number of 400 digits", "9" * 400, "fold"),
    cell("a whole number of 5,000 digits", "9" * 5_000, "fold"),
    cell("a whole number with an exponent", "1e0", "fold"),
    cell("a negative whole number", "-1", "fold"),
    cell("a number with an underscore", "0.0_1"),
    cell("a number in full-width digits", "０.０１"),
    cell("a hexadecimal fraction", "0x1p-7"),
    cell("infinity", "inf"),
    cell("not a number", "nan"),
    cell("a number that overflows", "1e999"),
    cell("a formula", "=1/100"),
    cell("a denormal rate", "1e-320"),
    cell("a negative rate", "-0.01"),
    cell("a unit", "0.01s"),
    cell("momentum of one", "1.0", "alpha"),
    cell("a percentage", "90", "value"),
    rows("no object", b"[]"),
    rows("no rows", {"rows": []}),
    rows("rows that are an object", {"rows": {"0": ROW}}),
    rows("a key twice", b'{"rows": [{"eta": 0.01, "eta": 0.5, "alpha": 0.9, "value": 0.9}]}'),
    rows("rows twice", b'{"rows": [], ' + ONE + b"}"),
    rows("a claim twice inside", b'{"claim": {"eta": 0.01, "eta": 0.5}, ' + ONE + b"}"),
    rows("NaN", b'{"rows": [{"eta": NaN, "alpha": 0.9, "value": 0.9}]}'),
    rows("a number of 400 digits", b'{"rows": [{"eta": 0.01, "alpha": 0.9, "fold": ' + b"9" * 400 + b"}]}"),
    rows("5,001 rows", {"rows": [ROW] * 5_001}),
    rows("5,000 unknown keys", {"rows": [{**ROW, **{f"k{i}": 1 for i in range(5_000)}}]}),
    rows("a text for a number", {"rows": [{**ROW, "eta": "0.01"}]}),
    rows("truth for a number", {"rows": [{**ROW, "value": True}]}),
    rows("nested rows", b'{"rows": ' + b"[" * 60_000 + b"]" * 60_000 + b"}"),
    rows("an escape code as a name", {"name": "\x1b[2J", "rows": [ROW]}),
    rows("an escape code in a claim", {"claim": {"title": "\x1b[2J"}, "rows": [ROW]}),
    rows("a claim that cannot be planned", {"claim": {"eta": 1e-320, "alpha": 0.9}, "rows": [ROW]}),
    rows("a document that is a path", {"document": "/etc/passwd", "rows": [ROW]}),
]  # fmt: skip

ROWS = [*ADDRESSES, *HEADERS, *EXTENSIONS, *TABLES]
