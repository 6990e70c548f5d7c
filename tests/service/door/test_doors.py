"""Every registered route, every method, every kind of answer: credentials first, headers always, secrets never."""

from __future__ import annotations

import ast
import itertools
import os
import pty
import re
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from processes import BIN, environment, free_port
from waiting import CEILING, exit_code, wait_until

from service.app import create_app
from service.door.gate import HEADERS, LOGOUT, OPEN_PATHS, PURE_POSTS, SAFE_METHODS
from service.door.security import COOKIE, login_code
from service.settings import Settings
from studies.storage import overview
from studies.storage.engine import Database

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW")
STUDIES = "/api/v1/studies"
ROOT = Path(__file__).parents[3]
CANARY = "canary-7f3a91c4d2e85b60"
FILLED = {"form": "csv", "kind": "landscape", "sweep": "golden@paper", "number": "0", "path": "no/such", "file": "x.js"}


def _registered(routes: Any, prefix: str = "") -> Iterator[str]:
    """Path templates of all routes, those of included routers among them."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _registered(inner.routes, prefix + getattr(route.include_context, "prefix", ""))
        else:
            yield prefix + route.path


def _addresses(app: Any) -> list[str]:
    templates = {*_registered(app.routes), *app.openapi()["paths"]}
    filled = {re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: FILLED.get(m[1], "small"), t) for t in templates}
    return sorted({*filled, "/docs", "/redoc", "/openapi.json", "/api/v1/nothing", "/metrics"})


def test_the_walk_sees_every_kind_of_route(locked: TestClient) -> None:
    found = _addresses(locked.app)
    assert {"/", "/submit", "/workers", f"{STUDIES}/small/export.csv", "/login", "/assets/small/x.js"} <= set(found)
    assert len(found) >= 40


def test_no_route_answers_without_a_token(locked: TestClient) -> None:
    for address, method in itertools.product(_addresses(locked.app), METHODS):
        if address not in OPEN_PATHS:
            answer = locked.request(method, address, follow_redirects=False)
            assert answer.status_code == 401, (method, address)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_read_token_changes_nothing(locked: TestClient, database: Database, document: dict[str, Any]) -> None:
    locked.post(STUDIES, json=document, headers={"Authorization": f"Bearer {TOKEN}"})
    before = overview.revisions(database)
    read = {"Authorization": f"Bearer {READ_TOKEN}"}
    for address, method in itertools.product(_addresses(locked.app), METHODS):
        if method not in SAFE_METHODS and address not in {*PURE_POSTS, *OPEN_PATHS, LOGOUT}:
            answer = locked.request(method, address, headers=read, json={"more": 1})
            assert answer.status_code == 403, (method, address)
    assert overview.revisions(database) == before


def test_safe_methods_change_nothing(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    before = overview.revisions(database)
    for address, method in itertools.product(_addresses(api.app), sorted(SAFE_METHODS)):
        if not address.endswith("/events"):
            assert api.request(method, address, follow_redirects=False).status_code < 500, (method, address)
    assert overview.revisions(database) == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD"])
def test_methods_that_are_not_there(api: TestClient, method: str) -> None:
    for path in (STUDIES, f"{STUDIES}/small/runs", "/api/v1/workers", "/healthz", "/metrics"):
        answer = api.request(method, path)
        assert answer.status_code == 405, (method, path)
        assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST", "DELETE"}


@pytest.fixture
def breaking(settings: Settings, database: Database) -> Iterator[TestClient]:
    """An application with a route that fails as no route should."""
    app: FastAPI = create_app(settings, database)

    def broken() -> None:
        raise RuntimeError(f"{CANARY} at line 1")

    app.router.routes.insert(0, APIRoute("/broken", broken))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def test_a_defect_is_told_without_its_details(breaking: TestClient) -> None:
    answer = breaking.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    assert answer.headers["x-request-id"]
    assert 'route="/broken",status="500"' in breaking.get("/metrics").text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/studies/small", 200),
        ("GET", f"{STUDIES}/small", 200),
        ("GET", f"{STUDIES}/small/report.html", 200),
        ("GET", f"{STUDIES}/small/export.csv", 200),
        ("GET", f"{STUDIES}/small/export.parquet", 200),
        ("GET", "/metrics", 200),
        ("GET", "/favicon.ico", 200),
        ("GET", "/nowhere", 404),
        ("PUT", STUDIES, 405),
        ("POST", STUDIES, 415),
        ("GET", f"{STUDIES}?limit=0", 422),
        ("GET", "/login?code=x", 401),
    ],
)
def test_every_kind_of_answer_carries_the_headers(
    api: TestClient, document: dict[str, Any], method: str, path: str, status: int
) -> None:
    api.post(STUDIES, json=document)
    answer = api.request(method, path)
    assert answer.status_code == status
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])
    policy = answer.headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy


def test_304_and_421_carry_the_headers(api: TestClient) -> None:
    tag = api.get(STUDIES).headers["etag"]
    for answer in (
        api.get(STUDIES, headers={"If-None-Match": tag}),
        api.get(STUDIES, headers={"Host": "evil.example"}),
    ):
        assert answer.status_code in {304, 421}
        assert all(answer.headers[name] == value for name, value in HEADERS.items())


@pytest.mark.parametrize("given", ["abc-1", "x" * 65, "a b", "a\tb", '"><script>', ""])
def test_request_ids_are_taken_over_if_harmless(api: TestClient, given: str) -> None:
    answer = api.get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is (given == "abc-1")


def test_a_used_login_code_stays_used_after_a_restart(settings: Settings, database: Database) -> None:
    guarded = Settings(database_url=settings.database_url, token=TOKEN, tick_seconds=3600.0)
    code, seen = login_code(TOKEN), []
    for _ in range(2):  # the same service, started twice
        with TestClient(create_app(guarded, database), base_url="http://127.0.0.1:8000") as client:
            seen.append(client.get("/login", params={"code": code}, follow_redirects=False).status_code)
    assert seen == [303, 401]


@pytest.mark.parametrize(("server", "secure"), [("https://lab.example", True), ("http://lab.example", False)])
def test_cookie_attributes(settings: Settings, database: Database, server: str, secure: bool) -> None:
    guarded = Settings(database_url=settings.database_url, token=TOKEN, server=server, tick_seconds=3600.0)
    with TestClient(create_app(guarded, database), base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/login", params={"code": login_code(TOKEN)}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert answer.headers["cache-control"] == "no-store"
    assert all(part in cookie for part in (f"{COOKIE}=", "HttpOnly", "SameSite=strict", "Path=/", "Max-Age="))
    assert ("Secure" in cookie) is secure
    assert TOKEN not in cookie


# What is written down


def test_no_secret_is_written_anywhere(tmp_path: Path) -> None:
    """The database cannot be reached, so everybody complains about it; the password is in nobody's complaint."""
    url = f"postgresql://golden:{CANARY}@127.0.0.1:{free_port()}/none"
    env = environment(url, GOLDEN_TOKEN=f"{CANARY}-token", GOLDEN_SERVER=f"http://127.0.0.1:{free_port()}")
    lines = ("golden serve --log-format json", "golden serve --log-format console", "golden doctor", "golden db status")
    lines += ("golden db upgrade", "golden list", "golden-worker --device cpu --exit-when-idle 1")
    pipe = subprocess.PIPE
    started = []
    for line in lines:
        program, *arguments = line.split()
        command = [str(BIN / program), *arguments]
        started.append(subprocess.Popen(command, env=env, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True))
    for line, process in zip(lines, started, strict=True):
        written = "".join(process.communicate(timeout=CEILING))
        assert written, line
        assert CANARY not in written, line
        assert process.returncode != 0, line


