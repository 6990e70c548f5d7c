"""Calibration of drift: three planted contexts, the third's optimum moved, judged for drift as a study's are.

The three are contexts of one study, each a whole sweep of scenario A from the map to the fresh pairs; they share the
map's points, as a study's contexts do. Counted is how often each test for drift rejects (at 5 %; where nothing moved a
rejection is false) and how often the interval for the distance between the first and the third optimum holds the true
one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.parallel import in_processes
from studies.calibration.simulation import PLANTED, SHIPPED, reseeded, sweep_looks
from studies.language.external import AnyContext
from studies.language.spec import StudySpec
from studies.verdict.drift import FROM_SU, drift
from studies.verdict.findings import Findings, gather
from studies.verdict.model import LEVEL, Drift

CONTEXTS = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class DriftRow:
    """Counts over the triples of contexts whose three optima were all located."""

    rate_factor: float  # the third optimum's effective rate eta / (1 - alpha) over the others'
    memory_factor: float  # its memory 1 / (1 - alpha) over the others'
    studies: int
    located: int
    joint: int  # rejections of "one common optimum"
    effective_rate: int  # of "one effective rate"
    momentum: int  # of "one memory"
    held: int  # intervals for the distance from the first to the third optimum that hold the true one


def drift_rates(
    rate_factor: float,
    memory_factor: float,
    studies: int,
    seed: int,
    *,
    spec: StudySpec = SHIPPED,
    processes: int | None = None,
) -> DriftRow:
    """Simulate triples of contexts; deterministic by `seed`.

    Args:
        rate_factor: what the third context's best effective rate is multiplied by; 1: not moved.
        memory_factor: the same for its memory.
        studies: how many triples.
        seed: of all draws.
        spec: the study, but for its contexts; default: as shipped.
        processes: as of `verdict_rates.calibrate`.
    """
    calls = [((rate_factor, memory_factor), spec, [seed, i]) for i in range(studies)]
    triples = list(in_processes(_triple, calls, processes))
    whole = [found for found in triples if found is not None and not found.left_out]
    moved = float(np.linalg.norm(FROM_SU @ np.log([rate_factor, memory_factor])))
    return DriftRow(
        rate_factor=rate_factor,
        memory_factor=memory_factor,
        studies=studies,
        located=len(whole),
        joint=sum(found.p_joint <= LEVEL for found in whole),
        effective_rate=sum(found.p_effective_rate <= LEVEL for found in whole),
        momentum=sum(found.p_memory <= LEVEL for found in whole),
        held=sum(_holds(found, moved) for found in whole),
    )


def _triple(factors: tuple[float, float], spec: StudySpec, seeds: list[int]) -> Drift | None:
    """The answer on a study of three contexts; None where fewer than two optima were located."""
    contexts = [PLANTED.model_copy(update={"name": name}) for name in CONTEXTS]
    study = reseeded(spec.model_copy(update={"contexts": contexts}), np.random.default_rng(seeds))
    found = drift([_context(context, factors, study, [*seeds, i]) for i, context in enumerate(contexts)])
    return found[0] if found else None


def _context(context: AnyContext, factors: tuple[float, float], spec: StudySpec, seeds: list[int]) -> Findings:
    rate, memory = (math.log(factor) if context.name == CONTEXTS[-1] else 0.0 for factor in factors)
    still = SCENARIOS["A"]
    truth = replace(still, v=still.v + rate - memory, u=still.u + memory)
    evidence = next(sweep_looks(truth, np.random.default_rng(seeds), spec, context))
    return gather(evidence)


def _holds(found: Drift, moved: float) -> bool:
    pair = next(p for p in found.pairs if {p.first, p.second} == {CONTEXTS[0], CONTEXTS[-1]})
    low, high = pair.distance.low, pair.distance.high
    return low is not None and high is not None and low <= moved <= high
