"""One study on a deployed system, twice from nothing: once disturbed, once in peace. The reports must be the same.

Exactly the budget must be counted, each run once; a dump of the disturbed system's database, restored into a server of
the tests' own, must hold the same report and pass every invariant of `invariants.py`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from invariants import check_at_rest, comparable
from postgres_server import postgres_server
from waiting import wait_until

from service.client import Client, ClientError
from studies import judgement
from studies.language.spec import parse
from studies.records import FINAL_STATES
from studies.report.document import verify_report
from studies.report.provenance import provenance

ROOT = Path(__file__).resolve().parents[2]
# Dumps and reports, for whoever looks afterwards. Each script has its own folder, so that they may run side by side.
LEFT = ROOT / "build" / "deployed" / Path(sys.argv[0]).resolve().parent.name
SECRETS = LEFT / "secrets.d"  # none of those that a system on this machine may be running with
NOT_RUN = 77  # exit status: something that the test needs is missing
START_SECONDS = 300
STUDY_SECONDS = 3600
STUDY: dict[str, Any] = {
    "name": "deployed",
    "losses": ["golden", "cross_entropy"],
    "contexts": [{"name": "digits", "dataset": "digits", "epochs": 160, "batch_size": 50}],
    "design": {"kind": "locate", "map_points": 96, "claim_replicates": 4, "zoom_points": 16, "confirm_blocks": 12},
    "replication": {"folds": 3},
}
NAME = STUDY["name"]


class System(Protocol):
    """A deployed system."""

    base: str

    def start(self) -> str | None:
        """Start it with one worker; the token, if it asks for one."""

    def disturb(self, client: Client) -> None:
        """Do everything to it that it must bear, while the study trains."""

    def dump(self) -> Path:
        """A dump of its database."""

    def logs(self) -> str:
        """The last lines of what it logged."""

    def remove(self) -> None:
        """Leave nothing of it."""


def arguments(text: str | None) -> argparse.ArgumentParser:
    """The options that every script has."""
    parser = argparse.ArgumentParser(description=(text or "").splitlines()[0])
    parser.add_argument(
        "--against", type=Path, metavar="REPORT", help="instead of an undisturbed run: the report that one left behind"
    )
    return parser


def require(*programs: str) -> None:
    """End with a loud line where a program is missing.

    Raises:
        SystemExit: with status 77.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        not_run(f"{', '.join(missing)} not found")


def not_run(why: str) -> None:
    """End loudly.

    Raises:
        SystemExit: with status 77.
    """
    print(f"NOT RUN, so nothing was shown: {why}", file=sys.stderr)
    raise SystemExit(NOT_RUN)


def compare(system: System, against: Path | None) -> int:
    """Both runs, compared; 0, for the exit status."""
    LEFT.mkdir(parents=True, exist_ok=True)
    try:
        system.remove()
        disturbed = run(system, disturbed=True)
        assert_dump_holds(system.dump(), disturbed)
        if against is None:
            system.remove()
            undisturbed = run(system, disturbed=False)
            (LEFT / "undisturbed.json").write_bytes(undisturbed)
        else:
            undisturbed = against.read_bytes()
    except BaseException:
        print(system.logs(), file=sys.stderr)
        raise
    finally:
        system.remove()
    assert disturbed == undisturbed, "the disturbed study reports something else"
    print(f"both reports are the same {len(disturbed):,} bytes")
    return 0


def run(system: System, *, disturbed: bool) -> bytes:
    """One study from nothing to its report."""
    token = step("starting", system.start)
    with Client(system.base) as stranger:
        expected = 401 if token else 200
        wait_until(lambda: status(stranger) == expected, seconds=START_SECONDS, what=f"answer {expected} to a stranger")
    with Client(system.base, token) as client:
        client.submit(parse(STUDY))
        if disturbed:
            system.disturb(client)
        step("waiting for the study", lambda: wait_until(lambda: over(client), seconds=STUDY_SECONDS, what="the study"))
        return assert_right_report(client)


