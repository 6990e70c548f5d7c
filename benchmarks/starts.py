"""Processor time until a program is ready: `golden serve`, a worker of a small study, and a command.

    python benchmarks/starts.py [--starts 5] [--python OTHER/.venv/bin/python] [--json out.json]

Each is started anew `--starts` times, in turn with the others: the service until it answers `/readyz` and is stopped,
the worker until it has trained two trials on scikit-learn's digits and nothing waits, the command (`golden --version`)
to its end. `--python` is another installation's interpreter, for a comparison on the same machine.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import httpx2 as httpx
from processes import environment, free_port
from record import conditions, write
from waiting import exit_code, wait_until

from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import studies
from studies.storage.engine import open_database
from studies.storage.migrate import migrate

STUDY: dict[str, Any] = {
    "name": "start",
    "losses": ["golden"],
    "contexts": [{"dataset": "digits", "images": 300, "epochs": 1}],
    "design": {"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2},
}


def service(python: str, url: str, folder: Path) -> None:
    """`golden serve` until it is ready, and its end."""
    port = free_port()
    command = [python, "-m", "service.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment(url), cwd=folder, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: _ready(port), what="the service")
        process.terminate()
        exit_code(process)


def worker(python: str, url: str, folder: Path) -> None:
    """A worker until nothing is left to do."""
    command = [python, "-m", "worker.main", "--device", "cpu", "--exit-when-idle", "0.2"]
    subprocess.run(command, env=environment(url), cwd=folder, check=True, stderr=subprocess.DEVNULL)


def command(python: str, url: str, folder: Path) -> None:
    """`golden --version`."""
    words = [python, "-m", "service.cli", "--version"]
    subprocess.run(words, env=environment(url), cwd=folder, check=True, stdout=subprocess.DEVNULL)


PROGRAMS = {"service": service, "worker": worker, "command": command}


def seconds(name: str, python: str) -> float:
    """Processor seconds of one start, on a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/golden.db"
        database = open_database(url)
        migrate(database)
        spec = parse(STUDY)
        studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
        database.dispose()
        before = _used()
        PROGRAMS[name](python, url, Path(folder))
        return _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--python", default=sys.executable, help="another installation's interpreter")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(given.starts):
        for name, times in found.items():
            times.append(seconds(name, given.python))
            print(f"{name:8} {times[-1]:.2f} s", flush=True)
    figures = {"conditions": conditions("torch", "scipy"), "processor_seconds": found}
    for name, times in found.items():
        print(
            f"{name:8} median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f}, n = {len(times)}"
        )
    write(figures, given.json)


if __name__ == "__main__":
    main()
