"""Processor time of the first verdict after a restart: where it is stored, and where it must be made again.

    python benchmarks/stored_verdicts.py [--quick] [--json out.json]

A planted study is worked off, without training. Then `golden serve` is started again and again on its database, in
turn with its verdict stored and with the row deleted, and asked once for the verdict over HTTP. What the process used
from the request to the answer is read from its processor clock; every answer must be the same, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import httpx2 as httpx
import sqlalchemy as sa
from planted_worker import Planted
from processes import environment, free_port
from record import conditions, write
from waiting import exit_code, wait_until

from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import overview, schema, studies
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

CASES: dict[str, dict[str, Any]] = {
    "1,230 runs": {},
    "2,400 trials": {"map_points": 128, "claim_replicates": 8, "zoom_points": 312, "confirm_blocks": 51},
}
ROUNDS = 7


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="the first study only, two rounds")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    found = []
    for name in list(CASES)[: 1 if options.quick else None]:
        found.append({"study": name, **measure(CASES[name], rounds=2 if options.quick else ROUNDS)})
        print(json.dumps(found[-1]), flush=True)
    figures = {"conditions": conditions("numpy", "scipy", "sqlalchemy"), "cases": found}
    print(json.dumps(figures["conditions"]))
    write(figures, options.json)
    return 0


def measure(design: dict[str, Any], *, rounds: int) -> dict[str, Any]:
    """CPU-seconds of the request, made anew and stored, medians and ranges."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/golden.db"
        db = open_database(url)
        migrate(db)
        document = {"name": "planted", "contexts": [{"name": "paper", "dataset": "digits", "epochs": 2}]}
        spec = parse({**document, "design": {"kind": "locate", "widen": False, **design}})
        studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
        Planted((0.016, 0.874), noise=0.2, images=1000).work_off(db)
        summary = overview.get(db, "planted").summary
        spent: dict[str, list[float]] = {"made": [], "stored": []}
        answers = set()
        for _ in range(rounds):
            forget(db)
            for kind in spent:
                seconds, answer = first_verdict(url)
                spent[kind].append(seconds)
                answers.add(answer)
        assert len(answers) == 1, "a stored verdict is another one"
        size = body_size(db)
        db.dispose()
    shown = {k: {"median": statistics.median(v), "min": min(v), "max": max(v)} for k, v in spent.items()}
    return {"runs": summary.runs_done, "sweeps": len(spec.losses), "n": rounds, "body_bytes": size, **shown}


def first_verdict(url: str) -> tuple[float, bytes]:
    """A service just started: CPU-seconds of its first verdict, and the answer."""
    port = free_port()
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    root = Path(__file__).resolve().parents[1]
    env = environment(url, OPENBLAS_NUM_THREADS="1", GOLDEN_TICK_SECONDS="3600")
    service = subprocess.Popen(command, env=env, cwd=root, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600, trust_env=False) as client:
            wait_until(lambda: is_ready(client), what="the service")
            before = processor_seconds(service.pid)
            answer = client.get("/api/v1/studies/planted/verdict")
            answer.raise_for_status()
            return processor_seconds(service.pid) - before, answer.content
    finally:
        service.terminate()
        exit_code(service)


def is_ready(client: httpx.Client) -> bool:
    """True once the service answers."""
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def processor_seconds(pid: int) -> float:
    """The processor time that all threads of a process have used (Linux)."""
    return time.clock_gettime((~pid << 3) | 2)


def forget(db: Database) -> None:
    """Delete the stored verdict."""
    with db.begin() as connection:
        connection.execute(sa.delete(schema.verdicts))


def body_size(db: Database) -> int:
    """Characters of the stored verdict."""
    with db.read() as connection:
        return int(connection.execute(sa.select(sa.func.length(schema.verdicts.c.body))).scalar_one())


if __name__ == "__main__":
    sys.exit(main())
