"""The documentation of messages: its ten lines verify what is sent, and its example is a message."""

from __future__ import annotations

import json
import re
import runpy
import time
from pathlib import Path

from filled_answers import NO, answered

from service.webhooks.config import key_of
from service.webhooks.message import StudyMessage, SweepOutcome
from service.webhooks.signature import signed_headers
from studies.verdict.exchange import from_json
from studies.verdict.model import Outcome

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_ten_lines_verify(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(import base64.*?)```", PAGE, re.DOTALL)
    (tmp_path / "verify.py").write_text(code)
    verified = runpy.run_path(str(tmp_path / "verify.py"))["verified"]
    body = '{"a": "ö"}'.encode()
    headers = signed_headers(key_of(SECRET), message="msg_1", at=int(time.time()), body=body)
    assert verified(SECRET, headers, body)
    assert not verified(SECRET, headers, body + b" ")
    assert not verified(SECRET.replace("M", "N"), headers, body)
    old = signed_headers(key_of(SECRET), message="msg_1", at=int(time.time()) - 301, body=body)
    assert not verified(SECRET, old, body)


def test_the_example_is_a_message() -> None:
    (text,) = re.findall(r"```json\n(\{\"id\": \"msg_.*?)```", PAGE, re.DOTALL)
    message = StudyMessage.model_validate_json(text)
    assert json.loads(message.model_dump_json()).keys() == json.loads(text).keys()
    assert json.loads(text)["data"].keys() == message.model_dump()["data"].keys()


def test_a_sweep_carries_its_three_statements() -> None:
    """Under an earlier analysis it has none, and its message is as before."""
    published = Path(__file__).parents[3] / "docs/results/rotated-mnist.json"
    (sweep,) = from_json(json.loads(published.read_text("utf-8"))["verdict"]).sweeps
    assert SweepOutcome.of(sweep).statements == ()
    found = SweepOutcome.of(answered(sweep, Outcome.REFUTED, "regret", NO)).statements
    assert [(line.statement, line.answer) for line in found] == [("as_good", "no"), ("there", "no"), ("matters", "no")]
    assert found[1].number == "at least a factor 3.4 away"
