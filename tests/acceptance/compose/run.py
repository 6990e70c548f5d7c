"""The composed system for real: built, started, submitted to over HTTP, tormented, compared with an undisturbed run.

    python tests/acceptance/compose/run.py [--no-build]        (or: make test-compose)

Twice, each time from nothing and in a project of its own: once while workers are scaled 1 -> 4 -> 2, a worker container
is killed and the database container restarted; once in peace. Exactly the budget must be counted, each run once, and
both reports must be equal byte for byte but for the time of the submission. Exit status 0 says so.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from processes import free_port
from waiting import wait_until

from service.client import Client, ClientError
from studies.language.spec import canonical_json, parse
from studies.report.document import verify_report

ROOT = Path(__file__).resolve().parents[3]
PROJECT = "golden-acceptance"
STUDY: dict[str, Any] = {
    "name": "composed",
    "losses": ["golden", "cross_entropy"],
    "contexts": [{"name": "digits", "dataset": "digits", "epochs": 40, "batch_size": 50}],
    "design": {"kind": "locate", "map_points": 96, "claim_replicates": 4, "zoom_points": 16, "confirm_blocks": 6},
    "replication": {"folds": 3},
}


class Composition:
    """`docker compose` on this repository's file, in its own project and on a free port."""

    def __init__(self) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        data = ROOT / "build" / "compose-data"  # empty: the digits are inside the image
        data.mkdir(parents=True, exist_ok=True)
        self._env = {**os.environ, "GOLDEN_PORT": str(port), "GOLDEN_DATA_DIR": str(data)}

    def __call__(self, *arguments: str) -> str:
        """Run it; what it printed."""
        command = ["docker", "compose", "-p", PROJECT, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._env, text=True, stdout=subprocess.PIPE, check=True)
        return done.stdout

    def up(self, workers: int) -> None:
        """Start, or change the number of workers."""
        self("up", "--detach", "--no-build", "--no-recreate", "--scale", f"worker={workers}")

    def containers(self, service: str) -> list[str]:
        """Ids of the running containers of a service."""
        return self("ps", "--quiet", "--status", "running", service).split()


def main() -> int:
    """Both runs, compared."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--no-build", action="store_true", help="use the images that are there")
    options = parser.parse_args()
    subprocess.run([str(ROOT / "deploy" / "secrets")], check=True, stdout=subprocess.DEVNULL)
    compose = Composition()
    reports = []
    try:
        if not options.no_build:
            step("building the images", lambda: compose("build", "--quiet"))
        for disturbed in (True, False):
            compose("down", "--volumes", "--timeout", "5")
            reports.append(run(compose, disturbed=disturbed))
    except BaseException:
        print(compose("logs", "--tail", "30"), file=sys.stderr)
        raise
    finally:
        compose("down", "--volumes", "--timeout", "5")
    assert reports[0] == reports[1], "the disturbed study reports something else"
    print(f"both reports are the same {len(reports[0]):,} bytes")
    return 0


def run(compose: Composition, *, disturbed: bool) -> bytes:
    """One study from nothing to its report."""
    step("starting", lambda: compose.up(1))
    token = (ROOT / "deploy" / "secrets.d" / "token").read_text("utf-8").strip()
    with Client(compose.base) as stranger:
        wait_until(lambda: refused(stranger) == 401, seconds=180, what="the service to refuse a stranger")
    with Client(compose.base, token) as client:
        spec = parse(STUDY)
        client.submit(spec)
        if disturbed:
            torment(compose, client)
        step("waiting for the study", lambda: wait_until(lambda: over(client), seconds=1200, what="the study"))
        return assert_right_verdict(client)


def torment(compose: Composition, client: Client) -> None:
    """Scale up, kill a worker, restart the database, scale down: all while it trains."""
    wait_until(lambda: done(client) > 0, seconds=300, what="a first result")
    step("four workers", lambda: compose.up(4))
    wait_until(lambda: len(compose.containers("worker")) == 4, seconds=120, what="four containers")
    before = done(client)
    wait_until(lambda: done(client) > before or over(client), seconds=300, what="results")
    victim = compose.containers("worker")[0]
    step("killing a worker", lambda: subprocess.run(["docker", "kill", victim], check=True, stdout=subprocess.DEVNULL))
    step("restarting the database", lambda: compose("restart", "--timeout", "5", "db"))
    wait_until(lambda: done(client) >= 0, seconds=120, what="good answers")
    step("two workers", lambda: compose.up(2))
    state = client.study("composed").summary.state
    assert state == "running", f"the study was {state} before the last fault: make it longer"


def assert_right_verdict(client: Client) -> bytes:
    """Check the budget; the report as it is compared."""
    summary = client.study("composed").summary
    assert (summary.state, summary.trials_failed) == ("complete", 0), summary
    rows = list(client.runs("composed"))
    assert len(rows) == summary.runs_done == summary.runs_expected, "not the budget"
    assert len({(r.sweep, r.trial, r.run) for r in rows}) == len(rows), "a run counts twice"
    report = client.report("composed")
    assert verify_report(report) == [], "the report does not verify here"
    print(f"{len(rows)} runs, each once; {report['verdict']['outcome']}")
    return canonical_json({key: value for key, value in report.items() if key != "submitted_at"}).encode()


def step(what: str, work: Callable[[], Any]) -> None:
    """Do something and say how long it took."""
    started = time.monotonic()
    work()
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)


def refused(client: Client) -> int:
    """Status of a request for the studies."""
    try:
        list(client.studies())
    except ClientError as error:
        return error.status
    return 200


def done(client: Client) -> int:
    """Runs counted; -1 while the service cannot say."""
    try:
        return int(client.study("composed").summary.runs_done)
    except ClientError:
        return -1


def over(client: Client) -> bool:
    """True if the study has ended."""
    try:
        return client.study("composed").summary.state in ("complete", "failed", "cancelled")
    except ClientError:
        return False


if __name__ == "__main__":
    sys.exit(main())
