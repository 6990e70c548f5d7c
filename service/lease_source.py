"""Trials from a service, for `studies.external.loop`: the client's lease verbs as a source of trials."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from service.client import Client
from service.client_errors import ClientError
from service.lease_bodies import MOST_TRIALS, Leased
from service.lease_bodies import Lease as LeasedTrial
from studies.external.source import Ending, Lease, SourceAwayError, StepValue
from studies.records import FINAL_STATES, Replicate, ReportedRun

AWAY = frozenset({0, 429, 502, 503, 504})  # statuses of requests that may work later; 0: there was no answer
CONFLICT = 409
LEASE_SECONDS = 120.0  # after which the trials of a runner that was killed are tried again
MOST_BYTES = 200_000  # of one request; the service takes 256 KiB


class ServiceSource:
    """Trials that a service hands out.

    Args:
        client: of the service; it stays open.
        worker: name of the runner, for display.
        study: only trials of this study, and no more once it has ended; None: of any study, without an end.
        lease_seconds: length of a lease.
    """

    def __init__(
        self, client: Client, *, worker: str, study: str | None = None, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._client = client
        self._worker = worker
        self._study = study
        self._lease_seconds = lease_seconds
        self._closed = False
        self._asked: tuple[str, int] | None = None  # key and size of a lease whose answer never came

    @property
    def lease_seconds(self) -> float:
        """Length of a lease."""
        return self._lease_seconds

    @property
    def closed(self) -> bool:
        """True once the study has ended."""
        return self._closed

    def lease(self, most: int, *, wait: float = 0.0) -> list[Lease]:
        """Lease trials. One whose answer was lost is asked for again, so that its trials are not left to run out.

        Raises:
            SourceAwayError: the service cannot be reached at present.
            ClientError: the service refuses.
        """
        key, limit = self._asked = self._asked or (uuid.uuid4().hex, min(most, MOST_TRIALS))
        with _reached():
            try:
                batch = self._client.lease(
                    self._worker,
                    trials=limit,
                    seconds=self._lease_seconds,
                    study=self._study,
                    wait=wait,
                    idempotency_key=key,
                )
            except ClientError as error:
                if error.status not in AWAY:
                    self._asked = None
                if error.status != CONFLICT or not self._has_ended():
                    raise
                self._closed = True
                return []
        self._asked = None
        return [] if batch is None else [lease_of(batch, trial) for trial in batch.trials]

    def renew(self, held: Mapping[int, int]) -> frozenset[int]:
        """Let leases last on; returns the ids of those that are lost."""
        lost: set[int] = set()
        for part in _parts([{"id": trial_id, "token": token} for trial_id, token in held.items()]):
            with _reached():
                lost.update(self._client.renew_leases(self._worker, part).lost)
        return frozenset(lost)

    def report(self, values: Sequence[StepValue]) -> frozenset[int]:
        """Show values on the way; returns the ids of trials that are lost."""
        lost: set[int] = set()
        for part in _parts([_step(value) for value in values]):
            with _reached():
                lost.update(self._client.report_steps(self._worker, part).lost)
        return frozenset(lost)

    def finish(self, endings: Sequence[Ending]) -> list[bool]:
        """Record the ends of attempts; False for each that came too late."""
        recorded: set[int] = set()
        for part in _parts([_ending(ending) for ending in endings]):
            with _reached():
                recorded.update(self._client.finish_trials(self._worker, part).recorded)
        return [ending.id in recorded for ending in endings]

    def release(self, held: Mapping[int, int]) -> None:
        """Give trials back, the attempts not counted."""
        for part in _parts([{"id": trial_id, "token": token} for trial_id, token in held.items()]):
            with _reached():
                self._client.release_trials(self._worker, part)

    def close(self) -> None:
        """Nothing is to be done: the client is its owner's."""

    def _has_ended(self) -> bool:
        return self._study is not None and self._client.study(self._study).summary.state in FINAL_STATES


def lease_of(batch: Leased, trial: LeasedTrial) -> Lease:
    """A trial as leased over HTTP."""
    runs = sorted(trial.runs, key=lambda run: run.run)
    return Lease(
        id=trial.id,
        token=trial.token,
        study=batch.study,
        context=batch.context,
        sweep=trial.sweep,
        loss=trial.loss,
        settings=batch.settings,
        epochs=batch.epochs,
        folds=batch.folds,
        measure=batch.measure,
        number=trial.number,
        phase=trial.phase,
        arm=trial.arm,
        block=trial.block,
        parameters=trial.parameters,
        runs=tuple(Replicate(run.split, run.fold, run.order_seed, run.init_seed) for run in runs),
        attempt=trial.attempt,
    )


def _ending(ending: Ending) -> dict[str, Any]:
    held = {"id": ending.id, "token": ending.token}
    if ending.runs is None:
        return {**held, "failed": ending.failed or "failed"}
    return {**held, "runs": [_run(index, run) for index, run in sorted(ending.runs.items())]}


def _run(index: int, run: ReportedRun) -> dict[str, Any]:
    outcome = {"outcome": "diverged"} if run.diverged else {"value": run.value}
    said = {"seconds": run.seconds, "log": run.log or None}
    return {"run": index, **outcome, **{name: value for name, value in said.items() if value is not None}}


def _step(value: StepValue) -> dict[str, Any]:
    return {"id": value.id, "token": value.token, "run": value.run, "step": value.step, "value": value.value}


def _parts(items: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The items in requests that are not too large."""
    part: list[dict[str, Any]] = []
    size = 0
    for item in items:
        length = len(json.dumps(item))
        if part and (size + length > MOST_BYTES or len(part) == MOST_TRIALS):
            yield part
            part, size = [], 0
        part.append(item)
        size += length + 2
    if part:
        yield part


@contextmanager
def _reached() -> Iterator[None]:
    """Turn answers of a service that may come back into the error of the protocol."""
    try:
        yield
    except ClientError as error:
        if error.status not in AWAY:
            raise
        raise SourceAwayError(str(error)) from error
