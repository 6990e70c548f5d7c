"""What became of a sweep's runs, for readers: counts, the comparison of the claim's runs, and an advice by cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from studies.figures.numbers import p_value
from studies.figures.outcome_signs import CHANCE
from studies.language.parameters import LEARNING_RATES
from studies.outcomes import ADVICE
from studies.records import Cause
from studies.verdict.answers import Answers, CollapseTest, OutcomeCounts, RunOutcome
from studies.verdict.names import OF_PAPER, Named

MEANINGS: dict[str, str] = {  # by keys of `outcome_signs.SIGNS`
    RunOutcome.TRAINED: "ended where the runs around it do",
    RunOutcome.COLLAPSED: "trains, but ends far below the runs around it",
    RunOutcome.UNTRAINED: "still at chance, though its loss fell",
    RunOutcome.DIVERGED: "not finite, or at chance after its loss rose and stayed",
    CHANCE: "no curve says why",
}
_ADVICE: dict[str, str] = {
    RunOutcome.COLLAPSED: (
        "{n} collapsed. They are counted apart, so that the other numbers speak of runs that train; a setting whose "
        "runs collapse is worth less than these numbers say."
    ),
    RunOutcome.UNTRAINED: (
        "{n} stayed at chance although their loss fell: they learned too slowly for the length of the training. Higher "
        "learning rates or more epochs would help, lower rates would not."
    ),
    RunOutcome.DIVERGED: "{n} diverged. Where runs diverge more often at higher rates, the usual cure is {rate}.",
    CHANCE: f"{{n}} ended at chance, and no curve says why: {ADVICE[Cause.CHANCE]}.",
}


_WITHOUT_RATES: dict[str, str] = {
    RunOutcome.UNTRAINED: "{n} stayed at chance although their loss fell: they learned too slowly for their length.",
    RunOutcome.DIVERGED: "{n} diverged.",
}


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """Runs of one group by outcome."""

    label: str
    counts: tuple[tuple[str, int], ...]  # keys of `outcome_signs.SIGNS`; the last one only where a run of it is known
    total: int


def outcome_rows(answers: Answers) -> tuple[OutcomeRow, OutcomeRow]:
    """The claim's runs, then all runs of the sweep."""
    own, every = answers.claim_outcomes, answers.outcomes
    shown = [name for name in MEANINGS if name != CHANCE or every.unexplained]
    return _row("at the claimed point", own, shown), _row("in the whole sweep", every, shown)


def outcome_advice(counts: OutcomeCounts, named: Named = OF_PAPER) -> tuple[str, ...]:
    """A sentence for each cause for which runs did not train; of rates only where a parameter is known to be one."""
    known = named.ridge or any(name in LEARNING_RATES for name in named.names)
    texts = _ADVICE if known else {**_ADVICE, **_WITHOUT_RATES}
    first, second = named.symbols
    rate = f"a lower {first}/(1−{second})" if named.ridge else "a lower learning rate"
    found = ((text, _count(counts, name)) for name, text in texts.items())
    return tuple(text.format(n=_runs(count), rate=rate) for text, count in found if count)


def total(counts: Iterable[OutcomeCounts]) -> OutcomeCounts:
    """Runs of several groups together."""
    found = list(counts)
    names = [field.name for field in fields(OutcomeCounts)]
    return OutcomeCounts(**{name: sum(getattr(each, name) for each in found) for name in names})


def collapse_reading(test: CollapseTest, own: OutcomeCounts | None = None) -> str:
    """Say how often the claim's runs failed, how often its rivals', and what follows.

    Args:
        test: of the sweep.
        own: outcomes at the claimed point, which say how runs failed; None: that is left out.
    """
    if not test.claim_runs or not test.rivals_runs:
        return "How often runs fail at the claimed point cannot be compared with its rivals yet."
    found = (
        f"{test.claim_failed} of {test.claim_runs} runs at the claimed point failed{_kinds(test, own)}, against "
        f"{test.rivals_failed} of {test.rivals_runs} at its rivals"
    )
    tested = "" if test.p_more is None else f" (Fisher’s exact test, p {_p(test.p_more)})"
    if test.refutes:
        return f"{found}{tested}: the claim’s runs fail more often, which refutes it by itself."
    if test.hinders:
        return f"{found}{tested}: too many more for support, too few to refute."
    if not test.claim_failed and not test.rivals_failed:
        none = f"None of the {test.claim_runs} runs at the claimed point failed"
        return f"{none}, and none of {test.rivals_runs} at its rivals."
    return f"{found}{tested}: this does not speak against the claim."


def _kinds(test: CollapseTest, own: OutcomeCounts | None) -> str:
    """What became of the failed runs, "(2 diverged, 3 collapsed)", where the counts are of the same runs."""
    if own is None or not own.failed or own.failed != test.claim_failed:
        return ""
    named = ((own.diverged, "diverged"), (own.untrained, "untrained"), (own.collapsed, "collapsed"))
    return f" ({', '.join(f'{count} {name}' for count, name in named if count)})"


def _p(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _row(label: str, counts: OutcomeCounts, shown: Iterable[str]) -> OutcomeRow:
    return OutcomeRow(label, tuple((name, _count(counts, name)) for name in shown), counts.total)


def _count(counts: OutcomeCounts, name: str) -> int:
    """Runs of one outcome; those that nothing explains are not among the diverged."""
    known = {RunOutcome.DIVERGED: counts.explained, CHANCE: counts.unexplained}
    return known[name] if name in known else int(getattr(counts, name))


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
