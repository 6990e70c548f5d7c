"""What became of a sweep's runs, for readers: counts, the comparison of the claim's runs, and an advice by cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from studies.figures.numbers import p_value
from studies.figures.outcome_signs import SIGNS as SIGN_OF
from studies.outcomes import ADVICE
from studies.records import Cause
from studies.verdict.answers import Answers, CollapseTest, OutcomeCounts, RunOutcome

SIGNS = {outcome: SIGN_OF[outcome].character for outcome in RunOutcome}
MEANINGS = {
    RunOutcome.TRAINED: "ended where the runs around it do",
    RunOutcome.COLLAPSED: "trains, but ends far below the runs around it",
    RunOutcome.UNTRAINED: "still at chance, though its loss fell",
    RunOutcome.DIVERGED: "not finite, or at chance after its loss rose and stayed",
}
_ADVICE = {
    RunOutcome.COLLAPSED: (
        "{n} collapsed. They are counted apart, so that the other numbers speak of runs that train; a setting whose "
        "runs collapse is worth less than these numbers say."
    ),
    RunOutcome.UNTRAINED: (
        "{n} stayed at chance although their loss fell: they learned too slowly for the length of the training. Higher "
        "learning rates or more epochs would help, lower rates would not."
    ),
    RunOutcome.DIVERGED: "{n} diverged. Lower η/(1−α) is the usual cure.",
}
_UNEXPLAINED = f"{{n}} ended at chance, and no curve says why: {ADVICE[Cause.CHANCE]}."


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """Runs of one group by outcome."""

    label: str
    counts: tuple[tuple[RunOutcome, int], ...]  # in the order of `RunOutcome`
    total: int


def outcome_rows(answers: Answers) -> tuple[OutcomeRow, OutcomeRow]:
    """The claim's runs, then all runs of the sweep."""
    return _row("at the claimed point", answers.claim_outcomes), _row("in the whole sweep", answers.outcomes)


def outcome_advice(counts: OutcomeCounts) -> tuple[str, ...]:
    """A sentence for each cause for which runs did not train."""
    known = replace(counts, diverged=counts.diverged - counts.unexplained)
    found = ((text, _count(known, outcome)) for outcome, text in _ADVICE.items())
    return tuple(text.format(n=_runs(count)) for text, count in (*found, (_UNEXPLAINED, counts.unexplained)) if count)


def total(counts: Iterable[OutcomeCounts]) -> OutcomeCounts:
    """Runs of several groups together."""
    found = list(counts)
    trained, collapsed, untrained, diverged = (sum(_count(each, outcome) for each in found) for outcome in RunOutcome)
    return OutcomeCounts(trained, collapsed, untrained, diverged, sum(each.unexplained for each in found))


def collapse_reading(test: CollapseTest) -> str:
    """Say how often the claim's runs did not train, how often its rivals', and what follows."""
    if not test.claim_runs or not test.rivals_runs:
        return "How often runs fail at the claimed point cannot be compared with its rivals yet."
    found = (
        f"{test.claim_failed} of {test.claim_runs} runs at the claimed point did not train, against "
        f"{test.rivals_failed} of {test.rivals_runs} at its rivals"
    )
    tested = "" if test.p_more is None else f" (Fisher’s exact test, p {_p(test.p_more)})"
    if test.refutes:
        return f"{found}{tested}: the claim’s runs fail more often, which refutes it by itself."
    if test.hinders:
        return f"{found}{tested}: too many more for support, too few to refute."
    return f"{found}{tested}: no excess that would speak against the claim."


def _p(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _row(label: str, counts: OutcomeCounts) -> OutcomeRow:
    return OutcomeRow(label, tuple((outcome, _count(counts, outcome)) for outcome in RunOutcome), counts.total)


def _count(counts: OutcomeCounts, outcome: RunOutcome) -> int:
    found: int = getattr(counts, outcome.value)
    return found


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
