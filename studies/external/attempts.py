"""Attempts at planned runs by workers that share nothing but a list of them: which runs are done, held and free.

No storage that only appends can hand out each run once. Here each run is taken by the lowest holder that is alive or
has a result, so that all who look come to the same results, whenever they look. Whoever loses patience with a holder
says so where all can see it: the attempt has failed then, whatever comes of it later, and the run is free again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from studies.external.measured import given_up
from studies.records import ReportedRun, TrialPlan

RunKey = tuple[int, int]  # numbers of trial and run


class AttemptState(StrEnum):
    """State of an attempt."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a run.

    Attributes:
        holder: number of who holds it; attempts are numbered in the order in which they began.
        key: trial and run.
        state: of the attempt.
        result: of a complete one.
    """

    holder: int
    key: RunKey
    state: AttemptState
    result: ReportedRun | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The runs of a plan by what has become of them.

    Attributes:
        results: of the runs that are done.
        held: runs that somebody is making.
        failures: failed attempts by run.
    """

    results: Mapping[RunKey, ReportedRun] = field(default_factory=dict)
    held: frozenset[RunKey] = frozenset()
    failures: Mapping[RunKey, int] = field(default_factory=dict)

    def given_up(self, attempts: int) -> frozenset[int]:
        """Trials of which a run failed so often, is neither done nor held."""
        return given_up(self.failures, attempts, self.results.keys() | self.held)

    def free(self, plans: Sequence[TrialPlan], given_up: Collection[int]) -> list[RunKey]:
        """Runs of planned trials that nobody has or holds, in order."""
        return [key for key in self.open_runs(plans, given_up) if key not in self.held]

    def open_runs(self, plans: Sequence[TrialPlan], given_up: Collection[int]) -> list[RunKey]:
        """Runs of planned trials that have no result, in order."""
        return [
            (number, run)
            for number, plan in enumerate(plans)
            if number not in given_up
            for run in range(len(plan.replicates))
            if (number, run) not in self.results
        ]


def standing(attempts: Iterable[Attempt]) -> Standing:
    """The runs by what has become of them, from all attempts in any order."""
    results: dict[RunKey, ReportedRun] = {}
    held: set[RunKey] = set()
    failures: Counter[RunKey] = Counter()
    for attempt in sorted(attempts, key=lambda each: each.holder):
        if attempt.state is AttemptState.FAILED:
            failures[attempt.key] += 1
        elif attempt.key in results or attempt.key in held:
            continue
        elif attempt.result is None:
            held.add(attempt.key)
        else:
            results[attempt.key] = attempt.result
    return Standing(results, frozenset(held), failures)


def rivals(attempts: Iterable[Attempt], key: RunKey, holder: int) -> list[Attempt]:
    """Other attempts at a run that have not failed."""
    return [
        each for each in attempts if each.key == key and each.holder != holder and each.state is not AttemptState.FAILED
    ]
