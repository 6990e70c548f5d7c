"""A source of trials in memory that keeps the protocol of `studies.external.source`, with its faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from studies.external.source import Ending, Lease, SourceAwayError, StepValue
from studies.language.measure import Measure
from studies.records import Replicate

SHARE = Measure(name="val_acc", direction="maximize", kind="share", test_size=1000)
POSITIVE = Measure(name="loss", direction="minimize", kind="positive")


def lease(number: int = 0, *, runs: int = 1, measure: Measure = SHARE, attempt: int = 1, **changes: object) -> Lease:
    """A trial whose seeds follow from its number."""
    seeds = tuple(Replicate(7, 0, 2**40 + number, 2**50 + 10 * number + run) for run in range(runs))
    fields = {
        **{"id": number + 1, "token": attempt, "study": "own", "context": "mine", "sweep": "own@mine", "loss": "own"},
        **{"settings": {"network": "r18"}, "epochs": 5, "folds": 1, "measure": measure, "number": number},
        **{"phase": "map", "arm": "point", "block": 0, "parameters": {"lr": 0.0003, "beta1": 0.9}},
        **{"runs": seeds, "attempt": attempt, **changes},
    }
    return Lease(**fields)  # type: ignore[arg-type]


class MemorySource:
    """Hands out `trials` trials, each until it has a result or failed `attempts` times; then it is closed.

    Attributes:
        away: calls that find it away, from now on.
        lost: ids that the next renewals report as lost.
        stays_open: more trials may come, though none waits.
        on_lease: called at each lease.
    """

    lease_seconds = 3600.0

    def __init__(self, trials: int, *, runs: int = 1, measure: Measure = SHARE, attempts: int = 3) -> None:
        self._lock = threading.Lock()
        self._waiting = [(number, 1) for number in range(trials)]
        self._runs, self._measure, self._attempts = runs, measure, attempts
        self.running: dict[int, tuple[int, int]] = {}  # by id: number, attempt
        self.results: dict[int, Ending] = {}
        self.failures: list[Ending] = []
        self.leased: list[int] = []  # trials of each lease
        self.finished: list[int] = []  # endings of each batch
        self.released: list[int] = []
        self.steps: list[StepValue] = []
        self.away = 0
        self.lost: set[int] = set()
        self.cancelled = False
        self.stays_open = False
        self.on_lease: Callable[[], object] = lambda: None

    @property
    def closed(self) -> bool:
        """True once nothing waits and nothing runs."""
        return self.cancelled or not (self.stays_open or self._waiting or self.running)

    def lease(self, most: int, *, wait: float = 0.0) -> list[Lease]:
        """Hand out trials."""
        self.on_lease()
        with self._lock:
            self._reach()
            taken, self._waiting = self._waiting[:most], self._waiting[most:]
            for number, attempt in taken:
                self.running[number + 1] = (number, attempt)
            self.leased += [len(taken)] if taken else []
            return [lease(n, runs=self._runs, measure=self._measure, attempt=attempt) for n, attempt in taken]

    def renew(self, held: Mapping[int, int]) -> frozenset[int]:
        """Say which are lost."""
        with self._lock:
            self._reach()
            return frozenset(self.lost & held.keys())

    def report(self, values: Sequence[StepValue]) -> frozenset[int]:
        """Keep values on the way."""
        with self._lock:
            self._reach()
            self.steps += values
            return frozenset(self.lost & {value.id for value in values})

    def finish(self, endings: Sequence[Ending]) -> list[bool]:
        """Record each once."""
        with self._lock:
            self._reach()
            self.finished.append(len(endings))
            return [self._finish(ending) for ending in endings]

    def release(self, held: Mapping[int, int]) -> None:
        """Take trials back."""
        with self._lock:
            self._reach()
            for trial_id in held:
                self.released.append(trial_id)
                self._waiting.append(self.running.pop(trial_id))

    def close(self) -> None:
        """Nothing is to be done."""

    def _finish(self, ending: Ending) -> bool:
        found = self.running.get(ending.id)
        if found is None or found[1] != ending.token:
            return False
        del self.running[ending.id]
        if ending.failed is None:
            assert ending.id not in self.results, "a trial has two results"
            self.results[ending.id] = ending
            return True
        self.failures.append(ending)
        if found[1] < self._attempts:
            self._waiting.append((found[0], found[1] + 1))
        return True

    def _reach(self) -> None:
        if self.away:
            self.away -= 1
            raise SourceAwayError("nobody answers")