def wait_for_token(base: str, token: str) -> None:
    """Return once the service lets a token in."""
    with Client(base, token) as client:
        wait_until(lambda: status(client) == 200, seconds=START_SECONDS, what="the token to be in force")


def assert_right_report(client: Client) -> bytes:
    """Check the budget; the report as it is compared."""
    summary = client.study(NAME).summary
    assert (summary.state, summary.trials_failed) == ("complete", 0), summary
    rows = list(client.runs(NAME))
    assert len(rows) == summary.runs_done == summary.runs_expected, "not the budget"
    assert len({(r.sweep, r.trial, r.run) for r in rows}) == len(rows), "a run counts twice"
    report = client.report(NAME)
    assert verify_report(report) == [], "the report does not verify here"
    print(f"{len(rows)} of {summary.runs_expected} runs, each once; {report['verdict']['outcome']}", flush=True)
    return comparable(report)


def assert_dump_holds(dump: Path, report: bytes) -> None:
    """Restore it into a fresh database: the tables in order, the report the same."""
    with postgres_server() as server:
        name = server.create()
        server.tool("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={name}", str(dump))
        with server.open(name) as restored:
            check_at_rest(restored, NAME)
            found = judgement.report(restored, NAME)
            found = {**found, "provenance": provenance(restored, found)}
            assert comparable(found) == report, "the restored database reports something else"
    print(f"restored elsewhere from {dump.stat().st_size:,} bytes: I1 to I5 hold, the report is the same", flush=True)


def container_environment(base: str) -> dict[str, str]:
    """What the Compose file is filled with: a port, and an empty folder of data, since the digits are in the image."""
    data = LEFT / "data"
    data.mkdir(parents=True, exist_ok=True)
    port = base.rpartition(":")[2]
    return {**os.environ, "GOLDEN_PORT": port, "GOLDEN_DATA_DIR": str(data), "GOLDEN_SECRETS": str(SECRETS)}


def secret(name: str) -> str:
    """One of the secrets that containers have."""
    return (SECRETS / name).read_text("utf-8").strip()


def make_secrets(*words: str) -> None:
    """`deploy/secrets`."""
    command(str(ROOT / "deploy" / "secrets"), *words, env={**os.environ, "GOLDEN_SECRETS": str(SECRETS)})


def under_way(client: Client) -> None:
    """Return after the first result."""
    wait_until(lambda: done(client) > 0, seconds=START_SECONDS, what="a first result")


def going_on(client: Client) -> None:
    """Return after one more result."""
    before = wait_until(lambda: done(client), seconds=START_SECONDS, what="good answers")
    wait_until(lambda: done(client) > before or over(client), seconds=START_SECONDS, what="more results")


def step(what: str, work: Callable[[], Any]) -> Any:
    """Do something and say how long it took."""
    started = time.monotonic()
    found = work()
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)
    return found


def disturb(client: Client, what: str, work: Callable[[], Any]) -> None:
    """A step that begins while the study trains."""
    assert not over(client), f"the study was over before this: {what}; make it longer"
    step(what, work)


def command(*words: str, **options: Any) -> str:
    """What a program printed.

    Raises:
        subprocess.CalledProcessError: it failed; its errors were shown.
    """
    return subprocess.run(words, text=True, stdout=subprocess.PIPE, check=True, **options).stdout


def status(client: Client) -> int:
    """Status of a request for the studies; 0 while nobody answers."""
    try:
        list(client.studies())
    except ClientError as error:
        return error.status
    return 200


def done(client: Client) -> int:
    """Runs counted; 0 while the service cannot say."""
    try:
        return int(client.study(NAME).summary.runs_done)
    except ClientError:
        return 0


def over(client: Client) -> bool:
    """True if the study has ended."""
    try:
        return client.study(NAME).summary.state in FINAL_STATES
    except ClientError:
        return False
