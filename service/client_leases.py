"""The part of a client for trainers of the user's own: lease trials, renew, report, finish, release.

    with Client("http://127.0.0.1:8000", token) as client:
        while (batch := client.lease("node-7", trials=8, wait=20)) is not None:
            for trial in batch.trials:
                runs = [{"run": run.run, "value": train(**trial.parameters, seed=run.init_seed)} for run in trial.runs]
                client.finish_trials("node-7", [{"id": trial.id, "token": trial.token, "runs": runs}])

Every request may be sent again after a lost answer, and is: once, by itself.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from service.lease_bodies import Ended, Lease, Leased, Released, Renewed, Reported
from service.transport import Transport

PATH = "/api/v1/leases"
T = TypeVar("T")
Held = Lease | Mapping[str, Any]  # a trial as leased, or a mapping with its id and token


class LeaseVerbs:
    """Verbs of a client over `/api/v1/leases`; each raises ClientError as those of the client."""

    _transport: Transport

    def _one(self, model: type[T], content: bytes) -> T:
        raise NotImplementedError

    def lease(
        self,
        worker: str,
        *,
        trials: int = 1,
        seconds: float = 600,
        study: str | None = None,
        wait: float = 0,
        idempotency_key: str | None = None,
    ) -> Leased | None:
        """Lease up to `trials` trials of one external context; None where nothing waits.

        Args:
            worker: what this program calls itself, for display.
            trials: the most to lease, up to 1,000; fewer come where others ask as well.
            seconds: length of the lease, and again from each renewal.
            study: only of this study; None: of any, by priority.
            wait: seconds to wait for a trial where none is there, at most 30.
            idempotency_key: a name for this request; None takes a new one.
        """
        wanted = {"worker": worker, "trials": trials, "seconds": seconds, "study": study, "wait": wait}
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        content = self._transport.post(PATH, json.dumps(wanted).encode(), headers=headers)
        return self._one(Leased, content) if content else None

    def renew_leases(self, worker: str, trials: Iterable[Held]) -> Renewed:
        """Let leases last as long from now as they were leased for; those in `lost` need not be trained further."""
        return self._one(Renewed, self._send("renew", worker, map(_held, trials)))

    def report_steps(self, worker: str, values: Iterable[Mapping[str, Any]]) -> Reported:
        """Report values on the way: mappings with `id`, `token`, `run`, `step` and `value`."""
        return self._one(Reported, self._send("report", worker, values))

    def finish_trials(self, worker: str, endings: Iterable[Mapping[str, Any]]) -> Ended:
        """Report the ends of trials: mappings with `id`, `token` and `runs`, or `failed` with the reason."""
        return self._one(Ended, self._send("finish", worker, endings))

    def release_trials(self, worker: str, trials: Iterable[Held]) -> Released:
        """Give trials back; they wait again, and the attempt does not count."""
        return self._one(Released, self._send("release", worker, map(_held, trials)))

    def _send(self, verb: str, worker: str, trials: Iterable[Mapping[str, Any]]) -> bytes:
        body = json.dumps({"worker": worker, "trials": [dict(trial) for trial in trials]}, allow_nan=False)
        return self._transport.post(f"{PATH}/{verb}", body.encode(), repeats=True)


def _held(trial: Held) -> dict[str, int]:
    if isinstance(trial, Lease):
        return {"id": trial.id, "token": trial.token}
    return {"id": trial["id"], "token": trial["token"]}
