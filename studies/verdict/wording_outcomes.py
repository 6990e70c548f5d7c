"""What became of runs, in words, with advice by cause: a run that is too slow is never said to need a lower rate."""

from __future__ import annotations

from studies.outcomes import ADVICE
from studies.records import Cause
from studies.verdict.grounds import Grounds
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
    rates = grounds.findings.evidence.claim.axes.has_rate or kind not in BY_RATE
    advised = rates and (here or all_of_them >= MOST * every.total)
    return f"{counts} {_TEXTS[kind]} {_ADVICE[kind]}" if advised else f"{counts} {_TEXTS[kind]}"


def collapse_text(grounds: Grounds, *, refutes: bool) -> str:
    """How often runs at the claim fail to train, against its rivals'."""
    found, there = grounds.collapse, claimed(grounds.findings)
    counts = (
        f"{found.claim_failed} of {found.claim_runs} runs at {there} did not train or collapsed, against "
        f"{found.rivals_failed} of {found.rivals_runs} at the other points that were run beside it"
    )
    if refutes:
        return f"Training fails too often at the claimed point: {counts}."
    return (
        f"Where its runs train, the claim holds, but {counts}; a point whose runs may fail more often is not called "
        "supported."
    )
