"""Frozen records that pass between the rooms. No I/O, no Optuna, no SQL, no torch.

Replicate   the triple (split, order seed, initialisation seed) of one run, with its fold
TrialPlan   a trial as designed: where it lies, what it is for, and which runs it takes
Step        the trials by which a sweep goes on, and what they change about it
Preview     what a study will cost
RunResult   what one run measured
ReportedRun what a trainer of the user's own reported of one run
Runs        the runs of one sweep as numpy columns: the only thing a verdict reads
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from studies.language.phases import Phase
from studies.language.space import Space


class StudyState(StrEnum):
    """queued -> running -> complete; paused <-> queued/running; cancelled and failed are final; extend reopens."""

    QUEUED = "queued"  # no trial was ever claimed
    RUNNING = "running"
    PAUSED = "paused"  # workers finish what they hold and claim nothing more
    COMPLETE = "complete"  # every phase's budget finished
    CANCELLED = "cancelled"
    FAILED = "failed"  # too many trials exhausted their attempts


NO_VALUES: NDArray[np.float64] = np.empty(0)  # stands for a column of nan
FINAL_STATES = frozenset({StudyState.COMPLETE, StudyState.CANCELLED, StudyState.FAILED})


class TrialState(StrEnum):
    """waiting -> running -> complete | failed; running -> waiting when a lease ends early; cancelled with its study."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"  # every attempt raised, was lost or ran out of memory: a gap in the data, never an outcome
    CANCELLED = "cancelled"


class NoticeEvent(StrEnum):
    """What a notice says about a study. Each completion gives a `completed` and a `decided`, in this order.

    One of a study that compares arms gives a `completed` alone.
    """

    COMPLETED = "completed"  # every phase's budget finished
    DECIDED = "decided"  # the verdict on that look at its data, which may be inconclusive
    FAILED = "failed"  # too many trials failed, or the study could not go on


class DeliveryState(StrEnum):
    """waiting -> delivered | given_up."""

    WAITING = "waiting"  # for its first or next attempt, or for the outcome of one
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Arm(StrEnum):
    """Role of a point inside its phase. Mates are written `mate:<alpha>`, decoys `decoy:<index>`."""

    POINT = "point"  # a design or sampled point
    CLAIM = "claim"  # the claim's own point
    BEST = "best"  # maximiser of the fitted surface
    INSIDE = "inside"  # its maximiser within the claim's neighbourhood
    OUTSIDE = "outside"  # its maximiser outside
    OPPOSITE = "opposite"  # its maximiser outside, on the claim's other side
    LIKELIEST = "likeliest"  # most probable point of the optimum's region
    RIVAL = "rival"  # likeliest place of an optimum that is far from the claim
    DEFAULT = "default"  # folklore (0.01, 0.9)
    PUBLISHED = "published"  # an arm of a comparison at its paper's point
    TUNED = "tuned"  # at the best point of its tuning
    PLAIN = "plain"  # as it is: its rule has no parameter to choose


class Cause(StrEnum):
    """Cause of a run's failure to train, by the rule of `studies.outcomes`. Every run is a result, failed or not."""

    NONE = ""  # it ended above chance
    DIVERGED = "diverged"  # not finite, or its loss rose and stayed
    UNTRAINED = "untrained"  # still at chance although its loss fell or never rose: too slow for its length
    CHANCE = "chance"  # ended at chance, and why is not known


