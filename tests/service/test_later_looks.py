"""What would decide, and `extend` until it is decided: on the command line and by the client."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from planted_worker import Planted

from service.cli import main
from service.client import Client, ExitCode
from service.tables import forecast_lines
from studies import golden
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
ROUND = 24 + 6 * 7
WORKER = Planted((golden.ETA, golden.ALPHA), noise=0.2)


@pytest.fixture
def undecided(api: TestClient, database: Database, document: dict[str, Any]) -> str:
    """Name of a complete locate study whose verdict is inconclusive for want of data."""
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    answer = api.post(STUDIES, json={**document, "losses": ["golden"], "name": "undecided", "design": design})
    assert answer.status_code == 201
    WORKER.work_off(database)
    return "undecided"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--until-decided"],
        ["--max-runs", "5"],
        ["--more", "2", "--max-runs", "5"],
        ["--more", "2", "--until-decided", "--max-runs", "5"],
        ["--until-decided", "--max-runs", "0"],
    ],
)
def test_the_command_takes_one_form_or_the_other(options: list[str]) -> None:
    assert main(["extend", "any", *options]) == ExitCode.USAGE


def test_the_command_line_says_what_would_decide_and_how_to_do_it() -> None:
    needed = {"runs": 338, "expected": "supported", "by_extension": True}
    told = {
        "study": "s",
        "workers": 1,
        "sweeps": [
            {"sweep": "golden@paper", "needed": needed, "seconds": 720.0, "rate_measured": True, "grant": 338},
            {"sweep": "sse@paper", "needed": {**needed, "runs": None}, "seconds": None, "grant": 0},
        ],
    }
    assert forecast_lines(told) == [
        "golden@paper: 338 runs, about 12.0 min on the present workers, are expected to make it supported.",
        "To do so: golden extend s --until-decided --max-runs 338",
    ]


@pytest.mark.parametrize(
    ("workers", "pace"),
    [(2, "at a rate that no worker has measured yet"), (0, "at an assumed rate, as no worker is up")],
)
def test_a_time_that_nobody_measured_is_told_as_such(workers: int, pace: str) -> None:
    needed = {"runs": 338, "expected": "refuted", "by_extension": False}
    item = {"sweep": "golden@paper", "needed": needed, "seconds": 30.0, "rate_measured": False, "grant": 0}
    assert forecast_lines({"study": "s", "workers": workers, "sweeps": [item]}) == [
        f"golden@paper: 338 runs, about 30 s {pace}, are expected to make it refuted, in a new study."
    ]


def test_the_client_asks_for_both(api: TestClient, undecided: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        assert client.forecast(undecided)["study"] == undecided
        assert client.extend_until_decided(undecided, ROUND)["summary"]["runs_granted"] == ROUND
