"""The main job with real processes: submitted by curl, trained by workers on a shared database, judged, reported."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import forked_programs
import optuna
import pytest
from leases import pass_time
from processes import BIN, Start, environment, stop_still
from waiting import CEILING, exit_code, wait_until

from service.client import Client
from studies.errors import StorageUnavailableError
from studies.language.spec import parse
from studies.plan.procedure import expected_runs
from studies.report.document import verify_report
from studies.storage.engine import Database

STUDY = """
name = "small"
losses = ["golden", "sse", "cross_entropy"]
[[contexts]]
name = "digits"
dataset = "digits"
epochs = 3
[design]
kind = "locate"
map_points = 24
claim_replicates = 4
zoom_points = 16
widen = false
confirm_blocks = 4
[replication]
folds = 3
"""


def curl(*arguments: str, data: bytes = b"") -> Any:
    """curl's answer as JSON; curl is what a stranger has."""
    command = ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", f"{CEILING:.0f}", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, timeout=2 * CEILING, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def submit(base: str, text: str) -> Any:
    return curl(
        "-H", "Content-Type: application/toml", "--data-binary", "@-", f"{base}/api/v1/studies", data=text.encode()
    )


def none_held(client: Client, db: Database) -> bool:
    """True if no trial is leased any more, after every lease was brought to its end.

    False, too, while rows are locked: by a worker that was frozen in a transaction, which the server then cuts.
    """
    try:
        pass_time(db)
    except StorageUnavailableError:
        return False
    return client.study("small").summary.trials_running == 0


def finished(client: Client, name: str) -> Any:
    study = client.study(name)
    return study if study.summary.state in ("complete", "failed", "cancelled") else None


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_study_submitted_with_curl_is_trained_judged_and_reported(
    server: str, start: Start, database_url: str
) -> None:
    workers = 2 if database_url.startswith("postgresql") else 1
    for _ in range(workers):
        start("golden-worker", "--device", "cpu", "--max-lanes", "2")  # small stacks: nobody takes all the work
    with Client(server) as client:
        wait_until(lambda: len(client.workers()) == workers, what="the workers")
    answer = submit(server, STUDY)
    assert answer["summary"]["name"] == "small"
    most = expected_runs(parse(STUDY, form="toml"))
    with Client(server) as client:
        study = wait_until(lambda: finished(client, "small"), what="the study")
        assert study.summary.state == "complete"
        budget = study.summary.runs_expected
        assert study.summary.runs_done == budget
        assert (most - budget) % 4 == 0 <= most - budget <= 3 * 2 * 4, "arms that coincide, at most two of a loss"
        wait_until(lambda: sum(w.runs_done for w in client.workers()) == budget, what="the workers' counts")
        assert len([w for w in client.workers() if w.runs_done]) == workers
    verdict = curl(f"{server}/api/v1/studies/small/verdict")
    four_pairs_decide_nothing = {"golden": "inconclusive", "sse": "inconclusive", "cross_entropy": "inconclusive"}
    assert verdict["outcome"] == "inconclusive", "four pairs have 16 sign patterns: no p-value below 0.0625"
    assert {s["loss"]: s["outcome"] for s in verdict["sweeps"]} == four_pairs_decide_nothing
    report = curl(f"{server}/api/v1/studies/small/report.json")
    assert verify_report(report) == []
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    storage = optuna.storages.RDBStorage(url)
    trials = {sweep.name: sum(phase.complete for phase in sweep.phases) for sweep in study.sweeps}
    assert sum(trials.values()) == budget
    for sweep in study.sweeps:
        found = optuna.load_study(study_name=f"small/{sweep.name}", storage=storage)
        numbers = [t.number for t in found.trials]
        assert numbers == list(range(trials[sweep.name]))
        assert {t.state for t in found.trials} == {optuna.trial.TrialState.COMPLETE}
        assert found.best_value == pytest.approx(sweep.best.value)
    storage.engine.dispose()


def test_killed_workers_cost_nothing_but_time(server: str, start: Start, database_url: str, database: Database) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("several workers are for PostgreSQL")
    first, second = (start("golden-worker", "--device", "cpu", "--lease-seconds", "30") for _ in range(2))
    with Client(server) as client:
        client.submit(parse(STUDY, form="toml"))
        wait_until(lambda: client.study("small").summary.runs_done > 0, what="a first result")
        first.send_signal(signal.SIGKILL)
        stop_still(second)
        wait_until(lambda: none_held(client, database), what="both leases to end")  # what comes back is a zombie
        third = start("golden-worker", "--device", "cpu", "--lease-seconds", "30")
        second.send_signal(signal.SIGCONT)
        study = wait_until(lambda: finished(client, "small"), what="the study")
        summary = study.summary
        assert (summary.state, summary.trials_failed) == ("complete", 0)
        assert summary.runs_done == summary.runs_expected
        assert second.poll() is None, "a worker that lost its lease lives on"
        rows = list(client.runs("small"))
        wait_until(lambda: third.pid in {w.pid for w in client.workers()}, what="the late worker")
    assert len({(r.sweep, r.trial, r.run) for r in rows}) == len(rows) == summary.runs_expected
    for process in (second, third):
        process.send_signal(signal.SIGTERM)
        assert exit_code(process) == 0


def test_real_mnist_is_trained(sqlite_url: str, tmp_path: Path) -> None:
    folder = os.environ.get("GOLDEN_DATA_DIR", "")
    if not (Path(folder) / "MNIST" / "raw").is_dir():
        pytest.skip("MNIST is not here: set GOLDEN_DATA_DIR to the folder that holds MNIST/raw")
    text = STUDY.replace('dataset = "digits"', 'dataset = "mnist"\nimages = 1500').replace("epochs = 3", "epochs = 1")
    from studies.plan.procedure import first_plans
    from studies.storage import overview, results, studies
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    spec = parse(text, form="toml")
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    command = [str(BIN / "golden-worker"), "--device", "cpu", "--exit-when-idle", "1", "--data-dir", folder]
    done = forked_programs.run(command, env=environment(sqlite_url), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    detail = overview.get(db, "small")
    assert detail.summary.state == "complete"
    runs = results.runs(db, "small", "cross_entropy@digits")
    (sweep,) = (sweep for sweep in detail.sweeps if sweep.loss == "cross_entropy")
    assert len(runs) == sum(phase.runs_planned for phase in sweep.phases) <= expected_runs(spec) // 3
    assert runs.accuracy.max() > 0.8
    assert set(runs.n_test.tolist()) == {500}
    db.dispose()


@pytest.mark.timeout(1800)
def test_the_demo_reaches_a_verdict_and_leaves_a_report_that_verifies(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GOLDEN_")}
    command = [str(BIN / "golden"), "demo", "--data", str(tmp_path), "--exit"]
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1700, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "refuted" in done.stdout, "the seeds are the catalogue's, the best learning rate far from the claim's"
    report = json.loads((tmp_path / "quickstart-report.json").read_text("utf-8"))
    assert verify_report(report) == []
    assert report["verdict"]["outcome"] == "refuted"
    page = (tmp_path / "quickstart-report.html").read_text("utf-8")
    assert "<script src" not in page, "the report works offline"
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, check=False)
    assert left.stdout == b"", "no process is left behind"
