"""The answers of analysis 5: outcomes of runs, the collapse test, three statements. Plain records, made elsewhere.

record          made by
OutcomeCounts   `outcome_counts`
CollapseTest    `collapse_test`
Statements      `statements`
Answers         `answer`, from all of them; a field of `model.SweepVerdict`, None under analysis 4
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """An answer to a yes-or-no statement."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


class RunOutcome(StrEnum):
    """What became of a run. Every outcome is a result; none is dropped."""

    TRAINED = "trained"
    COLLAPSED = "collapsed"  # trains, but ends far below the runs around it
    UNTRAINED = "untrained"  # still at chance, though its loss fell: too slow for its length
    DIVERGED = "diverged"  # not finite, or at chance after its loss rose and stayed


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Runs by outcome."""

    trained: int
    collapsed: int
    untrained: int
    diverged: int
    unexplained: int = 0  # of the diverged: at chance, and nothing on record says whether too fast or too slow

    @property
    def explained(self) -> int:
        """Runs of which it is known that they diverged."""
        return self.diverged - self.unexplained

    @property
    def total(self) -> int:
        """All runs."""
        return self.trained + self.collapsed + self.untrained + self.diverged

    @property
    def failed(self) -> int:
        """Runs that did not train: all but the trained."""
        return self.total - self.trained


@dataclass(frozen=True, slots=True)
class CollapseTest:
    """Runs that did not train at the claim's point against those of its rivals, on the paired phases and replicates."""

    claim_failed: int
    claim_runs: int
    rivals_failed: int
    rivals_runs: int
    p_more: float | None  # H0: a run at the claim fails no more often than one at the rivals (Fisher, one-sided)
    refutes: bool  # p_more is at or below the share of the level that this route has
    hinders: bool  # the claim's share is too much larger for support, shown or not

    @property
    def more(self) -> bool:
        """True where a larger share of the claim's runs failed than of its rivals', by chance or not."""
        return self.claim_failed * self.rivals_runs > self.rivals_failed * self.claim_runs


@dataclass(frozen=True, slots=True)
class AsGood:
    """Statement 1: is the claimed point as good as the best? Over all arms, on fresh pairs of runs that train."""

    answer: Answer
    loses_at_most: float | None  # largest upper 95 % bound of any arm's lead over the claim, response units, >= 0
    loses_at_most_points: float | None  # the same in percentage points of accuracy, where the objective has them
    loses_at_least: float | None  # lower bound of the leading arm's lead, response units
    arm: str | None  # the arm that decides: the leading one
    p_yes: float | None  # H0: some arm beats the claim by the margin or more (intersection-union)
    p_no: float | None  # H0: no arm beats it by more than the margin, multiplicity paid
    loses_at_least_points: float | None = None  # `loses_at_least` in percentage points, where the objective has them
    by_surface: bool = False  # "no" rests on the fitted surface and the pairs together, not on the pairs alone


@dataclass(frozen=True, slots=True)
class OptimumThere:
    """Statement 2: is the optimum there? As distances of the 95 % region from the claim, sup norm, as factors >= 1."""

    answer: Answer
    nearest: float | None  # f1: the region's nearest point is a factor f1 away
    farthest: float | None  # f2: its farthest
    identifiable: bool  # False where the region spans the box
    open_sides: tuple[str, ...] = ()  # of the box, where the region reaches it: "eta low", "alpha high", ...
    doubt: str = ""  # where the region alone would answer and the answer is undecided all the same: why, as a clause


@dataclass(frozen=True, slots=True)
class PlaceMatters:
    """Statement 3: does the place matter? The part of the box that is not worse than the best by the margin."""

    answer: Answer
    share: float | None  # of the box, in [0, 1]; estimate
    low: float | None  # 95 % interval of the share
    high: float | None
    alpha_low: float | None  # range of alpha over that part
    alpha_high: float | None


@dataclass(frozen=True, slots=True)
class Statements:
    """The three statements. The verdict is a function of them: `conjunction`."""

    as_good: AsGood
    there: OptimumThere
    matters: PlaceMatters


@dataclass(frozen=True, slots=True)
class Beats:
    """P(A > B): the chance that one run of an arm beats the claim's on the same seeds, with its 95 % interval."""

    arm: str
    eta: float
    alpha: float
    probability: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True, slots=True)
class DecoyAnswer:
    """Another point, given the claim's own terms on the same trials: how much the terms would also have let pass."""

    eta: float
    alpha: float
    statements: Statements
    supported: bool  # by the same conjunction


@dataclass(frozen=True, slots=True)
class Answers:
    """What analysis 5 says of a sweep beside the fields of `SweepVerdict`."""

    outcomes: OutcomeCounts  # all runs of the sweep
    claim_outcomes: OutcomeCounts  # those at the claim's point
    collapse: CollapseTest
    statements: Statements
    vague: str | None = None  # why the claim says too little to be supported; None where it says enough
    terms: tuple[str, ...] = ()  # terms of the claim that are not the default, in words
    beats: tuple[Beats, ...] = ()
    decoys: tuple[DecoyAnswer, ...] = ()
    seed_deviation: float | None = None  # of one run, seeds alone differing, response units; not sigma: `components`
    split_deviation: float | None = None  # between splits (blocks), seeds taken out
    blocks: int | None = None  # paired blocks used
    blocks_planned: int | None = None  # at most, of a sequential confirmation; None where its size is fixed
