"""A trainer of somebody's own, as a program: leases trials over HTTP, "trains" them and reports, through outages.

    python own_caller.py URL NAME [--trials N] [--seconds S] [--holds]

With `--holds` it leases once, prints the ids, waits for a line on its standard input and only then reports.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from typing import Any

from own_results import results_of

from service.client import Client
from service.client_errors import ClientError
from service.lease_bodies import Leased

OUTAGES = {0, 429, 502, 503}  # statuses of requests that are to be sent again; 0: there was no answer


def main() -> int:
    """Work until the study hands out no more trials; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("name")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--holds", action="store_true")
    options = parser.parse_args()
    key = uuid.uuid4().hex
    with Client(options.url) as client:
        while True:
            try:
                batch = client.lease(
                    options.name,
                    trials=options.trials,
                    seconds=options.seconds,
                    study="own",
                    wait=0 if options.holds else 5,
                    idempotency_key=key,  # the same until it is answered: a lease that nobody heard of comes again
                )
            except ClientError as error:
                if error.status == 409:
                    return 0
                _outlast(error)
                continue
            key = uuid.uuid4().hex
            if batch is not None:
                _train(client, options.name, batch, holds=options.holds)
                if options.holds:
                    return 0


def _train(client: Client, name: str, batch: Leased, *, holds: bool) -> None:
    if holds:
        print(json.dumps([trial.id for trial in batch.trials]), flush=True)
        sys.stdin.readline()
    ends: list[dict[str, Any]] = [
        {"id": trial.id, "token": trial.token, "runs": results_of(trial.model_dump(mode="json"))}
        for trial in batch.trials
    ]
    while True:
        try:
            ended = client.finish_trials(name, ends)
            break
        except ClientError as error:
            _outlast(error)
    if holds:
        print(json.dumps({"recorded": ended.recorded, "dropped": ended.dropped}), flush=True)


def _outlast(error: ClientError) -> None:
    if error.status not in OUTAGES:
        raise error
    time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
