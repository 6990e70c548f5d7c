"""Cost of leasing and finishing over HTTP beside the same work on the database path.

    python benchmarks/leases.py [--quick] [--json out.json] [--url postgresql://...]

Both sides lease `BATCH` trials of one study and finish them, in turn, on the same PostgreSQL (one of the benchmark's
own, with fsync on, unless --url names a server): here `external.lease` and `external.finish`, there a real service
process and `service.client.Client`. Medians count. Then the same over HTTP with few and with 50,000 finished trials.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import sqlalchemy as sa
from own_trainers import document, ending_of, results_of
from processes import BIN, environment, free_port
from record import conditions, write
from waiting import wait_until
from work_queue import database

from service.client import Client
from service.client_errors import ClientError
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import external, overview, schema, studies
from studies.storage.engine import Database, open_database

BATCH = 100  # trials a lease
GOAL = 3.0  # times the database path, at most


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, for a look")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--url", help="an empty database to use (it is filled and left so)")
    options = parser.parse_args()
    with database(options.url) as url, _service(url) as client:
        figures = measure(open_database(url), client, tenth=10 if options.quick else 1)
    print(table(figures))
    write(figures, options.json)
    return 0


def measure(db: Database, client: Client, *, tenth: int) -> dict[str, Any]:
    """All figures; times in milliseconds a trial."""
    rounds, many = 30 // (1 if tenth == 1 else 3), 50_000 // tenth
    submit(db, "beside", trials=2 * (rounds + 2) * BATCH)
    side_by_side(db, client, "beside", rounds=2)  # connections are made, statements prepared
    beside = side_by_side(db, client, "beside", rounds=rounds)
    behind = {}
    for name, done in (("few", 100), ("many", many)):
        submit(db, name, trials=done + (rounds + 1) * BATCH)
        while overview.get(db, name).summary.runs_done < done:
            of_database(db, name)
    analyse(db)
    few, lots = [], []
    for _ in range(rounds):
        few.append(_ms(lambda: of_client(client, "few")) / BATCH)
        lots.append(_ms(lambda: of_client(client, "many")) / BATCH)
    behind = {"n": rounds, "100 finished": statistics.median(few), f"{many} finished": statistics.median(lots)}
    behind["ratio"] = statistics.median(lots) / statistics.median(few)
    held_for = conditions("sqlalchemy", "psycopg", "uvicorn", "fastapi", database=db.kind)
    db.dispose()
    return {"conditions": held_for, "batch": BATCH, "beside": beside, "behind": behind}


def side_by_side(db: Database, client: Client, study: str, *, rounds: int) -> dict[str, Any]:
    """Both sides in turn on one study."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_ms(lambda: of_database(db, study)) / BATCH)
        theirs.append(_ms(lambda: of_client(client, study)) / BATCH)
    direct, http = statistics.median(ours), statistics.median(theirs)
    return {"n": rounds, "database path": direct, "HTTP": http, "ratio": http / direct, "goal": GOAL}


def of_database(db: Database, study: str) -> None:
    """Lease and finish on the database path."""
    batch = external.lease(db, owner="local", worker="direct", limit=BATCH, seconds=600.0, study=study)
    assert batch is not None, "nothing waits"
    assert all(external.finish(db, [ending_of(trial) for trial in batch.trials], owner="local"))


def of_client(client: Client, study: str) -> None:
    """Lease and finish over HTTP."""
    batch = client.lease("http", trials=BATCH, seconds=600.0, study=study)
    assert batch is not None, "nothing waits"
    ends = [
        {"id": t.id, "token": t.token, "runs": results_of(t.model_dump(include={"parameters", "runs"}))}
        for t in batch.trials
    ]
    assert client.finish_trials("http", ends).dropped == []


def submit(db: Database, name: str, *, trials: int) -> None:
    """A study of one phase; the documents' bound of a search is passed over by further losses."""
    losses = [f"l{number}" for number in range(5)]
    design = {"kind": "search", "sampler": "random", "trials": -(-trials // len(losses)), "claim_replicates": 2}
    spec = parse(document(name=name, losses=losses, design=design))
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    analyse(db)


def analyse(db: Database) -> None:
    """Let the planner know what is there, as autovacuum does in time."""
    with db.begin() as connection:
        connection.execute(sa.text(f"ANALYZE {schema.trials.name}"))


@contextmanager
def _service(url: str) -> Iterator[Client]:
    """A client of a real service process."""
    port = free_port()
    env = environment(url, GOLDEN_LOG_LEVEL="error", GOLDEN_WORK_PER_MINUTE="10000000", GOLDEN_TICK_SECONDS="3600")
    process = subprocess.Popen(
        [str(BIN / "golden"), "serve", "--port", str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            wait_until(lambda: _answers(client), what="the service")
            yield client
    finally:
        process.terminate()
        process.wait()


def _answers(client: Client) -> bool:
    try:
        client.version()
    except ClientError:
        return False
    return True


def _ms(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""
    beside, behind = figures["beside"], figures["behind"]
    lines = [
        ", ".join(f"{key} {value}" for key, value in figures["conditions"].items()),
        "",
        f"lease and finish {figures['batch']} trials, ms a trial, median of {beside['n']} alternating cycles",
        *(f"  {name:24}{value:10.3f}" for name, value in beside.items() if name != "n"),
        f"finished trials behind it, HTTP, ms a trial, median of {behind['n']} alternating cycles",
        *(f"  {name:24}{value:10.3f}" for name, value in behind.items() if name != "n"),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
