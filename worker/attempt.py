"""Trials of one batch that are trained together, from the first replicate to the last, and their results so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from studies.records import RunResult
from studies.storage.read_models import Batch, ClaimedTrial, FinishedTrial
from worker.lease import LeaseKeeper, LeaseState


@dataclass(slots=True)
class Attempt:
    """One attempt at some trials.

    Attributes:
        batch: whose trials they are.
        trials: the whole batch, or one trial of it after they failed together.
        keeper: renews their leases.
        wanted: those that are still trained; the others are lost or called off, and get no result.
    """

    batch: Batch
    trials: Sequence[ClaimedTrial]
    keeper: LeaseKeeper
    wanted: list[ClaimedTrial] = field(init=False)
    _runs: dict[int, list[RunResult]] = field(init=False)  # by trial

    def __post_init__(self) -> None:
        self.wanted = list(self.trials)
        self._runs = {trial.id: [] for trial in self.trials}

    @property
    def replicates(self) -> int:
        """Runs that each trial takes."""
        return len(self.trials[0].replicates)

    @property
    def is_whole_batch(self) -> bool:
        """True if the batch ends with this attempt."""
        return len(self.trials) == len(self.batch.trials)

    def unwanted(self, leases: LeaseState) -> frozenset[int]:
        """Places in `wanted` of trials that another worker took or that were called off."""
        gone = leases.lost | leases.stop
        return frozenset(place for place, trial in enumerate(self.wanted) if trial.id in gone)

    def add(self, results: Sequence[RunResult | None]) -> None:
        """Adds one replicate, a result for each of `wanted` in order; a trial without one is no longer wanted."""
        for trial, result in zip(self.wanted, results, strict=True):
            if result is not None:
                self._runs[trial.id].append(result)
        self.wanted = [trial for trial, result in zip(self.wanted, results, strict=True) if result is not None]

    def finished(self) -> list[FinishedTrial]:
        """The wanted trials with all their runs."""
        return [FinishedTrial(trial, tuple(self._runs[trial.id])) for trial in self.wanted]
