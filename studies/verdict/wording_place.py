"""Where the optimum seems to lie, in words; intervals that end at the search space's edge say so."""

from __future__ import annotations

from collections.abc import Sequence

from studies.language.parameters import Axes, Parameter
from studies.verdict.grounds import Grounds
from studies.verdict.model import Evidence, Interval
from studies.verdict.sentences import box_words


def place_sentence(grounds: Grounds) -> str:
    """The optimum's estimate, with the ends of its 95 % region."""
    findings = grounds.findings
    location, objective = findings.location, spoken(findings.evidence)
    eta, alpha = location.eta, location.alpha
    if eta.estimate is None or alpha.estimate is None or findings.constant:
        return "Nothing can be said yet about where the optimum lies."
    axes = findings.evidence.claim.axes
    first, second = axes.symbols
    best = f"The {objective} seems best near {first} = {eta.estimate:.3g} and {second} = {alpha.estimate:.3g}"
    if not grounds.places:
        return f"{best}; no region can be given for it."
    source = "95 % region" if location.surface is not None else "95 % of a rough posterior"
    return f"{best} ({source}: {', '.join(_ends(axes, eta, alpha, open_sides(grounds)))})."


def open_sides(grounds: Grounds) -> tuple[str, ...]:
    """Sides of the box that the region reaches."""
    return () if grounds.place is None else grounds.place.open_sides


def open_ends(grounds: Grounds) -> str:
    """The intervals that end at the box, in words: "η at least 0.45"."""
    location, sides, axes = grounds.findings.location, open_sides(grounds), grounds.findings.evidence.claim.axes
    both = zip(axes.names, _ends(axes, location.eta, location.alpha, sides), strict=True)
    return ", ".join(said for name, said in both if any(side.rpartition(" ")[0] == name for side in sides))


def remedy(evidence: Evidence) -> str:
    """The advice where the optimum may lie beyond the box."""
    if not evidence.is_widened:
        return "widen the search space and run again"
    return f"it was widened once, to {box_words(evidence.space)}; start a study in a wider one"


def spoken(evidence: Evidence) -> str:
    """The objective within a sentence, or the measure's name."""
    return evidence.objective.replace("_", " ") if evidence.measure is None else evidence.measure.name


def _ends(axes: Axes, first: Interval, second: Interval, sides: Sequence[str]) -> tuple[str, str]:
    one, other = (
        _bounded(symbol, interval, parameter, sides)
        for symbol, interval, parameter in zip(axes.symbols, (first, second), axes.both, strict=True)
    )
    return one, other


def _bounded(symbol: str, interval: Interval, parameter: Parameter, sides: Sequence[str]) -> str:
    """An interval; an end that is the box's own is left open."""
    name, natural = parameter.name, parameter.scale == "log_one_minus"
    if interval.low is None or interval.high is None:
        return f"{symbol} not bounded"
    low, high = (f"{name} {end}" in sides for end in ("low", "high"))
    if high and (low or (natural and interval.low <= 0.0)):
        return f"{symbol} anywhere in the search space"
    if high:
        return f"{symbol} at least {interval.low:.3g}"
    return f"{symbol} at most {interval.high:.3g}" if low else f"{symbol} {interval.low:.3g} to {interval.high:.3g}"
