"""A service that was restarted says of ended studies what it said before, byte for byte, and judges none anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import forked_programs
import httpx2 as httpx
import pytest
from chaos import Fleet
from planted_study import make, planted
from processes import BIN, environment
from waiting import CEILING, wait_until

from studies.plan.procedure import expected_runs, first_plans
from studies.storage import studies
from studies.storage.engine import open_database

STUDY = "/api/v1/studies/tiny"
READS = (
    f"{STUDY}/verdict",
    f"{STUDY}/verdict?objective=error",
    f"{STUDY}/verdict/objectives",
    f"{STUDY}/report.json",
    f"{STUDY}/report.html",
    f"{STUDY}/figures/landscape",
    f"{STUDY}/forecast",
    "/studies/tiny",
    "/studies/tiny/outcome",
    "/studies/tiny/objectives",
)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    running = Fleet(tmp_path, forked=True)
    yield running
    running.kill()


@contextmanager
def _started(fleet: Fleet, url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fleet.service(url), timeout=CEILING, trust_env=False) as client:
        wait_until(lambda: _ready(client), what="the service")
        yield client


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _read(client: httpx.Client, path: str) -> bytes:
    """A body without what belongs to the moment and to the process; of a page, once its verdicts are there."""
    is_page = not path.startswith("/api")

    def body() -> bytes:
        answer = client.get(path, headers={"Accept": "text/html"} if is_page else {})
        assert answer.status_code == 200, answer.text
        return b"" if is_page and b"data-pending" in answer.content else answer.content

    return re.sub(rb"127\.0\.0\.1:\d+", b"here", wait_until(body, what=f"the verdicts of {path}"))


def _judgings(client: httpx.Client) -> float:
    found = re.search(r"^golden_verdict_seconds_count (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_a_restarted_service_says_the_same_and_judges_nothing(database_url: str, fleet: Fleet, tmp_path: Path) -> None:
    db = open_database(database_url)
    spec = make()
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    planted((0.0159, 0.874)).work_off(db)
    db.dispose()
    with _started(fleet, database_url) as client:
        before = {path: _read(client, path) for path in READS}
        assert _judgings(client) == 6
    fleet.stop()
    with _started(fleet, database_url) as client:
        for path in reversed(READS):  # pages first: no judging came before them
            assert _read(client, path) == before[path], path
        assert _judgings(client) == 0
    report = tmp_path / "report.json"
    report.write_bytes(before[f"{STUDY}/report.json"])
    command = [str(BIN / "golden"), "verify", str(report)]
    verified = forked_programs.run(command, env=environment(database_url), cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
