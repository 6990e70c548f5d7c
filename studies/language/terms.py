"""Terms of a claim: those that are not the default, in words, and claims that say too little to be tested.

A wide neighbourhood, a wide margin or a high level makes every claim easy to support. They are the user's to choose and
are frozen before any run; so the sentence of a verdict names each one that is not the default (`terms_of`), and a claim
that hardly excludes anything is never called supported (`vague`).

An optimum that is placed at random lies in a neighbourhood N with a chance of N's share of the box. Above a fifth, a
claim that was drawn from a hat would be right more than once in five tries; the default's N takes 5 % of its box. A
level above a tenth asks for less evidence than any field accepts for a finding; its default is 0.05.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from studies.language.claim import MEASURE, Claim
from studies.language.space import Space
from studies.language.versions import MARGIN_FLOOR

if TYPE_CHECKING:
    from studies.language.spec import StudySpec

MOST_SHARE = 0.2  # of the box that the neighbourhood of a claim may take
MOST_LEVEL = 0.1
VAGUE_SINCE = 5  # version of the analysis
VAGUE_CURE = "state a smaller tolerance (or level), or search wider ranges"
ROUNDING = 1e-9  # of shares and levels: a fifth that was computed is a fifth

TERMS: Mapping[str, Callable[[Any], str]] = {
    "tolerance_factor": lambda factor: f"near means within a factor {factor:.3g} of the claim",
    "margin_sigmas": lambda sigmas: f"the margin is {sigmas:.3g} seed deviations",
    "margin_points": lambda points: f"the margin is {points:.3g} percentage points",
    "margin_error_share": lambda share: f"the margin is {100 * share:.3g} % of the error",
    "margin_floor": lambda floor: f"the margin is at least {floor:.3g} (logarithm)",
    "level": lambda level: f"the error level is {level:.3g}",
    "first_look": lambda share: f"the first look has {100 * share:.3g} % of the level",
    "objective": lambda objective: f"runs are judged by {objective.replace('_', ' ')}",
}


def terms_of(claim: Claim) -> tuple[str, ...]:
    """The terms of a claim that are not the default, each as a clause; empty where all are.

    Point, title and primary loss are what is claimed, and no terms. A field that documents of an earlier version do
    not have is None there, and no term either.
    """
    usual = {name: Claim.model_fields[name].default for name in TERMS} | {"margin_floor": _usual_floor(claim)}
    if claim.objective == MEASURE:
        usual["objective"] = MEASURE
    values = claim.model_dump()
    if not any(
        parameter.is_logarithmic and parameter.name not in (claim.tolerance or {}) for parameter in claim.axes.both
    ):
        values["tolerance_factor"] = None  # which says nothing then
    found = {name: said(values[name]) for name, said in TERMS.items() if values.get(name) not in (None, usual[name])}
    if "margin_floor" in found and claim.measure is not None and claim.measure.kind == "real":
        found["margin_floor"] = f"the margin is at least {claim.margin_floor:.3g} in {claim.measure.name}"
    return (*_tolerances(claim), *found.values())


def _usual_floor(claim: Claim) -> float:
    """The least margin that a claim has unless it states one: of a real measure, whose size nobody knows, none."""
    return 0.0 if claim.measure is not None and claim.measure.kind == "real" else MARGIN_FLOOR


def _tolerances(claim: Claim) -> Iterator[str]:
    """The half-widths that a claim states by parameter, as clauses."""
    for parameter in claim.axes.both:
        tolerance = (claim.tolerance or {}).get(parameter.name)
        if tolerance is not None and parameter.is_logarithmic:
            yield f"near means within a factor {tolerance:.3g} of the claim in {parameter.name}"
        elif tolerance is not None:
            yield f"near means within {tolerance:.3g} of the claim in {parameter.name}"


def share_of_box(claim: Claim, space: Space) -> float:
    """Share of the box that the claim's neighbourhood takes, in its coordinates, in [0, 1]."""
    import numpy as np  # brings NumPy, which the command line does without

    box, width = np.array([space.v_bounds, space.u_bounds]), np.array(claim.half_widths)
    v, u = space.axes.coordinates(claim.first, claim.second)
    middle = np.array([float(v), float(u)])
    overlap = np.minimum(box[:, 1], middle + width) - np.maximum(box[:, 0], middle - width)
    widths = box[:, 1] - box[:, 0]
    # A box that rounds to one value has all of it in N; release 0.1 let such boxes in.
    shares = np.divide(np.maximum(overlap, 0.0), widths, out=np.ones(2), where=widths > 0.0)
    return float(np.prod(shares))


def vague(claim: Claim, space: Space) -> str | None:
    """A claim that says too little to be supported: why, as a clause; None where it says enough.

    Args:
        claim: its neighbourhood and its level.
        space: the box in force.
    """
    reasons = []
    share = share_of_box(claim, space)
    if share > MOST_SHARE + ROUNDING:
        reasons.append(
            f"its neighbourhood takes {100 * share:.0f} % of the search space (limit {100 * MOST_SHARE:.0f} %)"
        )
    if claim.level > MOST_LEVEL + ROUNDING:
        reasons.append(f"its error level is {claim.level:.3g} (limit {MOST_LEVEL:.3g})")
    return " and ".join(reasons) or None


def vague_note(spec: StudySpec) -> str:
    """That a study's claim says too little to be supported, whatever is trained, with the cure; "" where it does not.

    Studies that are judged under analysis 4 know no such claim, and a comparison claims nothing.
    """
    if spec.compares or spec.analysis_version < VAGUE_SINCE:
        return ""
    unclear = vague(spec.claim, spec.space)
    if unclear is None:
        return ""
    return f"as it stands the claim says too little to be supported: {unclear}; {VAGUE_CURE}"
