"""The chances that a study decides its claim, simulated for its preview, one simulation at a time."""

from __future__ import annotations

from service.schemas import study_name
from service.verdicts.cache import VerdictCache
from service.verdicts.one_at_a_time import OneAtATime
from studies.calibration.chances import Assumptions, Power
from studies.calibration.planned_power import planned_power
from studies.calibration.power import assumptions_from
from studies.errors import Problem, SpecError
from studies.language.spec import StudySpec

# A simulation takes half a minute of a core, and less than this timeout while another caller waits.
SIMULATION = OneAtATime(timeout=20.0, retry_after=15, busy="other simulations are running")
CAPACITY = 64  # results, of a few hundred bytes each
_kept: dict[tuple[str, Assumptions], Power | None] = {}  # by claim hash: the same study is not simulated again


def simulated_power(spec: StudySpec, verdicts: VerdictCache, pilot: str | None) -> Power | None:
    """The chances that a study decides, on an assumed landscape or on that of a pilot study.

    Args:
        spec: the study.
        verdicts: where the pilot's verdict is taken from.
        pilot: a study whose runs give noise and curvature; None for the assumed ones.

    Raises:
        StudyNotFoundError: there is no such pilot.
        SpecError: the pilot's runs do not give noise and curvature.
        ProblemError: 429, other simulations are running.
    """
    assumptions = Assumptions() if pilot is None else _from_pilot(verdicts, pilot)
    key = (spec.claim_hash, assumptions)
    if key in _kept:
        return _kept[key]
    with SIMULATION.slot():
        found = planned_power(spec, assumptions, others_wait=_others_wait)
        if len(_kept) >= CAPACITY:
            _kept.clear()
        if not _others_wait():  # else it may have been cut short, and the next caller shall get a full one
            _kept[key] = found
        return found


def _others_wait() -> bool:
    return SIMULATION.waiting > 0


def _from_pilot(verdicts: VerdictCache, pilot: str) -> Assumptions:
    sweeps = verdicts.verdict(study_name(pilot)).verdict.sweeps
    found = next((known for sweep in sweeps if (known := assumptions_from(sweep)) is not None), None)
    if found is None:
        raise SpecError([Problem("pilot", f"{pilot} has located no optimum by accuracy yet; name another or none")])
    return found