def test_the_log_of_a_busy_service_holds_no_secret_and_no_forged_line(tmp_path: Path) -> None:
    env = environment(f"sqlite:///{tmp_path}/golden.db", GOLDEN_TOKEN=CANARY, GOLDEN_LOG_FORMAT="json")
    log, port = tmp_path / "log", free_port()
    command = [str(BIN / "golden"), "serve", "--migrate", "--port", str(port)]
    with log.open("wb") as output, subprocess.Popen(command, env=env, stderr=output, stdout=output) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=CEILING) as client:
            wait_until(lambda: _ready(client), what="the service")
            code = login_code(CANARY)
            client.get("/login", params={"code": code})
            client.get(STUDIES, headers={"Authorization": f"Bearer {CANARY}", "X-Request-Id": "seen-1"})
            client.get(STUDIES, params={"token": CANARY}, headers={"User-Agent": 'x\x1b[2J"}{"forged":1'})
            client.get('/a%0a{"event":"forged"}%1b[31m')
        arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.terminate()
        assert exit_code(process) == 0
    lines = log.read_text().splitlines()
    requests = [line for line in lines if '"event": "request"' in line]
    assert CANARY.encode() not in arguments
    assert not [line for line in lines if CANARY in line or code in line]
    assert all(line.startswith("{") for line in lines)
    assert not [line for line in lines if "login?code=" in line]
    assert "golden login" in lines[0]
    assert [line for line in requests if '"request_id": "seen-1"' in line and '"status": 200' in line]
    assert not [line for line in lines if line.startswith('{"event":"forged"}') or "\x1b" in line]


