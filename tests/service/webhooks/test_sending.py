"""One attempt against real receivers, well and badly behaved; and the rests between attempts."""

from __future__ import annotations

import ipaddress
import json
import math
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from processes import free_port
from pydantic import SecretStr
from receiver import receiving
from standardwebhooks import Webhook as Verifier

from service.webhooks import sending
from service.webhooks.config import Webhook
from service.webhooks.sending import Attempt, post, rest

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
HOSTS = ("127.0.0.1", "localhost", "localhost.", "2130706433", "017700000001", "[::ffff:127.0.0.1]", "[::1]")
BODY = json.dumps({"type": "study.failed", "title": "größer"}, ensure_ascii=False).encode()


def to(url: str, **fields: Any) -> Webhook:
    return Webhook(name="lab", url=SecretStr(url), secret=SecretStr(SECRET), **fields)


def send(url: str, allowed: Any = LOOPBACK) -> Attempt:
    return post(to(url), message="msg_1", body=BODY, allowed=allowed)


@pytest.fixture(autouse=True)
def own_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine's stands between."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


def test_what_arrives_is_signed_and_others_can_verify_it(tmp_path: Path) -> None:
    with receiving(tmp_path) as target:
        assert send(target.url + "?a=1") == Attempt(204, "")
        (found,) = target.requests
    assert found["request"] == "POST /golden?a=1 HTTP/1.1"
    headers = found["headers"]
    assert headers["host"] == f"127.0.0.1:{target.port}"
    assert headers["content-type"] == "application/json"
    assert Verifier(SECRET).verify(found["body"], headers) == json.loads(BODY)
    assert "cookie" not in headers and "authorization" not in headers


@pytest.mark.parametrize(
    ("behaviour", "argument", "status", "says"),
    [
        ("status", "500", 500, "answered 500"),
        ("status", "410", 410, "wants no more"),
        ("close", "", None, "closed before it came"),
        ("garbage", "", None, "not HTTP"),
        ("huge-head", "", None, "not HTTP"),
    ],
)
def test_a_target_that_fails(tmp_path: Path, behaviour: str, argument: str, status: int | None, says: str) -> None:
    with receiving(tmp_path, behaviour, argument) as target:
        attempt = send(target.url)
    assert (attempt.status, says in attempt.error) == (status, True), attempt
    assert "127.0.0.1" not in attempt.error


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with receiving(tmp_path) as inner, receiving(tmp_path, "redirect", inner.url) as target:
        attempt = send(target.url)
        assert (attempt.status, "redirects are not followed" in attempt.error) == (302, True)
        assert inner.requests == []


def test_a_huge_answer_is_not_read(tmp_path: Path) -> None:
    with receiving(tmp_path, "huge") as target:
        assert send(target.url) == Attempt(200, "")


@pytest.mark.parametrize("behaviour", ["silent", "drip"])
def test_a_slow_target_costs_bounded_time(tmp_path: Path, behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 2.0)
    with receiving(tmp_path, behaviour) as target:
        began = time.monotonic()
        assert send(target.url) == Attempt(None, "no answer in time")
        assert time.monotonic() - began < 8.0


def test_a_target_that_is_down() -> None:
    assert send(f"http://127.0.0.1:{free_port()}/") == Attempt(None, "no connection")
    assert send("http://no-such-host.invalid/") == Attempt(None, "the host has no address")


def test_what_is_not_allowed_gets_nothing(tmp_path: Path) -> None:
    with receiving(tmp_path) as target:
        for host in HOSTS:
            attempt = send(f"http://{host}:{target.port}/", allowed=())
            assert attempt.status is None
            assert attempt.error.startswith("refused: ") or "no address" in attempt.error, (host, attempt)
        assert target.requests == []
        assert send(f"http://[::ffff:127.0.0.1]:{target.port}/").error == "", "allowed by its plain address"


def test_an_unknown_certificate_is_refused(tmp_path: Path) -> None:
    pair = tmp_path / "pair.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(pair), *subject]
    made = subprocess.run(command, capture_output=True, check=True)
    pair.write_bytes(pair.read_bytes() + made.stdout)
    with receiving(tmp_path, tls=pair) as target:
        assert send(target.url.replace("http:", "https:")) == Attempt(None, "its certificate is not trusted")
        assert send(target.url).status is None
        assert target.requests == []


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (lambda: "120", lambda seconds: seconds == 120.0),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(hours=2)), lambda seconds: 7000 < seconds <= 7200),
        (lambda: "Thu, 01 Jan 1970 00:00:00 GMT", lambda seconds: seconds == 0.0),
        (lambda: "99999999999999999999", lambda seconds: seconds == 0.0),
        (lambda: "soon", lambda seconds: seconds == 0.0),
        (lambda: "-5", lambda seconds: seconds == 0.0),
    ],
)
def test_what_a_target_asks_for_is_honoured(
    tmp_path: Path, value: Callable[[], str], holds: Callable[[float], bool]
) -> None:
    with receiving(tmp_path, "retry-after", value()) as target:
        attempt = send(target.url)
    assert attempt.status == 503
    assert holds(attempt.retry_after), attempt


def test_rests_double_up_to_an_hour_and_differ_by_chance() -> None:
    for attempt in range(1, 60):
        longest = min(3600.0, 5.0 * 2 ** (attempt - 1))
        rests = {rest(attempt) for _ in range(20)}
        assert len(rests) > 1
        assert all(longest / 2 <= seconds <= longest for seconds in rests)
    assert rest(1, asked=900.0) == 900.0
    assert rest(1, asked=math.inf) == math.inf
