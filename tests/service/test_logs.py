"""Logs: one line an event, secrets and control characters never, tracebacks without what variables held."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from service import logs
from service.settings import load

SECRET = "canary-9d21-passw0rd"
URL = f"postgresql://golden:{SECRET}@db/golden"
Written = Callable[[], str]


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
