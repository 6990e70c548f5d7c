"""Schemathesis against a real service on a real PostgreSQL, as each of three callers, with bodies of our own.

    python tests/acceptance/fuzz/run.py [--minutes 10] [--seed 7] [--keep FOLDER]        (or: make fuzz)

`golden serve` gets a tokens file (an admin, a submitter, a reader), studies in every state and a webhook; schemathesis
asks every operation of its OpenAPI document, all checks on, a third of the time as each caller. What its checks find
must be explained in `fuzz_explanations.py`, entry by entry. Exit status 0: everything is; 1: something is not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import planted
from fuzz_ledger import Ledger
from postgres_server import PostgresServer, postgres_server
from processes import BIN, environment, free_port
from waiting import exit_code, wait_until

from service.client import Client, ClientError
from studies.storage.engine import Database

HERE = Path(__file__).resolve().parent
LIMITS = ("GOLDEN_WRITES_PER_MINUTE", "GOLDEN_WORK_PER_MINUTE", "GOLDEN_GUESSES_PER_MINUTE")
NOTHING_LIMITS = dict.fromkeys(LIMITS, "1000000")
SETTINGS = """
hooks = "fuzz_hooks"
checks.max_response_time = {most:.1f}
[[operations]]
include-path-regex = "/events$"
max-stream-events = 2
request-timeout = 1.0
[[operations]]
include-path-regex = "^/api/v1/studies/(preview|[^/]+/verdict/objectives)$"
checks.max_response_time = {most_judging:.1f}
"""
MOST_SECONDS, MOST_JUDGING = 10.0, 50.0  # for an answer, on a machine without other work
OWN_SHARE = 0.3  # of the time, for TOML and CSV alone, which schemathesis would give one case in a hundred
OWN_BODIES = (
    "--phases",
    "fuzzing",
    "--include-path-regex",
    "^/api/v1/(studies|studies/preview|verdicts)$",
    "--include-method",
    "POST",
)
LOOK_SECONDS = 2.0  # between looks for planted studies that were deleted


@dataclass(frozen=True)
class Service:
    """A running service: its address, its database, its callers' tokens, and a folder with its log."""

    url: str
    database: Database
    tokens: dict[str, str]
    folder: Path


@contextmanager
def serving(server: PostgresServer, folder: Path) -> Iterator[Service]:
    """Serve what was planted while the context lasts."""
    name = server.create(migrated=True)
    tokens, port = planted.tokens(folder / "tokens.toml"), free_port()
    planted.webhook(folder / "webhooks.toml", f"http://127.0.0.1:{free_port()}/")
    files = {"GOLDEN_TOKENS_FILE": f"{folder}/tokens.toml", "GOLDEN_WEBHOOKS_FILE": f"{folder}/webhooks.toml"}
    more = {"GOLDEN_WEBHOOK_ALLOW": '["127.0.0.0/8"]', "GOLDEN_LOG_FORMAT": "json"}
    env = environment(server.url(name), **NOTHING_LIMITS, **files, **more)
    with server.open(name) as database, (folder / "service.log").open("wb") as log:
        planted.plant(database)
        words = [str(BIN / "golden"), "serve", "--port", str(port)]
        process = subprocess.Popen(words, env=env, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        service = Service(f"http://127.0.0.1:{port}", database, tokens, folder)
        try:
            wait_until(lambda: _is_ready(service), what="the service")
            yield service
        finally:
            process.terminate()
            exit_code(process)


def _is_ready(service: Service) -> bool:
    try:
        with Client(service.url, service.tokens["ada"]) as client:
            client.ready()
    except ClientError:
        return False
    return True


def attack(service: Service, caller: str, *options: str, seconds: float, seed: int, bodies: str = "all") -> None:
    """Run schemathesis as one caller, and put back whatever it deletes meanwhile.

    Args:
        service: the target.
        caller: a name among its tokens.
        options: further ones of `schemathesis run`.
        seconds: for all phases together.
        seed: of what is generated.
        bodies: "own": no JSON where there is TOML or CSV.
    """
    settings = service.folder / "schemathesis.toml"
    busy = max(1.0, os.getloadavg()[1] / (os.cpu_count() or 1))  # processes for each core
    settings.write_text(SETTINGS.format(most=busy * MOST_SECONDS, most_judging=busy * MOST_JUDGING))
    words = [str(BIN / "schemathesis"), "--config-file", str(settings), "--no-color", "run"]
    words += [f"{service.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {service.tokens[caller]}"]
    words += ["--checks", "all", "--continue-on-failure", "--no-shrink", "--generation-database", "none"]
    words += ["--suppress-health-check", "all", "--request-timeout", "60"]
    words += ["--seed", str(seed), "--max-time", f"{seconds:.0f}", *options]
    env = {"PYTHONPATH": str(HERE), "PYTHONWARNINGS": "ignore", "FUZZ_LEDGER": str(service.folder / "ledger.jsonl")}
    env |= {"FUZZ_CALLER": caller, "FUZZ_SEED": str(seed), "FUZZ_BODIES": bodies}
    with (service.folder / f"{caller}-{bodies}.out").open("wb") as output:
        process = subprocess.Popen(
            words, env={**os.environ, **env}, stdout=output, stderr=subprocess.STDOUT, cwd=service.folder
        )
        while process.poll() is None:
            planted.plant(service.database)
            time.sleep(LOOK_SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="folder for the ledger and the logs")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="golden-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with postgres_server() as server, serving(server, folder) as service:
        for caller in planted.CALLERS:
            seconds = 60 * options.minutes / len(planted.CALLERS)
            attack(service, caller, seconds=(1 - OWN_SHARE) * seconds, seed=options.seed)
            attack(service, caller, *OWN_BODIES, seconds=OWN_SHARE * seconds, seed=options.seed, bodies="own")
    ledger = Ledger.read(folder)
    print(ledger.report(), f"\nseed {options.seed}, {time.monotonic() - began:.0f} s in all; logs in {folder}", sep="")
    return 0 if ledger.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
