"""The records of a comparison."""

from __future__ import annotations

from dataclasses import dataclass, field

from studies.comparison.asked import StatedCell
from studies.language.compare import How
from studies.verdict.model import UNKNOWN, Interval


@dataclass(frozen=True, slots=True)
class Versus:
    """A row against the baseline on the same seeds.

    Attributes:
        arm: name of the baseline.
        how: the row of the baseline that it is compared with.
        pairs: seeds that both were measured on.
        difference: mean of row minus baseline, unit of the objective, 95 % t-interval; unknown where more than half of
            either row's runs are censored.
        at_cap: some of the runs are censored, so that the difference is that of the values as they are counted.
        better: probability that a run of the row is better than the baseline's, ties half (Agresti and Coull)
        test: "t" for Student's paired test, "signed rank" where a run is censored; "" below two pairs.
        p: two-sided, not adjusted.
        p_adjusted: by Holm over all rows of this context and loss; the design's own objective alone has it.
    """

    arm: str
    how: How
    pairs: int
    difference: Interval
    at_cap: bool
    better: Interval
    test: str
    p: float | None
    p_adjusted: float | None = None


@dataclass(frozen=True, slots=True)
class ArmResult:
    """One objective of a row.

    Attributes:
        objective: its name.
        n: runs with a value.
        censored: of these, runs of which only a lower bound is known, counted there.
        reached: runs that reached the target; None for objectives without a target.
        mean: over runs; None where more than half are censored.
        at_least: some runs are censored, so that the mean is a lower bound and `high` is unknown.
        sd: over runs, as they are counted; None below two runs or without a mean.
        median: None where a run in the middle is censored.
        low, high: 95 % t-interval of the mean.
        versus: None for the baseline's own rows, and where it shares no run.
        paper: what a paper states; None where it states nothing.
    """

    objective: str
    n: int
    censored: int = 0
    reached: int | None = None
    mean: float | None = None
    at_least: bool = False
    sd: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None
    versus: Versus | None = None
    paper: StatedCell | None = None

    @property
    def interval(self) -> Interval:
        """The mean with its interval."""
        return UNKNOWN if self.mean is None else Interval(self.mean, self.low, self.high)


@dataclass(frozen=True, slots=True)
class ArmRow:
    """One arm in one context under one loss, measured one way.

    Attributes:
        context: as the document states it.
        loss: that was trained.
        arm: its name; `title` as readers know it.
        how: at the published point, at the tuned one, or with nothing to set.
        baseline: True for the arm that the others are compared with.
        point: the values that the row sets, by name; empty where nothing is set or measured.
        tunings: tuning trainings behind the point.
        selection: images by which tuning selected; "" where nothing was tuned.
        diverged: measured runs that failed, each counted.
        axis, field, at: the axis' name, its number and the value here; "", "" and None where the context is on none.
        results: all objectives, the design's own first.
    """

    context: str
    loss: str
    arm: str
    title: str
    how: How
    baseline: bool
    point: dict[str, float]
    tunings: int
    selection: str
    diverged: int
    axis: str
    field: str
    at: float | None
    results: tuple[ArmResult, ...]

    def result(self, objective: str) -> ArmResult:
        """The result by an objective.

        Raises:
            KeyError: there is no such objective.
        """
        found = next((each for each in self.results if each.objective == objective), None)
        if found is None:
            raise KeyError(objective)
        return found


@dataclass(frozen=True, slots=True)
class WidthRow:
    """The smallest width at which an arm still reaches the target, over runs: it and all wider ones reached it.

    Attributes:
        axis: name of the axis of contexts.
        loss, arm, title, how: as of `ArmRow`.
        widths: of the axis, ascending.
        passed_all: runs that reached the target at every width, so that theirs is at most the smallest.
        smallest: of each run, in order of the runs; None where the widest network did not reach the target.
        result: mean, deviation and the rest; runs without a smallest width count as the widest, which they exceed.
    """

    axis: str
    loss: str
    arm: str
    title: str
    how: How
    widths: tuple[float, ...]
    passed_all: int
    smallest: tuple[float | None, ...]
    result: ArmResult


@dataclass(frozen=True, slots=True)
class ArmComparison:
    """The arms of a study side by side.

    Attributes:
        study: its name.
        objective: that arms are tuned by and that Holm's adjustment is about; smallest widths have one of their own.
        objectives: all of them, in the order of every row's results.
        baseline: the arm that others are compared with.
        runs: paired runs that each row is to have.
        rows: by context, loss, arm and way of measuring.
        widths: smallest widths; empty without an axis of widths.
        sentences: the same in words, one for each context and loss.
        widths_first: the study is about smallest widths, which lead; its arms are tuned by the objective.
    """

    study: str
    objective: str
    objectives: tuple[str, ...]
    baseline: str
    runs: int
    rows: tuple[ArmRow, ...]
    widths: tuple[WidthRow, ...] = ()
    sentences: tuple[str, ...] = field(default=())
    widths_first: bool = False

    @property
    def measured(self) -> bool:
        """True once any run was measured."""
        return any(result.n for row in self.rows for result in row.results)
