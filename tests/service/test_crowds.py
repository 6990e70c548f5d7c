"""More connections than a process may open files: others are answered, and the log stays short."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from crowd import READ_TOKEN, Besieged, besieged
from raw_http import request_head
from waiting import wait_until

from service.pages.assets import PLOTLY

pytestmark = pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 4096, reason="the test's own process may not open so many files"
)
CROWD = 1100
LISTS = "/api/v1/studies"
WITH_TOKEN = f"Authorization: Bearer {READ_TOKEN}"
CROWDS = {
    "silent": b"",
    "half of a head": b"GET /api/v1/studies HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "streams": request_head("GET", "/api/v1/events", WITH_TOKEN),
    "streams with half of a body": request_head("GET", "/api/v1/events", WITH_TOKEN, "Content-Length: 100") + b"{",
    "half of a body": request_head("POST", f"{LISTS}/preview", WITH_TOKEN, "Content-Length: 100") + b"{",
    "nothing is read": request_head("GET", f"/assets/{PLOTLY}", WITH_TOKEN),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    """A server that may open 1,024 files and no more."""
    with besieged(tmp_path_factory.mktemp("crowd"), files=1024) as found:
        yield found


def _cost(server: Besieged, process: psutil.Process, path: str, source: str | None) -> float:
    used = sum(process.cpu_times()[:2])
    assert server.get(path, source=source).status_code == 200
    return sum(process.cpu_times()[:2]) - used


@pytest.mark.parametrize("sent", CROWDS.values(), ids=CROWDS.keys())
def test_others_are_answered_beside_a_crowd(server: Besieged, sent: bytes) -> None:
    before = len(server.lines())
    process = psutil.Process(server.process.pid)
    with server.crowd(CROWD, sent):
        wait_until(lambda: _answers(server, None), what="the crowd to be dealt with")
        wait_until(lambda: _rests(process), what="the crowd to cost no more by itself")
        for source in (None, "127.0.0.2"):
            for path in ("/healthz", LISTS):
                costs = [
                    _cost(server, process, path, source) for _ in range(3)
                ]  # the crowd's own end may fall into one
                assert min(costs) < 1.0, "seconds of processor time until the answer"
        assert process.num_fds() < 1024 - 32, "files are left for the database and the log"
        assert process.memory_info().rss < 1e9
    assert len(server.lines()) - before < 100
    assert "Traceback" not in server.log.read_text()


def _rests(process: psutil.Process) -> bool:
    """True where a server uses next to no processor time while nobody else asks."""
    used = sum(process.cpu_times()[:2])
    time.sleep(0.3)
    return sum(process.cpu_times()[:2]) - used < 0.1


def _answers(server: Besieged, source: str | None) -> bool:
    return server.get("/healthz", source=source).status_code == 200


def test_streams_of_one_address_make_room_for_another(server: Besieged) -> None:
    with server.crowd(CROWD, CROWDS["streams"]):
        wait_until(lambda: _streams(server) >= 400, what="every place to be taken")
        with server.crowd(1, CROWDS["streams"], source="127.0.0.3") as (mine,):
            assert b"200 OK" in mine.recv(4096)


def _streams(server: Besieged) -> float:
    lines = server.get("/metrics").text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith("golden_event_stream"))


@pytest.mark.parametrize(("files", "hard"), [(256, 256), (256, 4096)])
def test_the_service_says_what_it_can_take(tmp_path: Path, files: int, hard: int) -> None:
    with besieged(tmp_path, files=files, hard=hard, GOLDEN_MAX_STREAMS="1500", GOLDEN_LOG_FORMAT="json") as server:
        with server.crowd(300, b""):
            assert server.get("/healthz").status_code == 200
            assert server.get(LISTS).status_code == 200
        events = [json.loads(line) for line in server.lines()]
    limits = next(event for event in events if event["event"] == "limits")
    assert limits["files"] == hard
    assert limits["streams"] <= limits["connections"] // 2
    warned = [event["event"] for event in events if event["level"] == "warning"]
    assert any(line.startswith("GOLDEN_MAX_STREAMS is 1,500") for line in warned) is (files == hard)


def test_a_limit_that_is_lowered_later_closes_those_who_wait(tmp_path: Path) -> None:
    with besieged(tmp_path, files=1024) as server, server.crowd(200, b""):
        assert server.get("/healthz").status_code == 200
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (100, 1024))
        with server.crowd(100, b""):
            assert server.get("/healthz").status_code == 200
    assert len(server.lines()) < 100
    assert "Traceback" not in server.log.read_text()
