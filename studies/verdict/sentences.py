"""Plain English for readers who are no statisticians, with the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence

from studies.language.claim import FOLKLORE, Claim
from studies.language.loss_names import phrase
from studies.language.phases import Phase
from studies.language.space import Space
from studies.records import Arm
from studies.verdict.findings import REGRET_FACTOR, Findings
from studies.verdict.model import Interval, Needed, Outcome, Reason, Sentence
from studies.verdict.neighbourhood import inside
from studies.verdict.rules import EDGE_MASS, FEWEST_PAIRS, MISSING_SHARE, Decision, mates


def text_of(code: str, findings: Findings) -> str:
    """The sentences on one reason code, apart from any decision.

    Raises:
        KeyError: there is no such code.
    """
    return _TEXTS[code](findings)


def reasons(findings: Findings, decision: Decision, needed: Needed | None = None) -> tuple[Reason, ...]:
    """A sentence or two per reason code of the decision; the deciding one says what would decide."""
    main = " ".join(_deciding(findings, decision, needed))
    return (Reason(decision.codes[0], main), *(Reason(code, _TEXTS[code](findings)) for code in decision.codes[1:]))


def summarise(findings: Findings, decision: Decision, needed: Needed | None = None) -> Sentence:
    """The verdict for a reader: the answer, where the optimum seems to lie, and what cannot be distinguished."""
    evidence = findings.evidence
    main, *rest = _deciding(findings, decision, needed)
    beside = [_TEXTS[code](findings) for code in decision.codes[1:]]
    more = (*rest, _place(findings), *beside, folklore(findings, decision))
    return Sentence(
        about=f"{evidence.claim.heading}: {decision.outcome} under {phrase(evidence.loss)}, "
        f"context {evidence.shown_context}",
        main=main,
        more=tuple(part for part in more if part),
    )


def agreeing(parts: Sequence[Sentence]) -> Sentence:
    """One or more verdicts with one answer, said one after the other."""
    first, *others = parts
    return Sentence(first.about, first.main, (*first.more, *(other.text for other in others)))


def _deciding(findings: Findings, decision: Decision, needed: Needed | None) -> list[str]:
    """Sentences on the deciding reason: the reason, what speaks against it, and what would decide."""
    code = decision.codes[0]
    doubt = _at_odds(findings) if code == "flat" else ""
    return [part for part in (_TEXTS[code](findings), doubt, needed.sentence if needed is not None else "") if part]


def _place(findings: Findings) -> str:
    location = findings.location
    if location.eta.estimate is None or findings.constant:
        return "Nothing can be said yet about where the optimum lies."
    first, second = findings.evidence.claim.axes.symbols
    source = "95 % region" if location.surface is not None else "95 % of a rough posterior"
    return (
        f"The {_objective(findings)} seems best near {first} = {_ranged(location.eta, source)} and "
        f"{second} = {_ranged(location.alpha, source)}."
    )


def folklore(findings: Findings, decision: Decision) -> str:
    """That the everyday default lies inside the neighbourhood, where it does and the claim is not refuted; else ""."""
    claim = findings.evidence.claim
    near = claim.axes.has_folklore and bool(inside(claim, claim.axes.points(*FOLKLORE))[0])
    if not near or decision.outcome is Outcome.REFUTED or "incomplete" in decision.codes:
        return ""
    tail = "" if decision.codes[0] == "specific" else " and cannot be told apart from it by location alone"
    first, second = claim.axes.symbols
    return f"The everyday default ({first} 0.01, {second} 0.9) lies inside the claim's neighbourhood{tail}."


def _objective(findings: Findings) -> str:
    return findings.evidence.objective.replace("_", " ")


def _ranged(interval: Interval, source: str) -> str:
    if interval.low is None or interval.high is None:
        return f"{interval.estimate:.3g}"
    return f"{interval.estimate:.3g} ({source} {interval.low:.3g} to {interval.high:.3g})"


def _margin(findings: Findings) -> str:
    """The margin in words, in percentage points where that means something."""
    if findings.margin is None:
        return "the margin (unknown: no replicates)"
    if findings.margin_points is None:
        return f"the margin of {findings.margin:.3g} (logarithm)"
    return f"the margin of {findings.margin_points:.2g} percentage points"


def _gap(findings: Findings) -> str:
    """Best minus claim in words."""
    best = next((c for c in findings.comparisons if c.arm == Arm.BEST), None)
    if best is None:
        return "not measured"
    shown, unit = (best.difference_points, " percentage points")
    if shown.estimate is None:
        shown, unit = best.difference, " (logarithm)"
    if shown.estimate is None:
        return "not measured"
    ends = "" if shown.low is None else f", 95 % interval {shown.low:.2g} to {shown.high:.2g}"
    return f"{shown.estimate:+.2g}{unit}{ends} over {best.pairs} pairs"


def _point(findings: Findings) -> str:
    claim = findings.evidence.claim
    return _named(claim, claim.first, claim.second)


def _named(claim: Claim, first: float, second: float) -> str:
    one, other = claim.axes.symbols
    return f"({one} {first:.3g}, {other} {second:.3g})"


def _specific(findings: Findings) -> str:
    return (
        f"The optimum lies inside the claimed neighbourhood and the claimed point {_point(findings)} loses less than "
        f"{_margin(findings)} to the best point found; its ridge mates and the everyday default do worse."
    )


def _not_specific(findings: Findings) -> str:
    return (
        f"The optimum lies inside the claimed neighbourhood and the claimed point {_point(findings)} loses less than "
        f"{_margin(findings)} to the best point found, but the data do not single that point out: other values in the "
        "neighbourhood, or on the same ridge, do about as well."
    )


def _regret(findings: Findings) -> str:
    best = next((c for c in findings.comparisons if c.arm == Arm.BEST), None)
    where = (
        f"the point {_named(findings.evidence.claim, best.eta, best.alpha)}" if best is not None else "another point"
    )
    alone = best is not None and best.p_worse is not None and best.p_worse <= findings.level / REGRET_FACTOR
    if alone:
        return (
            f"On fresh seeds {where} beats the claimed point {_point(findings)} by more than {_margin(findings)} "
            f"({_gap(findings)})."
        )
    return (
        f"On fresh seeds {where} beats the claimed point {_point(findings)} ({_gap(findings)}), and the fitted surface "
        f"puts the loss at more than {_margin(findings)}."
    )


def _location(findings: Findings) -> str:
    return (
        "The optimum lies outside the claimed neighbourhood: the fitted surface excludes it, and on fresh seeds the "
        "best point outside beats the best inside."
    )


def _near_not_at(findings: Findings) -> str:
    share = findings.location.pi_inside
    near = "" if share is None else f" ({100 * share:.0f} % of the posterior)"
    return (
        f"The optimum looks near the claimed point{near}, yet the point itself loses by more than {_margin(findings)} "
        f"({_gap(findings)})."
    )


def _flat(findings: Findings) -> str:
    if findings.constant:
        return "Every run gave the same result, so no point can be told from another."
    return (
        f"The claimed point {_point(findings)} is practically as good as the best point found (within "
        f"{_margin(findings)}), but so are points outside the neighbourhood: the response is too flat to place "
        "the optimum."
    )


def _at_odds(findings: Findings) -> str:
    """That the surface shows a loss beyond the margin where the pairs exclude one; "" where it does not."""
    p = findings.p_surface_regret
    if findings.constant or p is None or findings.model_fails or p > findings.level / REGRET_FACTOR:
        return ""
    return "The fitted surface puts the claimed point's loss higher, which these fresh pairs do not bear out."


def _alpha_not_identified(findings: Findings) -> str:
    found, axes = mates(findings), findings.evidence.claim.axes
    name = axes.symbols[1]
    return (
        f"{'Momentum' if axes.is_paper else name} itself does not matter here: at equal effective rate, "
        f"{name} = {found[0].alpha:.3g} and {name} = {found[-1].alpha:.3g} do as well as the claimed point."
    )


def _edge(findings: Findings) -> str:
    mass = findings.location.edge_mass or 0.0
    return (
        f"The optimum may lie beyond the search space: {100 * mass:.0f} % of the posterior sits on its edge (limit "
        f"{100 * EDGE_MASS:.0f} %){_remedy(findings)}"
    )


def _remedy(findings: Findings) -> str:
    space = findings.evidence.space
    if not findings.evidence.is_widened:
        return "; widen the space and run again."
    box = box_words(space)
    return f", although it was widened once, to {box}; start a study in a wider space."


def box_words(space: Space) -> str:
    """A box in words: "η 0.0001 to 1, α 0 to 0.99"."""
    first, second = space.axes.symbols
    (low, high), (least, most) = space.ends
    return f"{first} {low:.3g} to {high:.3g}, {second} {least:.3g} to {most:.4g}"


def _power(findings: Findings) -> str:
    if findings.location.p_in is None:
        return "Too few runs in the promising part of the search space to place the optimum; measure more points."
    return "The data neither place the optimum nor settle what the claimed point loses."


def _incomplete(findings: Findings) -> str:
    evidence = findings.evidence
    if set(evidence.runs.phase.tolist()) == {Phase.CV}:
        return "The design compares given points only: without a map nothing can be said about where the optimum lies."
    if Phase.CONFIRM in evidence.phases_done and len(evidence.runs) == evidence.planned_runs:
        return _unpaired(findings)
    done = ", ".join(evidence.phases_done) or "none"
    return (
        f"The measurements are not complete: {len(evidence.runs)} of {evidence.planned_runs} planned runs so far, "
        f"finished phases: {done}; a verdict needs paired confirmation runs of the claimed and the best point."
    )


def _unpaired(findings: Findings) -> str:
    """Why complete measurements have no pairs of the claimed and the best point."""
    if findings.constant:
        return (
            "Every run gave the same result, so no point can be told from another; see whether the training takes its "
            "parameters and its seed."
        )
    return (
        f"All {len(findings.evidence.runs)} planned runs are there, but the claimed and the best point share "
        f"{findings.regret.pairs} blocks, and a verdict needs {FEWEST_PAIRS}."
    )


def _data(findings: Findings) -> str:
    evidence = findings.evidence
    return (
        f"{evidence.failed_runs} of {evidence.planned_runs} planned runs were lost to the infrastructure, more than "
        f"{100 * MISSING_SHARE:.0f} %; run them again."
    )


def _fragile(findings: Findings) -> str:
    return "The answer hangs on the shape of the noise: t-test and permutation test disagree."


def _model(findings: Findings) -> str:
    return "No polynomial describes the response in the zone, so the location tests are void; zoom in further."


def _adaptive(findings: Findings) -> str:
    return (
        "The points came from an adaptive sampler, which goes where earlier results were good: they may point to an "
        "optimum, but only a fixed design can judge where it lies."
    )


def _diverged(findings: Findings) -> str:
    share = findings.claim_diverged_share
    if findings.diverged_share >= 1.0:
        return "Every run diverged; lower the learning rates or change the context."
    return (
        f"{100 * share:.0f} % of the runs at the claimed point {_point(findings)} diverged; they count as chance level."
    )


_TEXTS = {
    "specific": _specific,
    "not_specific": _not_specific,
    "regret": _regret,
    "location": _location,
    "near_not_at": _near_not_at,
    "flat": _flat,
    "alpha_not_identified": _alpha_not_identified,
    "edge": _edge,
    "power": _power,
    "incomplete": _incomplete,
    "data": _data,
    "fragile": _fragile,
    "model": _model,
    "adaptive": _adaptive,
    "diverged": _diverged,
}
REASON_CODES = tuple(_TEXTS)
