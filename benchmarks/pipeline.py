"""Share of a worker's wall time outside training: a real worker on a real study, on SQLite and PostgreSQL.

    python benchmarks/pipeline.py [--quick] [--json out.json] [--url postgresql://...]

Each case is a whole study of three losses (map, zoom, confirm, controls) worked off by one `golden-worker` process,
which books its own time: `outside_training` is the share of its wall time, waits for work left out, in which it
trained nothing. It holds everything: loading the data, claiming, storing, planning the next phase. Claiming and
storing run beside the training, so their seconds are shown too. PostgreSQL is one of the benchmark's own, with fsync
on, unless --url names an empty database.

Exit status 1 where a study did not finish with exactly its budget.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from postgres_server import postgres_server
from record import conditions, write

from studies.language.spec import StudySpec, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import overview, studies
from studies.storage.engine import open_database
from studies.storage.migrate import migrate

PACKAGES = ("torch", "sqlalchemy", "psycopg")  # whose versions the figures depend on
LIMIT = 0.03  # of the wall time, the goal
CONTEXTS = {
    "8x8": {"dataset": "digits", "epochs": 30},
    "28x28": {"dataset": "rotated-digits", "images": 1000, "epochs": 3},
}
DESIGN = {"kind": "locate", "map_points": 256, "claim_replicates": 8, "zoom_points": 64, "confirm_blocks": 10}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="8x8 images on SQLite only, a tenth of the epochs")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--url", help="an empty PostgreSQL database to use (it is filled and left so)")
    options = parser.parse_args()
    figures: dict[str, Any] = {"conditions": conditions(*PACKAGES), "limit": LIMIT, "cases": []}
    with databases(options.url, quick=options.quick) as urls:
        for kind, url in urls.items():
            for shape in ["8x8"] if options.quick else CONTEXTS:
                figures["cases"].append({"database": kind, **measure(url, shape, quick=options.quick)})
                print(line(figures["cases"][-1]), flush=True)
    figures["outside_training"] = max(case["outside_training"] for case in figures["cases"])
    figures["goals_met"] = {"outside_training": figures["outside_training"] <= LIMIT}
    print(json.dumps(figures["conditions"]), json.dumps(figures["goals_met"]))
    write(figures, options.json)
    return int(not all(case["exact"] for case in figures["cases"]))


@contextmanager
def databases(url: str | None, *, quick: bool) -> Iterator[dict[str, str]]:
    """Migrated databases by kind."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite = migrated(f"sqlite:///{folder}/golden.db")
        if quick:
            yield {"sqlite": sqlite}
        elif url:
            yield {"sqlite": sqlite, "postgresql": migrated(url)}
        else:
            with postgres_server() as server:
                yield {"sqlite": sqlite, "postgresql": migrated(server.url(server.create()))}


def migrated(url: str) -> str:
    """The address of a database, now with its tables."""
    db = open_database(url)
    migrate(db)
    db.dispose()
    return url


def study(shape: str, *, quick: bool) -> StudySpec:
    """A study of more than 1,000 trials."""
    context = {"name": "paper", **CONTEXTS[shape]}
    if quick:
        context["epochs"] = 3
    return parse(
        {
            "name": f"pipeline-{shape}",
            "losses": ["golden", "sse", "cross_entropy"],
            "contexts": [context],
            "design": DESIGN,
            "replication": {"folds": 3},
        }
    )


def measure(url: str, shape: str, *, quick: bool) -> dict[str, Any]:
    """One study, one worker; the worker's own account of its time."""
    db = open_database(url)
    spec = study(shape, quick=quick)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    account = work(url)
    detail = overview.get(db, spec.name)
    db.dispose()
    exact = detail.summary.state == "complete" and detail.summary.runs_done == expected_runs(spec)
    return {"shape": shape, "trials": detail.summary.runs_done, "exact": exact, **account}


def work(url: str, *, threads: int = 0) -> dict[str, float]:
    """Runs a worker until nothing waits; what it logs at its end."""
    command = [sys.executable, "-m", "worker.main", "--device", "cpu", "--log-format", "json", "--poll-seconds", "0.2"]
    done = subprocess.run(
        [*command, "--exit-when-idle", "2", "--threads", str(threads)],
        env={**os.environ, "GOLDEN_DATABASE_URL": url},
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(text) for text in done.stderr.splitlines() if text.startswith("{")]
    last = next(entry for entry in lines if entry["event"] == "stopped")
    return {key: value for key, value in last.items() if isinstance(value, int | float)}


def line(case: dict[str, Any]) -> str:
    """A case for people."""
    rest = {key: value for key, value in case.items() if key.endswith("_seconds")}
    shown = ", ".join(f"{key.removesuffix('_seconds')} {value:.2f} s" for key, value in rest.items())
    share = f"{100 * case['outside_training']:.1f} % outside training"
    return f"{case['database']:11}{case['shape']:6}{case['trials']:6} trials  {share:28}{shown}"


if __name__ == "__main__":
    sys.exit(main())
