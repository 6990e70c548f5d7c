"""Trials from a database of one's own, with no service: leases them, records results, plans the next phases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from studies.advance import FailedTry, advance
from studies.errors import StateError, StorageUnavailableError
from studies.external.source import Ending, Lease, SourceAwayError, StepValue
from studies.records import FINAL_STATES
from studies.storage import external, overview
from studies.storage.engine import Database
from studies.storage.read_models import Batch, ClaimedTrial

OWNER = "local"  # of leases that no token is behind
LEASE_SECONDS = 60.0  # after which the trials of a runner that was killed are tried again


class DatabaseSource:
    """Trials of one study in a database.

    Args:
        database: with the study in it; it stays open.
        study: its name.
        worker: name of the runner, for display.
        lease_seconds: length of a lease.
        on_failure: called with each failed try to plan a phase, of which a study has few before it has failed; None:
            the error is raised.
    """

    def __init__(
        self,
        database: Database,
        study: str,
        *,
        worker: str,
        lease_seconds: float = LEASE_SECONDS,
        on_failure: Callable[[FailedTry], object] | None = None,
    ) -> None:
        self._db = database
        self._study = study
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._on_failure = on_failure
        self._closed = False

    @property
    def lease_seconds(self) -> float:
        """Length of a lease."""
        return self._lease_seconds

    @property
    def closed(self) -> bool:
        """True once the study has ended."""
        return self._closed

    def lease(self, most: int, *, wait: float = 0.0) -> list[Lease]:
        """Lease trials; where none waits, plan what follows from the results and look again.

        Raises:
            SourceAwayError: the database cannot be reached at present.
            StateError: the study has no external context.
            StudyNotFoundError: it is gone.
        """
        with _reached():
            while not self._closed:
                batch = self._lease(most)
                if batch is not None:
                    return [lease_of(batch, trial) for trial in batch.trials]
                if self._closed or advance(self._db, on_failure=self._on_failure) == 0:
                    break
        return []

    def renew(self, held: Mapping[int, int]) -> frozenset[int]:
        """Let leases last on; returns the ids of those that are lost or whose study was cancelled."""
        with _reached():
            renewal = external.renew(self._db, held, owner=OWNER)
        return renewal.lost | renewal.stop

    def report(self, values: Sequence[StepValue]) -> frozenset[int]:
        """Keep values on the way; returns the ids of trials that are lost."""
        with _reached():
            return frozenset(external.report(self._db, values, owner=OWNER))

    def finish(self, endings: Sequence[Ending]) -> list[bool]:
        """Record the ends of attempts; False for each that came too late."""
        with _reached():
            return external.finish(self._db, endings, owner=OWNER)

    def release(self, held: Mapping[int, int]) -> None:
        """Give trials back, the attempts not counted."""
        with _reached():
            external.release(self._db, held, owner=OWNER)

    def close(self) -> None:
        """Nothing is to be done: the database is its owner's."""

    def _lease(self, most: int) -> Batch | None:
        try:
            return external.lease(
                self._db,
                owner=OWNER,
                worker=self._worker,
                limit=most,
                seconds=self._lease_seconds,
                study=self._study,
            )
        except StateError:
            if overview.get(self._db, self._study).summary.state not in FINAL_STATES:
                raise
            self._closed = True
            return None


def lease_of(batch: Batch, trial: ClaimedTrial) -> Lease:
    """A trial of an external context, as leased from a database.

    Raises:
        ValueError: its context is built in.
    """
    context, measure = batch.own
    return Lease(
        id=trial.id,
        token=trial.token,
        study=batch.study,
        context=batch.context,
        sweep=trial.sweep,
        loss=trial.loss,
        settings=context.settings,
        epochs=context.epochs,
        folds=batch.spec.replication.folds,
        measure=measure,
        number=trial.number,
        phase=trial.phase,
        arm=trial.arm,
        block=trial.block,
        parameters=batch.spec.named(trial.eta, trial.alpha),
        runs=trial.replicates,
        attempt=trial.attempt,
    )


@contextmanager
def _reached() -> Iterator[None]:
    """Turn the errors of a database that may come back into those of the protocol."""
    try:
        yield
    except StorageUnavailableError as error:
        if not error.passes:
            raise
        raise SourceAwayError(str(error)) from error
