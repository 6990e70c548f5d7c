"""Chances that a study would decide, simulated for its preview, one at a time."""

from __future__ import annotations

import threading

from service.dependencies import study_name
from service.judging import Judge
from service.problems import ProblemError
from studies.errors import SpecError
from studies.planned_power import planned_power
from studies.spec import StudySpec
from studies.verdict.power import Assumptions, Power, assumptions_from

WAIT_SECONDS = 20.0  # more than a simulation takes while somebody waits for its place
RETRY_SECONDS = 15
KEPT = 64  # answers, of a few hundred bytes each
_bench = threading.Semaphore(1)  # a simulation takes half a minute of a core
_waiting: set[int] = set()  # threads that wait for the bench
_kept: dict[tuple[str, Assumptions], Power | None] = {}  # the same study asked again costs nothing


def simulated_power(spec: StudySpec, judge: Judge, pilot: str | None) -> Power | None:
    """The chances that a study decides, on an assumed landscape or on that of a pilot study.

    Raises:
        StudyNotFoundError: there is no such pilot.
        SpecError: the pilot's data tell no noise and curvature.
        ProblemError: 429, other simulations are running.
    """
    assumptions = Assumptions() if pilot is None else _from_pilot(judge, pilot)
    known = (spec.claim_hash, assumptions)
    if known in _kept:
        return _kept[known]
    if not _seated():
        text = "other simulations are running; try again"
        raise ProblemError(429, "too-many-requests", text, headers={"Retry-After": str(RETRY_SECONDS)})
    try:
        found = planned_power(spec, assumptions, awaited=lambda: bool(_waiting))
        if len(_kept) >= KEPT:
            _kept.clear()
        if not _waiting:  # else it may have been cut short, and the next who asks deserves better
            _kept[known] = found
        return found
    finally:
        _bench.release()


def _seated() -> bool:
    """Wait for the bench; whoever sits there learns of it."""
    _waiting.add(threading.get_ident())
    try:
        return _bench.acquire(timeout=WAIT_SECONDS)
    finally:
        _waiting.discard(threading.get_ident())


def _from_pilot(judge: Judge, pilot: str) -> Assumptions:
    sweeps = judge.verdict(study_name(pilot)).verdict.sweeps
    found = next((known for sweep in sweeps if (known := assumptions_from(sweep)) is not None), None)
    if found is None:
        raise SpecError([("pilot", f"{pilot} has located no optimum by accuracy yet; name another or none")])
    return found
