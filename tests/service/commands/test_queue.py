"""`golden queue` against a service: nothing, what waits and why, what is held."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from golden_cli import as_json
from leases import LEASE
from own_trainers import submit
from serving import serving

from service.app import create_app
from service.cli import main
from service.client_errors import ExitCode
from service.commands import common
from service.commands.queue import NOTHING
from service.settings import Settings
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import external, queue, studies, workers
from studies.storage.engine import Database


@pytest.fixture(autouse=True)
def served(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point the command line at a service on the test's own database."""
    for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
        monkeypatch.delenv(key)
    with serving(create_app(settings, database)) as port:
        monkeypatch.setenv("GOLDEN_SERVER", f"http://127.0.0.1:{port}")
        monkeypatch.setattr(common.out, "_width", 80)  # as where no terminal is
        yield


def _create(database: Database, name: str) -> None:
    design = {"kind": "search", "sampler": "random", "trials": 6, "claim_replicates": 2}
    spec = parse({"name": name, "losses": ["golden"], "contexts": [{"dataset": "digits"}], "design": design})
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))


def shown(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command prints, its lines joined."""
    capsys.readouterr()
    assert main(["queue", *options]) == ExitCode.OK
    return capsys.readouterr().out


def test_an_empty_queue_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys) == f"{NOTHING}\n"
    assert as_json(capsys, "queue") == {"studies": [], "more": 0, "trials": 0, "held": [], "workers": 0}


def test_what_waits_is_shown_in_order_with_its_reason(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("older", "newer", "stopped"):
        _create(database, name)
    studies.pause(database, "stopped")
    submit(database)
    text = shown(capsys)
    assert "trials wait; 0 workers are alive." in text
    assert "own program" in text
    found = as_json(capsys, "queue")
    assert [each["study"] for each in found["studies"]] == ["older", "newer", "own", "stopped"]
    rows = [line.split()[:4] for line in text.splitlines()]
    for each in found["studies"]:  # its first line: place, name, priority, waiting
        place = "–" if each["place"] is None else str(each["place"])
        assert [place, each["study"], "0", str(each["waiting"])] in rows
    assert "It is paused;" in text and "No worker is alive;" in text  # the rest stands on further lines
    assert "\nbeing trained" not in text
    part = shown(capsys, "--limit", "1")
    assert "And 3 more" in part
    assert "stopped" not in part


def test_who_holds_what_is_shown(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    _create(database, "older")
    submit(database)
    workers.register(database, name="w-1", host="h", pid=1, device="cpu", version="0")
    assert queue.claim(database, worker="w-1", limit=3, lease_seconds=LEASE) is not None
    assert external.lease(database, owner="alice", worker="node-7", limit=1, seconds=LEASE) is not None
    text = shown(capsys)
    _, _, held = text.partition("\nbeing trained")
    assert held
    line = next(each for each in held.splitlines() if "w-1" in each)
    assert "older" in line and "search, 3 trials" in line
    assert "map, trial" in next(each for each in held.splitlines() if "node-7" in each)
    assert [each["worker"] for each in as_json(capsys, "queue")["held"]] == ["alice/node-7", "w-1"]


def test_a_wide_queue_fits_a_narrow_terminal(
    database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _create(database, "a-study-with-a-name-that-is-as-long-as-names-may-well-become")
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, shown(capsys).splitlines())) <= 80


def test_what_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for limit in ("0", "1001", "many"):
        assert main(["queue", "--limit", limit]) == ExitCode.USAGE
    assert main(["queue", "--server", "http://127.0.0.1:9"]) == ExitCode.UNREACHABLE
    assert "http://127.0.0.1:9" in capsys.readouterr().err