@pytest.mark.parametrize(("options", "written"), [((), True), (("--log-format", "json"), False)])
def test_a_terminal_alone_is_shown_the_address_that_logs_in(
    tmp_path: Path, options: tuple[str, ...], written: bool
) -> None:
    env = environment(f"sqlite:///{tmp_path}/golden.db", GOLDEN_TOKEN=CANARY)
    ours, theirs = pty.openpty()
    command = [str(BIN / "golden"), "serve", "--migrate", "--port", "0", *options]
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        try:
            shown = wait_until(lambda: _line_from(ours), what="the first line")
            port = re.search(rb"127\.0\.0\.1:(\d+)", shown)
            assert port is not None, shown
            with httpx.Client(base_url=f"http://127.0.0.1:{int(port[1])}", trust_env=False, timeout=CEILING) as client:
                wait_until(lambda: _ready(client), what="the service")  # now it knows what SIGTERM asks
        finally:
            process.terminate()
        assert exit_code(process) == 0
    os.close(theirs)
    os.close(ours)
    assert (b"/login?code=" in shown) is written
    assert CANARY.encode() not in shown


def _line_from(terminal: int) -> bytes:
    """What was written there, b"" for nothing yet."""
    return os.read(terminal, 4096) if select.select([terminal], [], [], 0)[0] else b""


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


# What is never run

FORBIDDEN_IMPORTS = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "code",
    "codeop",
    "yaml",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "execfile"}
FORBIDDEN_METHODS = {"read_pickle", "to_pickle", "load_module", "import_module", "system", "popen", "unsafe_load"}
OURS = sorted(p for room in ("studies", "service", "worker") for p in (ROOT / room).rglob("*.py"))


def _dangers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"import {n.name}" for n in names if n.name.split(".")[0] in FORBIDDEN_IMPORTS)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in FORBIDDEN_IMPORTS:
                yield f"from {module} import"
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield f"{name}()"
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant()]):
                pass  # a name that stands in the program is an import like any other
            case ast.Call(func=ast.Attribute(attr=name)) if name in FORBIDDEN_METHODS:
                yield f".{name}()"
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield "allow_pickle=True"
            case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                yield "shell=True"
            case ast.keyword(arg="weights_only", value=ast.Constant(value=False)):
                yield "weights_only=False"
            case _:
                pass


def test_the_search_for_dangers_finds_them() -> None:
    text = "import pickle\nfrom yaml import load\neval('1')\nnp.load(f, allow_pickle=True)\nrun('x', shell=True)\n"
    assert len(list(_dangers(ast.parse(text)))) == 5


def test_nothing_is_unpickled_evaluated_or_run_by_a_shell() -> None:
    assert len(OURS) > 150
    found = {str(p.relative_to(ROOT)): list(_dangers(ast.parse(p.read_text("utf-8")))) for p in OURS}
    assert {path: dangers for path, dangers in found.items() if dangers} == {}