@dataclass(frozen=True, slots=True)
class Replicate:
    """Everything random about one run. Two runs with equal replicates differ by their point and loss alone."""

    split: int  # seed of the k-fold split
    fold: int  # 0 <= fold < folds
    order_seed: int
    init_seed: int


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """A trial as designed. `eta` and `alpha` are None only where the sweep's sampler is still to be asked.

    Trials of one (context, block) share fold and order in each of their replicates, in the same sequence, so that a
    worker can train them as lanes of one stack, across losses.
    """

    phase: Phase
    arm: str
    block: int
    replicates: tuple[Replicate, ...]
    eta: float | None = None
    alpha: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The next step of a sweep.

    Attributes:
        plans: trials to add, at least one.
        space: the box from now on, where this step widens it.
        later_look: whether this is a round after a verdict; its runs come out of the study's granted runs.
        runs_added: runs beyond those the study was submitted with.
    """

    plans: Sequence[TrialPlan]
    space: Space | None = None
    later_look: bool = False
    runs_added: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """A study's size and rough price; upper bounds where `at_most`."""

    sweeps: int
    trials: int
    runs: int
    runs_by_phase: dict[str, int]
    images: float  # training images seen, all runs and epochs together
    paper_images: float  # the same in units of the paper's set-up
    images_per_second: float  # the rate behind `seconds`, paper images
    rate_measured: bool  # True: by the workers now alive; False: assumed
    seconds: float
    runs_if_widened: int = 0  # upper bound of further runs, should boxes turn out too small
    at_most: Annotated[
        bool,
        Field(description="true: trials, runs, images and seconds are upper bounds; the confirmation may end early"),
    ] = False
    external_runs: Annotated[
        int, Field(description="of the runs, those of external contexts: `images` and `seconds` leave them out")
    ] = 0
    notes: Annotated[
        tuple[str, ...],
        Field(description="what to know of the rules and targets that contexts name: reconstructions, what eta is"),
    ] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """Measurements of one run, all objectives at once; every number is finite. Fields: see `worker.training.lanes`."""

    n_test: int
    correct: int
    accuracy: float
    error: float
    cross_entropy: float
    own_loss: float
    loss_area: float
    epochs_to_target: float | None  # a fraction where looks lie within epochs
    diverged_at: int | None
    divergence: str | None  # None, "non-finite" or "chance"
    steps: int
    seconds: float  # share of the stack's wall time
    stack: str  # id of the stack it was trained in
    accuracy_curve: tuple[float, ...]  # per epoch
    cross_entropy_curve: tuple[float | None, ...]  # per epoch, None once diverged
    loss_curve: tuple[float | None, ...]  # per epoch, None once diverged
    cpu_seconds: float | None = None  # share of the stack's processor time; None: not measured
    # Under a backward rule in place of the activation's derivative, else empty; None where it was not measured.
    implicit_rate_curve: tuple[float | None, ...] = ()  # per epoch, median factor on the learning rate of a unit
    harmful_curve: tuple[float | None, ...] = ()  # per epoch, share of units that learn where their derivative is 0
    # Under a schedule that measures, else empty: the rate of each epoch, None after the run's end.
    eta_curve: tuple[float | None, ...] = ()  # of all parameters, or of those before the last layer
    eta_last_curve: tuple[float | None, ...] = ()  # of the last layer, where it has a rate of its own
    # Under DLR, at the start and at looks, else empty: a layer's mean learning rate as a share of eta, over its
    # weights, and weighted by use, the mean size of each weight's input.
    rate_epochs_curve: tuple[float | None, ...] = ()  # epochs trained by each measurement
    first_rate_curve: tuple[float | None, ...] = ()
    last_rate_curve: tuple[float | None, ...] = ()
    first_used_rate_curve: tuple[float | None, ...] = ()
    last_used_rate_curve: tuple[float | None, ...] = ()


MOST_LOG = 4_000  # characters of a reported run's log that are kept, the last ones


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """A run as a trainer of the user's own reports it: one number, by the study's measure."""

    value: float | None  # finite; None where it broke and its measure has no worst value
    diverged: bool = False  # the trainer declared that it broke
    seconds: float | None = None  # wall time, as far as it was reported
    curve: tuple[float, ...] = ()  # the measure on the way, one number an epoch
    log: str = ""  # what the training printed last; shown, never evidence


AnyRun = RunResult | ReportedRun


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs of one sweep as columns of equal length n, ordered by (trial number, run index)."""

    trial: NDArray[np.int64]  # trial number within the sweep
    run: NDArray[np.int64]  # index of the run within its trial
    phase: NDArray[np.str_]  # values of Phase
    arm: NDArray[np.str_]  # values of Arm
    block: NDArray[np.int64]
    eta: NDArray[np.float64]
    alpha: NDArray[np.float64]
    n_test: NDArray[np.int64]
    correct: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    error: NDArray[np.float64]
    cross_entropy: NDArray[np.float64]
    own_loss: NDArray[np.float64]
    loss_area: NDArray[np.float64]
    epochs_to_target: NDArray[np.float64]  # nan where the target was never reached
    diverged: NDArray[np.bool_]  # it failed, whatever the cause
    cause: NDArray[np.str_]  # values of Cause
    value: NDArray[np.float64] = field(default_factory=lambda: NO_VALUES)  # of a trainer of the user's own, else nan
    cpu_seconds: NDArray[np.float64] = field(default_factory=lambda: NO_VALUES)  # nan where it was not measured

    def __post_init__(self) -> None:
        for name in ("value", "cpu_seconds"):
            if getattr(self, name) is NO_VALUES:  # left out
                object.__setattr__(self, name, np.full(len(self.trial), np.nan))

    def __len__(self) -> int:
        return len(self.trial)

    def where(self, mask: NDArray[np.bool_]) -> Runs:
        """The rows that `mask` (shape (n,)) selects, in order."""
        return Runs(**{f.name: getattr(self, f.name)[mask] for f in fields(self)})
