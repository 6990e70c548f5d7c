"""The three statements in words: a short sentence each, with its answer and its number."""

from __future__ import annotations

from studies.verdict.answers import Answer, AsGood, OptimumThere, PlaceMatters, Statements
from studies.verdict.wording_amounts import amount, arm_name, factor

# Of the sentences, in their order: a page that shows the statements as lines leaves these sentences out.
OPENINGS = ("As good as the best: ", "The optimum is there: ", "The place matters: ")


def statement_sentences(statements: Statements, objective: str) -> tuple[str, str, str]:
    """The statements in their order: as good as the best, the optimum is there, the place matters.

    Args:
        statements: of a sweep.
        objective: by which its runs are judged.
    """
    good, there, matters = OPENINGS
    return (
        f"{good}{statements.as_good.answer}, {_as_good(statements.as_good, objective)}.",
        f"{there}{statements.there.answer}, {_there(statements.there)}.",
        f"{matters}{statements.matters.answer}, {_matters(statements.matters)}.",
    )


def _as_good(found: AsGood, objective: str) -> str:
    if found.by_surface:
        return "the fitted surface and the fresh pairs together put its loss above the margin"
    if found.answer is Answer.NO and found.loses_at_least is not None:
        least = amount(found.loses_at_least, found.loses_at_least_points, objective)
        return f"it loses at least {least} (95 %) to {arm_name(found.arm or '')}"
    if found.loses_at_most is None:
        return "too few pairs of runs on the same seeds were measured"
    if found.loses_at_most <= 0.0:
        return "no point that was run beats it (95 %)"
    return f"it loses at most {amount(found.loses_at_most, found.loses_at_most_points, objective)} (95 %)"


def _there(found: OptimumThere) -> str:
    if found.nearest is None or found.farthest is None:
        return "its place could not be tested"
    text = f"it lies between a factor {factor(found.nearest)} and {factor(found.farthest)} of the claim (95 %)"
    if not found.identifiable:
        return f"{text}: the region spans the search space"
    text += ", or farther: the region reaches the search space's edge" if found.open_sides else ""
    return f"{text}, {found.doubt}" if found.doubt else text


def _matters(found: PlaceMatters) -> str:
    if found.share is None:
        return "how much of the search space is as good as its best is not known"
    ends = (
        "" if found.low is None or found.high is None else f" (95 %: {_percent(found.low)} to {_percent(found.high)} %)"
    )
    return f"{_percent(found.share)} % of the search space{ends} is as good as its best, up to the margin"


def _percent(share: float) -> str:
    """A share in percent; small ones with a decimal."""
    return f"{100 * share:.1f}" if 0.0 < share < 0.1 else f"{100 * share:.0f}"
