"""Logs: one line an event, secrets and control characters never, tracebacks without what variables held."""

from __future__ import annotations

import io
import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
import structlog
from chaos import Fleet
from processes import BIN, environment, free_port
from waiting import CEILING, exit_code, wait_until

from service import logs
from service.door.security import login_code
from service.settings import load

SECRET = "canary-9d21-passw0rd"
URL = f"postgresql://golden:{SECRET}@db/golden"
Written = Callable[[], str]


STUDIES = "/api/v1/studies"
CANARY = "canary-7f3a91c4d2e85b60"


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Logging as the service has it, in each form; gives what was written."""
    buffer, root = io.StringIO(), logging.getLogger()
    monkeypatch.setattr("sys.stderr", buffer)
    monkeypatch.setattr(root, "handlers", [])  # pytest's own are put back at the end
    level = root.level
    logs.configure(load({}, database_url=URL, token=SECRET + "-token", log_format=request.param))
    yield buffer.getvalue
    structlog.reset_defaults()
    root.setLevel(level)


def test_secrets_are_blanked_wherever_they_are(written: Written) -> None:
    log = structlog.get_logger("service.test")
    log.info(f"connecting to {URL}", url=URL, given={"deep": [URL]}, token="anything-at-all")
    logging.getLogger("elsewhere").warning("failed: %s", URL)
    text = written()
    assert SECRET not in text
    assert "anything-at-all" not in text
    assert text.count("***") >= 4


def test_tracebacks_hold_no_secret_and_no_variables(written: Written) -> None:
    def fails(hidden: str) -> None:
        raise RuntimeError(f"cannot open {URL}")

    try:
        fails("-".join(["a", "local", "value"]))
    except RuntimeError:
        structlog.get_logger("service.test").exception("failed")
        logging.getLogger("elsewhere").exception("failed too")
    text = written()
    assert SECRET not in text
    assert "a-local-value" not in text
    assert text.count("RuntimeError: cannot open") == 2


@pytest.mark.parametrize(
    "odd", ["a\nforged line", "a\r\nforged", "\x1b[2Jx", "a\x00b", "a\u202eb", "a\u2028b", "\x9b1m"]
)
def test_no_text_forges_a_line_or_moves_the_cursor(written: Written, odd: str) -> None:
    structlog.get_logger("service.test").info("seen", path=odd)
    structlog.get_logger("service.test").info(odd)
    text = written()
    assert len(text.splitlines()) == 2
    assert not [c for c in text if not c.isprintable() and c != "\n"]


def test_json_lines_are_json(written: Written) -> None:
    structlog.get_logger("service.test").info("seen", path='"}{"event":"forged"')
    text = written()
    if text.startswith("{"):
        assert json.loads(text)["path"] == '"}{"event":"forged"'
        assert {"event", "level", "timestamp"} <= json.loads(text).keys()
    else:
        assert "seen" in text


def test_no_secret_is_written_anywhere(tmp_path: Path) -> None:
    """The database cannot be reached, so everybody complains about it; the password is in nobody's complaint."""
    url = f"postgresql://golden:{CANARY}@127.0.0.1:{free_port()}/none"
    env = {"GOLDEN_TOKEN": f"{CANARY}-token", "GOLDEN_SERVER": f"http://127.0.0.1:{free_port()}"}
    lines = ("golden serve --log-format json", "golden serve --log-format console", "golden doctor", "golden db status")
    lines += ("golden db upgrade", "golden list", "golden-worker --device cpu --exit-when-idle 1")
    fleet = Fleet(tmp_path, forked=True)
    for line in lines:
        program, *arguments = line.split()
        fleet.start([str(BIN / program), *arguments], url, **env)
    for line, process in zip(lines, fleet.started, strict=True):
        assert exit_code(process) != 0, line
        written = fleet.log(process)
        assert written, line
        assert CANARY not in written, line


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


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
