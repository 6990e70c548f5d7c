"""The printed table: from the three statements to the verdict. The first row that applies decides.

    condition                                                                      outcome       reason code
    not one run trained                                                            inconclusive  diverged | untrained
    the points of arms contradict their names                                      inconclusive  labels
    phases unfinished, or no paired blocks                                         inconclusive  incomplete
    more than 2 % of the planned runs missing                                      inconclusive  data
    Student's t and sign flips lead to different rows below                        inconclusive  fragile
    as good: yes; there: yes; matters: not no; no collapse hinders; not vague      supported     specific | not_specific
    the claim's runs fail to train more often than those of its rivals             refuted       collapse
    as good: no; there: not yes                                                    refuted       regret
    as good: no; there: yes                                                        inconclusive  near_not_at
    there: no; fresh pairs show the best outside ahead of the best inside          refuted       location
    no polynomial fits                                                             inconclusive  model
    points came from an adaptive sampler                                           inconclusive  adaptive
    as good: yes; there: yes; matters: not no; the claim is vague                  inconclusive  vague
    as good: yes; there: yes; matters: not no; collapse hinders                    inconclusive  collapse
    matters: no                                                                    inconclusive  flat
    the 95 % region reaches the edge of the box, and does not span it              inconclusive  edge
    as good: yes                                                                   inconclusive  as_good
    anything else                                                                  inconclusive  power

The table is data (`TABLE`), so that pages and documents print it as it is applied. The statements and the levels at
which they are held are those of `statements`. Error rates: supported while the optimum lies outside N or some arm beats
the claim by the margin, at most the claim's level; refuted while the optimum lies in N, nothing beats the claim by more
than the margin and its runs train as its rivals' do, at most the claim's level (each over Holm's family and all looks).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from studies.verdict.answers import Answer
from studies.verdict.model import Outcome

YES, NO = Answer.YES, Answer.NO


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table reads."""

    as_good: Answer
    there: Answer
    matters: Answer
    blocked: str | None = None  # reason code for which the measurements decide nothing
    collapse_refutes: bool = False
    collapse_hinders: bool = False
    crossed: bool = False  # fresh pairs show the best outside ahead of the best inside, at the level of this way
    model_fails: bool = False
    adaptive: bool = False
    vague: bool = False
    at_edge: bool = False

    @property
    def holds(self) -> bool:
        """True where all three statements allow support."""
        return self.as_good is YES and self.there is YES and self.matters is not NO


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    condition: str
    outcome: Outcome
    code: str  # of the reason; where two are named, what the data say of them chooses
    applies: Callable[[Facts], bool]


def _inconclusive(condition: str, code: str, applies: Callable[[Facts], bool]) -> Row:
    return Row(condition, Outcome.INCONCLUSIVE, code, applies)


def _refuted(condition: str, code: str, applies: Callable[[Facts], bool]) -> Row:
    return Row(condition, Outcome.REFUTED, code, applies)


HOLDS = "as good: yes; there: yes; matters: not no"
TABLE: tuple[Row, ...] = (
    _inconclusive("not one run trained", "diverged | untrained", lambda f: f.blocked in ("diverged", "untrained")),
    _inconclusive("the points of arms contradict their names", "labels", lambda f: f.blocked == "labels"),
    _inconclusive("phases unfinished, or no paired blocks", "incomplete", lambda f: f.blocked == "incomplete"),
    _inconclusive("more than 2 % of the planned runs missing", "data", lambda f: f.blocked == "data"),
    _inconclusive(
        "Student's t and sign flips lead to different rows below", "fragile", lambda f: f.blocked == "fragile"
    ),
    Row(
        f"{HOLDS}; no collapse hinders; not vague",
        Outcome.SUPPORTED,
        "specific | not_specific",
        lambda f: f.holds and not f.collapse_hinders and not f.collapse_refutes and not f.vague,
    ),
    _refuted(
        "the claim's runs fail to train more often than those of its rivals", "collapse", lambda f: f.collapse_refutes
    ),
    _refuted("as good: no; there: not yes", "regret", lambda f: f.as_good is NO and f.there is not YES),
    _inconclusive("as good: no; there: yes", "near_not_at", lambda f: f.as_good is NO),
    _refuted(
        "there: no; fresh pairs show the best outside ahead of the best inside",
        "location",
        lambda f: f.there is NO and f.crossed,
    ),
    _inconclusive("no polynomial fits", "model", lambda f: f.model_fails),
    _inconclusive("points came from an adaptive sampler", "adaptive", lambda f: f.adaptive),
    _inconclusive(f"{HOLDS}; the claim is vague", "vague", lambda f: f.holds and f.vague),
    _inconclusive(f"{HOLDS}; collapse hinders", "collapse", lambda f: f.holds and f.collapse_hinders),
    _inconclusive("matters: no", "flat", lambda f: f.matters is NO),
    _inconclusive("the 95 % region reaches the edge of the box, and does not span it", "edge", lambda f: f.at_edge),
    _inconclusive("as good: yes", "as_good", lambda f: f.as_good is YES),
    _inconclusive("anything else", "power", lambda f: True),
)


def first_row(facts: Facts) -> Row:
    """The first row that applies; the last one always does."""
    return next(row for row in TABLE if row.applies(facts))


def printed() -> str:
    """The table as text, as in this module's docstring."""
    head = f"    {'condition':<78} {'outcome':<13} reason code"
    return "\n".join([head, *(f"    {row.condition:<78} {row.outcome.value:<13} {row.code}" for row in TABLE)])
