"""Chances that a study would decide, simulated for its preview, one at a time."""

from __future__ import annotations

from service.dependencies import study_name
from service.verdicts.cache import Judge
from service.verdicts.one_at_a_time import Bench
from studies.calibration.planned_power import planned_power
from studies.calibration.power import assumptions_from
from studies.calibration.records import Assumptions, Power
from studies.errors import Problem, SpecError
from studies.language.spec import StudySpec

# A simulation takes half a minute of a core, and less than this patience while somebody waits for its place.
BENCH = Bench(patience=20.0, retry_after=15, busy="other simulations are running")
KEPT = 64  # answers, of a few hundred bytes each
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
    with BENCH.seated():
        found = planned_power(spec, assumptions, awaited=lambda: BENCH.awaited)
        if len(_kept) >= KEPT:
            _kept.clear()
        if not BENCH.awaited:  # else it may have been cut short, and the next who asks deserves better
            _kept[known] = found
        return found


def _from_pilot(judge: Judge, pilot: str) -> Assumptions:
    sweeps = judge.verdict(study_name(pilot)).verdict.sweeps
    found = next((known for sweep in sweeps if (known := assumptions_from(sweep)) is not None), None)
    if found is None:
        raise SpecError([Problem("pilot", f"{pilot} has located no optimum by accuracy yet; name another or none")])
    return found
