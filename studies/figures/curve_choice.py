"""Which learning curves a reader asks for: arms of the confirmation, single trials, or neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass

from studies.errors import Problem, SpecError
from studies.figures.arms import arm_name
from studies.verdict.model import Evidence
from studies.verdict.roles import judged_arms
from studies.verdict.rows import sample_of

MOST_CHOSEN = 20  # arms, and trials; more could not be told apart


@dataclass(frozen=True, slots=True)
class CurveChoice:
    """What is asked for; empty: the figure's own choice."""

    arms: tuple[str, ...] = ()
    trials: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.arms or self.trials)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """As names and values of an address' query."""
        return [*(("arm", arm) for arm in self.arms), *(("trial", str(trial)) for trial in self.trials)]


def chosen(arms: Sequence[str] | None, trials: Sequence[int] | None) -> CurveChoice:
    """The choice of an address' query, each arm and trial once."""
    return CurveChoice(tuple(dict.fromkeys(arms or ())), tuple(dict.fromkeys(trials or ())))


@dataclass(frozen=True, slots=True)
class ConfirmedArm:
    """An arm of the confirmation."""

    name: str  # in addresses: the label that the verdict knows it by, numbered where several points share one
    title: str
    eta: float
    alpha: float
    trials: tuple[int, ...]


def confirmed_arms(evidence: Evidence) -> tuple[ConfirmedArm, ...]:
    """The arms of a sweep's confirmation, the claim's first, each with the trials of all of its runs."""
    seen: Counter[str] = Counter()
    found = []
    for arm in judged_arms(sample_of(evidence), every_run=True):
        seen[arm.arm] += 1
        name, title = arm.arm, arm_name(arm.arm, evidence.claim.axes.symbols)
        if seen[arm.arm] > 1:
            name, title = f"{name}.{seen[arm.arm]}", f"{title} {seen[arm.arm]}"
        found.append(ConfirmedArm(name, title, arm.eta, arm.alpha, tuple(arm.trials.tolist())))
    return tuple(found)


def require_known(choice: CurveChoice, arms: Sequence[ConfirmedArm], trials: Container[int]) -> None:
    """Pass choices of arms and trials that there are.

    Raises:
        SpecError: an arm or a trial is not among them; a problem each.
    """
    known = [arm.name for arm in arms]
    there = f"this sweep's confirmation has {', '.join(known)}" if known else "this sweep has no confirmation yet"
    problems = [Problem("arm", f"is {arm[:40]!r}; {there}") for arm in choice.arms if arm not in known]
    problems += [
        Problem("trial", f"is {trial}; this sweep has no finished trial of that number, leave it out")
        for trial in choice.trials
        if trial not in trials
    ]
    if problems:
        raise SpecError(problems)


def require_none(choice: CurveChoice) -> None:
    """Pass the figures that draw no single curves where none are asked for.

    Raises:
        SpecError: arms or trials are chosen.
    """
    fields = dict.fromkeys(field for field, _ in choice.parts)
    if fields:
        raise SpecError([Problem(field, "chooses learning curves: it belongs to `curves` alone") for field in fields])
