"""Machines that fail their worker: memory, device, schema, password, data (F13 to F15, F26, F43, F44).

No GPU is needed: what is injected is what a process sees of such faults, the allocator's error and an abort.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
import torch
from chaos import Fleet, Ledger, finished, held, runs_done, states, submit
from invariants import check_at_rest, evidence_bytes
from postgres_server import PostgresServer
from processes import BIN
from waiting import exit_code, wait_until

from studies.storage import listing, overview
from studies.storage.engine import Database

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
MNIST = Path("MNIST/raw")


def test_f13_out_of_memory_costs_one_trial(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit(db, limits={"max_attempts": 2, "max_failed_share": 0.5})
    worker = fleet.worker(url, "--name", "w", fault=("memory", 3))
    wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
    before = psutil.Process(worker.pid).memory_info().rss
    wait_until(lambda: finished(db, "small"), seconds=300, what="the study")
    after = psutil.Process(worker.pid).memory_info().rss
    failed = [row for row in listing.trials_page(db, "small", limit=500).items if row.state == "failed"]
    assert worker.poll() is None
    assert {(row.number, row.attempts) for row in failed} == {(3, 2)}
    assert all(str(row.error).startswith("out_of_memory: RuntimeError") for row in failed), failed
    assert finished(db, "small") == "complete"
    assert (after - before) / 2**20 < 50
    grown = round((after - before) / 2**20, 1)
    spared = states(db, "small")["complete"]
    ledger.write(
        "F13", "allocator fails in one trial", n=len(failed) * 2, workers_lost=0, spared=spared, grown_mb=grown
    )


def test_f14_an_abort_costs_one_attempt(
    db: Database, url: str, fleet: Fleet, ledger: Ledger, undisturbed: bytes
) -> None:
    submit(db)
    supervisor = fleet.worker(url, "--lease-seconds", "2", fault=("supervised abort", 5))
    wait_until(lambda: finished(db, "small"), seconds=300, what="the study")
    assert supervisor.poll() is None
    aborts = fleet.log(supervisor).count("worker died")
    assert aborts >= 1
    assert f"exit_code={-6}" in fleet.log(supervisor)
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed
    assert fleet.stop() == [0]
    ledger.write("F14", "worker aborts in a trial, its supervisor goes on", n=aborts, failed=0, identical=1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_f15_a_device_that_is_missing_claims_nothing(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit(db)
    for device in ("cuda", "cuda:0", "cuda:7"):
        worker = fleet.worker(url, "--name", "w", "--device", device)
        assert exit_code(worker) == 2
        said = fleet.log(worker)
        assert f"`--device` '{device}' is not on this machine; it has cpu" in said
        assert "Traceback" not in said
    assert held(db, "w") == 0
    assert states(db, "small")["waiting"] > 0
    ledger.write("F15", "device that is not there", n=3, exit_code=2, claimed=0)


@pytest.mark.parametrize("schema", ["none", "older", "newer", "foreign"])
def test_f26_programs_refuse_a_schema_that_is_not_theirs(
    server: PostgresServer, template: str, fleet: Fleet, ledger: Ledger, schema: str
) -> None:
    name = server.create(template if schema != "none" else "template0")
    with server.open(name) as db, db.begin() as connection:
        change = {
            "none": "SELECT 1",
            "older": "UPDATE golden_alembic_version SET version_num = '0001'",
            "newer": "UPDATE golden_alembic_version SET version_num = '9999'",
            "foreign": "UPDATE alembic_version SET version_num = 'mlflow'",
        }[schema]
        connection.execute(sa.text(change))
    url, took = server.url(name), []
    commands = (["golden-worker", "--device", "cpu"], ["golden", "serve", "--port", "0"], ["golden", "db", "status"])
    for command in commands:
        started = time.monotonic()
        process = fleet.start([str(BIN / command[0]), *command[1:]], url)
        assert exit_code(process) == (3 if command[0] == "golden-worker" else 4), fleet.log(process)
        took.append(time.monotonic() - started)
        said = fleet.log(process)
        assert "Traceback" not in said
        assert any(cure in said for cure in ("golden db upgrade", "install that version", "database of its own")), said
    with server.open(name) as db, db.begin() as connection:
        there = sa.inspect(connection).has_table("golden_studies")
    assert there == (schema != "none"), "nobody migrates unasked"
    ledger.write("F26", f"schema: {schema}", n=len(commands), exit_codes="3, 4", slowest_s=round(max(took), 1))


def test_f43_a_rotated_password_is_waited_for_and_never_written_down(
    server: PostgresServer, db: Database, url: str, fleet: Fleet, ledger: Ledger
) -> None:
    import httpx2 as httpx

    old, new, name = "the-old-password-of-the-lab", "another-one-entirely", url.rpartition("/")[2]
    with server.guarded("golden_user", old, name):
        guarded = url.replace("postgres@", f"golden_user:{old}@")
        submit(db)
        base = fleet.service(guarded)
        worker = fleet.worker(guarded, "--name", "w", "--max-lanes", "2", "--lease-seconds", "3")
        with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
            wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
            server.execute(f"ALTER ROLE golden_user PASSWORD '{new}'")
            server.terminate_sessions(name)
            lines = len(fleet.log(worker).splitlines())
            time.sleep(15)
            answer = client.get("/api/v1/studies")
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert old not in answer.text
            noise = (len(fleet.log(worker).splitlines()) - lines) / 15
            late = fleet.worker(guarded)
            assert exit_code(late) == 4, "one that starts now says why and ends"
            assert [process.poll() for process in fleet.started[:2]] == [None, None]
            server.execute(f"ALTER ROLE golden_user PASSWORD '{old}'")
            wait_until(lambda: finished(db, "small"), what="the study")
            assert client.get("/api/v1/studies").status_code == 200
        check_at_rest(db, "small")
        logs = "".join(fleet.log(process) for process in fleet.started)
        assert "password authentication failed" in logs
        assert old not in logs
        assert noise < 4, "lines a second: nobody hammers the server"
        assert old not in "".join(" ".join(psutil.Process(p.pid).cmdline()) for p in fleet.started[:2])
        fleet.kill()
    ledger.write("F43", "password rotated for 15 s", n=1, workers_lost=0, log_lines_a_second=round(noise, 1), leaks=0)


def _damaged(kind: str, folder: Path) -> Path:
    """A data folder whose MNIST is not what it should be."""
    raw = folder / kind / MNIST
    raw.mkdir(parents=True)
    true = Path(os.environ.get("GOLDEN_DATA_DIR", "data")) / MNIST
    if not true.is_dir():
        pytest.skip("MNIST is not here (GOLDEN_DATA_DIR)")
    for file in true.iterdir():
        shutil.copyfile(file, raw / file.name)
    labels = raw / "train-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    if kind == "truncated":
        del content[30_000:]
    elif kind == "garbage":
        content[:16] = b"<!doctype html>\n"
    else:
        content[5_000] = (content[5_000] + 1) % 10  # one wrong label in sixty thousand
    labels.write_bytes(bytes(content))
    return folder / kind


@pytest.mark.parametrize("kind", ["truncated", "garbage", "changed"])
def test_f44_a_damaged_copy_of_the_data_trains_nothing(
    db: Database, url: str, fleet: Fleet, ledger: Ledger, tmp_path: Path, kind: str
) -> None:
    bad = _damaged(kind, tmp_path)
    good = os.environ["GOLDEN_DATA_DIR"]
    context = {"name": "mnist", "dataset": "mnist", "images": 1000, "epochs": 3, "batch_size": 50}
    second = fleet.worker(url, "--name", "bad", "--data-dir", str(bad))
    wait_until(lambda: "ready" in fleet.log(second), what="the worker")
    second.send_signal(signal.SIGSTOP)  # it is there, and comes too late to be the first that reads the data
    submit(db, contexts=[context], losses=["golden"])
    first = fleet.worker(url, "--name", "good", "--max-lanes", "1", "--data-dir", good)
    wait_until(lambda: held(db, "good") or runs_done(db, "small"), seconds=300, what="a claim with the right data")
    second.send_signal(signal.SIGCONT)
    wait_until(lambda: "data set" in fleet.log(second), seconds=300, what="the refusal")
    wait_until(lambda: finished(db, "small"), seconds=400, what="the study")
    assert first.poll() is None
    assert second.poll() is None, "it waits for work that it can do"
    workers_seen = {row.worker for row in listing.trials_page(db, "small", limit=500).items}
    assert workers_seen == {"good"}
    submit(db, name="digits")
    first.terminate()
    wait_until(lambda: finished(db, "digits") == "complete", what="what the other can do")
    said = fleet.log(second)
    assert ("is damaged" in said) or ("is not the copy that small is measured on" in said)
    assert "Traceback" not in said
    assert overview.get(db, "small").summary.trials_failed == 0
    ledger.write("F44", f"one worker's copy of the data {kind}", n=1, claimed=0)


def test_f44_files_that_are_missing_are_named(db: Database, url: str, fleet: Fleet, tmp_path: Path) -> None:
    submit(db, contexts=[{"name": "cifar", "dataset": "cifar10", "images": 200, "epochs": 1}])
    worker = fleet.worker(url, "--data-dir", str(tmp_path))
    wait_until(lambda: "cifar10 needs" in overview.get(db, "small").summary.note, what="the note")
    assert states(db, "small")["running"] == 0
    assert worker.poll() is None
