"""What became of runs, in words, with advice by cause: a run that is too slow is never said to need a lower rate."""

from __future__ import annotations

import numpy as np

from studies.language.parameters import LEARNING_RATES
from studies.late_scipy import mannwhitneyu
from studies.outcomes import ADVICE
from studies.records import Cause
from studies.verdict.grounds import Grounds
from studies.verdict.model import Evidence
from studies.verdict.wording_amounts import claimed

KINDS = ("diverged", "untrained", "collapsed")
WORTH_SAYING = 0.05  # of all runs: below, an outcome is named only where the claim's own runs have it
MOST = 0.5  # of all runs: from here on advice is given though the claim's own runs need none
_TEXTS = {  # by fields of `OutcomeCounts`
    "explained": "diverged: the loss was not finite, or it rose and stayed.",
    "untrained": "are untrained: still at chance though nothing broke.",
    "collapsed": "collapsed: they trained, but ended far below the runs around them.",
    "unexplained": "ended at chance, and no curve says why.",
}
_BROKEN = "diverged: they printed no finite number."  # of a program of the user's own, whose curve nobody sees
GROWS = 0.05  # p-value from which on divergence is taken to grow with the rate
FEWEST = 3  # runs that diverged, and others: below, no such test is made
_ADVICE = {
    "explained": "Lower learning rates keep runs from it.",
    "untrained": "They learn too slowly for their length; train longer or raise the learning rates.",
    "collapsed": "Their share is compared apart.",
    "unexplained": f"To learn it, {ADVICE[Cause.CHANCE]}.",
}
BY_RATE = ("explained", "untrained")  # whose advice speaks of learning rates
_NONE_EXPLAINED = f"Not one run trained, and no curve says why. To learn it, {ADVICE[Cause.CHANCE]}."
_NONE_TRAINED = {
    "diverged": "Not one run trained, and most diverged; lower the learning rates or change the context.",
    "untrained": (
        "Not one run trained: most are still at chance though nothing broke, so they learn too slowly for their "
        "length; train longer or raise the learning rates."
    ),
}


def said_outcomes(grounds: Grounds) -> list[str]:
    """Outcomes other than trained that are worth a sentence: the claim's runs had them, or many runs did."""
    own, every = grounds.claim_outcomes, grounds.outcomes
    least = WORTH_SAYING * every.total
    return [kind for kind in KINDS if getattr(own, kind) or getattr(every, kind) >= max(least, 1.0)]


def outcome_text(kind: str, grounds: Grounds) -> str:
    """How many runs ended so, and what helps."""
    own, every = grounds.claim_outcomes, grounds.outcomes
    hidden = kind == "diverged" and 2 * every.unexplained > every.diverged
    if not every.trained and kind in _NONE_TRAINED:
        return _NONE_EXPLAINED if hidden else _NONE_TRAINED[kind]
    kinds = ("explained", "unexplained") if kind == "diverged" else (kind,)
    return " ".join(_counted(name, grounds) for name in kinds if getattr(own, name) or getattr(every, name))


def _counted(kind: str, grounds: Grounds) -> str:
    own, every = grounds.claim_outcomes, grounds.outcomes
    here, all_of_them = getattr(own, kind), getattr(every, kind)
    counts = f"{all_of_them} of {every.total} runs in all"
    if here:
        counts = f"{here} of {own.total} runs at {claimed(grounds.findings)} and {counts}"
    evidence = grounds.findings.evidence
    own_program = kind == "explained" and evidence.measure is not None
    text = _BROKEN if own_program else _TEXTS[kind]
    rates = evidence.claim.axes.has_rate or kind not in BY_RATE
    advised = rates and (here or all_of_them >= MOST * every.total)
    if kind == "explained" and advised:
        advised = grows_with_rate(evidence)
    return f"{counts} {text} {_ADVICE[kind]}" if advised else f"{counts} {text}"


def grows_with_rate(evidence: Evidence) -> bool:
    """True unless the runs at hand show no growth of divergence with the learning rate, and there are such runs.

    By the Mann-Whitney test, one-sided, of the rates of diverged runs against those of the others: eta/(1-alpha) where
    the two form a ridge, else the parameter that is a rate. Where fewer than FEWEST runs of either kind are there, the
    usual experience stands.
    """
    runs, axes = evidence.runs, evidence.claim.axes
    broken = runs.diverged & ~np.isin(runs.cause, (Cause.CHANCE, Cause.NONE))
    if min(int(broken.sum()), int((~broken).sum())) < FEWEST:
        return True
    second = not axes.ridge and axes.names[1] in LEARNING_RATES and axes.names[0] not in LEARNING_RATES
    rate = runs.eta / (1.0 - runs.alpha) if axes.ridge else runs.alpha if second else runs.eta
    return bool(mannwhitneyu(rate[broken], rate[~broken], alternative="greater").pvalue <= GROWS)


def collapse_text(grounds: Grounds, *, refutes: bool) -> str:
    """How often runs at the claim fail to train, against its rivals'."""
    found, there = grounds.collapse, claimed(grounds.findings)
    counts = (
        f"{found.claim_failed} of {found.claim_runs} runs at {there} failed (diverged, untrained, collapsed), against "
        f"{found.rivals_failed} of {found.rivals_runs} at the other points that were run beside it"
    )
    if refutes:
        return f"Training fails too often at the claimed point: {counts}."
    return (
        f"Where its runs train, the claim holds, but {counts}; a point whose runs may fail more often is not called "
        "supported."
    )
