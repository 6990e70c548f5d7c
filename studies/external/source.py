"""Where trials of external contexts come from: a database of one's own, or a service. One protocol for both.

`studies.external.database_source.DatabaseSource` and `service.lease_source.ServiceSource` keep it. Every call may be
made again after a `SourceAwayError`: a result is recorded once, a failure ends an attempt once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studies.errors import GoldenError
from studies.language.measure import Measure
from studies.records import Replicate
from studies.storage.external import Ending, StepValue

__all__ = ["Ending", "Lease", "SourceAwayError", "StepValue", "TrialSource"]


class SourceAwayError(GoldenError, ConnectionError):
    """The source cannot be reached at present; the same call may work later."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A trial under lease, with what its context holds fixed.

    Attributes:
        id, token: of the lease; the token fences off late results.
        study, context, sweep, loss: what it belongs to.
        settings: of the context, any JSON.
        epochs: of the context; None where it names none.
        folds: of the splits; 1: there are none.
        measure: what is to be reported of each run.
        number: of the trial within its sweep.
        phase, arm, block: its part in the study; trials of one block share their seeds.
        parameters: the point, by name and in the document's order.
        runs: seeds of each run, by its index.
        attempt: 1 for the first.
    """

    id: int
    token: int
    study: str
    context: str
    sweep: str
    loss: str
    settings: Mapping[str, Any]
    epochs: int | None
    folds: int
    measure: Measure
    number: int
    phase: str
    arm: str
    block: int
    parameters: Mapping[str, float]
    runs: tuple[Replicate, ...]
    attempt: int = 1


class TrialSource(Protocol):
    """A source of trials; its methods are called from several threads.

    Every method raises SourceAwayError where the source cannot be reached at present, and another GoldenError where
    trying again is of no use.
    """

    @property
    def lease_seconds(self) -> float:
        """Length of a lease, and again from each renewal."""

    @property
    def closed(self) -> bool:
        """True once no trial will ever come again: the study has ended."""

    def lease(self, most: int, *, wait: float = 0.0) -> list[Lease]:
        """Lease up to `most` trials; none where nothing waits, after `wait` seconds at most."""

    def renew(self, held: Mapping[int, int]) -> frozenset[int]:
        """Let leases (trial id to token) last on; returns the ids of those that are lost."""

    def report(self, values: Sequence[StepValue]) -> frozenset[int]:
        """Show values on the way; returns the ids of trials that are lost."""

    def finish(self, endings: Sequence[Ending]) -> list[bool]:
        """Record the ends of attempts; False for each that came too late and is dropped."""

    def release(self, held: Mapping[int, int]) -> None:
        """Give trials (id to token) back, the attempts not counted."""

    def close(self) -> None:
        """Give up the connection."""
