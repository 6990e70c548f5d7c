"""A source of trials that looks at the results on the way: a program that ignores its seed or its parameters is told.

Such results cost a whole study, and would end in a verdict from no noise at all. They are noticed when the next trials
are leased: the same results at one point as soon as they are odd, one result at all points once the map is over.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

from studies.errors import GoldenError
from studies.external.source import Ending, Lease, StepValue, TrialSource
from studies.judgement import runs_of
from studies.language.measure import Measure
from studies.language.phases import Phase
from studies.records import Runs
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail
from studies.verdict.sameness import Seen, constant_result, constant_sentence, same_on_all_seeds

MAP = Phase.MAP.value
Key = tuple[str, str]  # of a study and its sweep


class NoNoiseError(GoldenError, RuntimeError):
    """The results do not vary with the seed, or with nothing at all; no training more is spent on them."""


class WatchedSource:
    """A source whose results are looked at.

    Args:
        source: of the trials.
        cure: what to do about results that do not vary, as a clause.
    """

    def __init__(self, source: TrialSource, *, cure: str) -> None:
        self._source = source
        self._cure = cure
        self._lock = threading.Lock()
        self._seen: dict[Key, list[Seen]] = {}
        self._held: dict[int, Lease] = {}
        self._known: dict[Key, tuple[Sequence[str], Measure]] = {}  # names of the parameters, and the measure
        self._mapped: set[Key] = set()  # whose map is over

    def recall(self, study: str, sweep: str, seen: Iterable[Seen]) -> None:
        """Take earlier results of a sweep."""
        self._seen.setdefault((study, sweep), []).extend(seen)

    @property
    def lease_seconds(self) -> float:
        """Length of a lease."""
        return self._source.lease_seconds

    @property
    def closed(self) -> bool:
        """True once the study has ended."""
        return self._source.closed

    def lease(self, most: int, *, wait: float = 0.0) -> list[Lease]:
        """Lease trials.

        Raises:
            NoNoiseError: the results so far do not vary; nothing is held.
        """
        found = self._source.lease(most, wait=wait)
        for lease in found:
            self._held[lease.id] = lease
            self._known[_key(lease)] = tuple(lease.parameters), lease.measure
            if lease.phase != MAP:
                self._mapped.add(_key(lease))
        fault = next(filter(None, map(self._fault, {_key(lease) for lease in found})), None)
        if fault is not None:
            self._source.release({lease.id: lease.token for lease in found})
            raise NoNoiseError(f"{fault}; {self._cure}")
        return found

    def finish(self, endings: Sequence[Ending]) -> list[bool]:
        """Record the ends of attempts."""
        recorded = self._source.finish(endings)
        with self._lock:
            for ending, counts in zip(endings, recorded, strict=True):
                lease = self._held.pop(ending.id, None)
                if lease is not None and counts:
                    self._seen.setdefault(_key(lease), []).extend(_seen_of(lease, ending))
        return recorded

    def renew(self, held: Mapping[int, int]) -> frozenset[int]:
        """Let leases last on."""
        return self._source.renew(held)

    def report(self, values: Sequence[StepValue]) -> frozenset[int]:
        """Show values on the way."""
        return self._source.report(values)

    def release(self, held: Mapping[int, int]) -> None:
        """Give trials back."""
        self._source.release(held)

    def close(self) -> None:
        """Give up the connection."""
        self._source.close()

    def _fault(self, key: Key) -> str | None:
        with self._lock:
            seen = list(self._seen.get(key, ()))
        names, measure = self._known[key]
        return fault_of(seen, names, measure, mapped=key in self._mapped)


def watched(source: TrialSource, db: Database, detail: StudyDetail, *, cure: str) -> WatchedSource:
    """A source of a study in a database, which knows the results that are there; `cure` as of `WatchedSource`."""
    found = WatchedSource(source, cure=cure)
    if detail.summary.runs_done:
        for sweep, runs in runs_of(db, detail).items():
            found.recall(detail.summary.name, sweep, seen_in(runs))
    return found


def faults_in(detail: StudyDetail, runs: Mapping[str, Runs]) -> list[str]:
    """What is odd about the results of a study that do not vary, a sentence for each sweep; its map is over."""
    found = []
    for sweep in detail.sweeps:
        measure = detail.spec.measure_of(sweep.context)
        if measure is None:
            continue  # of our own engine
        fault = fault_of(seen_in(runs[sweep.name]), detail.spec.axes.names, measure, mapped=True)
        found += [] if fault is None else [f"{fault[0].upper()}{fault[1:]}."]
    return found


def fault_of(seen: Sequence[Seen], names: Sequence[str], measure: Measure, *, mapped: bool) -> str | None:
    """What is odd about results that do not vary, as a sentence without its end; None where nothing is.

    Args:
        seen: the results of a sweep.
        names: of the two parameters.
        measure: of the results.
        mapped: the map is over.
    """
    constant = constant_result(seen)
    if constant is not None:  # equal results of one point say nothing more
        return constant_sentence(constant, names) if mapped else None
    same = same_on_all_seeds(seen, measure)
    return None if same is None else same.sentence(names)


def seen_in(runs: Runs) -> list[Seen]:
    """The results of runs that are there; each is on a seed of its own."""
    broke = runs.diverged.tolist()
    rows = zip(runs.eta.tolist(), runs.alpha.tolist(), runs.value.tolist(), runs.run.tolist(), strict=True)
    return [
        Seen((eta, alpha), None if broke[i] else value, seed=i, part=run)
        for i, (eta, alpha, value, run) in enumerate(rows)
    ]


def _key(lease: Lease) -> Key:
    return lease.study, lease.sweep


def _seen_of(lease: Lease, ending: Ending) -> Iterable[Seen]:
    if ending.failed is not None:
        return
    first, second = lease.parameters.values()
    for index, found in (ending.runs or {}).items():
        value = None if found.diverged else found.value
        yield Seen((first, second), value, seed=lease.runs[index], part=index)
