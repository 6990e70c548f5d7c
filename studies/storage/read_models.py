"""Records that the storage hands out: frozen, all times aware UTC datetimes from the database's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from studies.language.external import ExternalContext
from studies.language.measure import Measure
from studies.language.sizes import is_open_ended
from studies.language.space import Space
from studies.language.spec import StudySpec
from studies.records import FINAL_STATES, AnyRun, NoticeEvent, Replicate, ReportedRun, RunResult, StudyState, TrialState
from studies.speed import Speed

T = TypeVar("T")
Failed = Annotated[int, Field(description="runs that ended at chance or broke, whatever the cause")]
Causes = Annotated[
    dict[str, int],
    Field(description="those runs by cause: diverged, untrained (learned too slowly) or chance (cause not known)"),
]
Change = Literal["submit", "extend", "edit", "pause", "resume", "cancel", "delete", "complete", "fail"]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of a study.

    `actor` names who asked for it: the name of the caller's token (`token` and `read-token` are those of GOLDEN_TOKEN
    and GOLDEN_READ_TOKEN), or local where no token was in force; system for what no caller asked for. Releases before
    0.2 noted session for a browser, and 0.1.0 at first nobody, which is shown as unknown.
    """

    at: datetime  # database's clock
    study: str
    actor: str
    action: Change
    detail: str  # how much was submitted or added, what was edited, why the study failed; "" where nothing is to say


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that became of a study, with the study as it was at that moment.

    `number` rises with every notice, though two that were stored at the same moment may appear in either order. `key`
    is the same wherever and however often the notice is delivered.
    """

    number: int
    key: str
    event: NoticeEvent
    at: datetime  # database's clock
    study_id: int
    study: str
    title: str
    state: StudyState
    revision: int
    claim_hash: str
    spec_hash: str
    submitted_by: str
    runs_expected: int
    runs_done: int
    runs_diverged: Failed
    trials_failed: int
    note: str  # why the study failed, "" otherwise
    causes: Causes = field(default_factory=dict)  # empty where an earlier release wrote the notice


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery under lease. `attempt` fences off late writes: only its holder may record an outcome."""

    notice: Notice
    verdict: str | None  # JSON text, of a `decided`; None where it needs none
    webhook: str
    attempt: int  # 1-based


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """The deliveries of one webhook that are remembered."""

    webhook: str
    waiting: int
    delivered: int
    given_up: int
    oldest_waiting: datetime | None
    last_delivered: datetime | None
    failing: str  # why the latest failed attempt of one that still waits, or else was given up, failed; "" if none did


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a keyset-paged list; `next_cursor` is opaque, None on the last page."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PhaseProgress:
    """Trials and runs of one phase of one sweep, by state."""

    phase: str
    waiting: int
    running: int
    complete: int
    failed: int
    cancelled: int
    runs_planned: int
    runs_done: int
    diverged: Failed
    causes: Causes = field(default_factory=dict)  # by value of `studies.records.Cause`


@dataclass(frozen=True, slots=True)
class BestPoint:
    """The trial with the best mean over its runs: where to look, never evidence."""

    trial: int
    eta: float  # value of the first parameter, whatever it is called
    alpha: float  # and of the second
    value: float
    parameters: dict[str, float] = field(default_factory=dict)  # by name; empty for the paper's eta and alpha


@dataclass(frozen=True, slots=True)
class SweepSummary:
    """One loss in one context. `name` is `<loss>@<context>`; its Optuna study is `<study>/<name>`."""

    id: int
    name: str
    loss: str
    context: str
    phases: tuple[PhaseProgress, ...]  # in order of appearance
    phases_done: tuple[str, ...]
    best: BestPoint | None
    rounds: int = 0  # later looks planned so far
    space: Space | None = None  # the box once it was widened; None: the study's own

    @property
    def trials(self) -> int:
        """Trials planned so far, all phases together."""
        states = ((p.waiting, p.running, p.complete, p.failed, p.cancelled) for p in self.phases)
        return sum(map(sum, states))


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A study and how far it is. `revision` rises with every visible change and is what clients poll."""

    id: int
    name: str
    title: str
    state: StudyState
    revision: int
    claim_hash: str
    spec_hash: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    runs_expected: Annotated[
        int, Field(description="of all phases, as designed; the most there can be while a confirmation may end early")
    ]
    runs_done: int
    runs_diverged: Failed
    trials_running: int
    trials_failed: int
    note: str  # why the study failed or waits, "" otherwise
    runs_granted: int = 0  # what `extend --until-decided` may still plan
    submitted_by: str = ""  # name of the caller, "local" where no token was in force, "" if none was noted
    causes: Causes = field(default_factory=dict)
    priority: Annotated[int, Field(description="in force; the document's until it is changed")] = 0
    tags: tuple[str, ...] = ()  # added by people, in alphabetical order

    def tells(self, *, decided: bool) -> bool:
        """True where its verdict may be told: it has ended with data; of one that was cancelled, only if it decides."""
        ended = self.state is StudyState.COMPLETE or (decided and self.state is StudyState.CANCELLED)
        return ended and self.runs_done > 0


@dataclass(frozen=True, slots=True)
class Drawer:
    """The file drawer: studies of one claim in this database, the one that is asked about among them."""

    studies: int  # that are there
    complete: int  # of these, studies with a verdict on complete data
    deleted: int  # that were there
    sentence: str  # the same in words


@dataclass(frozen=True, slots=True)
class StudyDetail:
    """A study with its document and sweeps."""

    summary: StudySummary
    spec: StudySpec
    sweeps: tuple[SweepSummary, ...]
    drawer: Drawer | None = None  # None where it was not asked for
    notes: str = ""  # written by people; the summary's `note` is the system's

    def __post_init__(self) -> None:
        """Give boxes that were read without the document, as a client reads them, the document's scales."""
        read = tuple(replace(s, space=s.space and self.spec.space.stored(s.space.document())) for s in self.sweeps)
        object.__setattr__(self, "sweeps", read)

    def space_of(self, sweep: SweepSummary) -> Space:
        """The box in force in a sweep: as widened, else the study's own."""
        return sweep.space or self.spec.space_in(sweep.context)

    @property
    def widest_space(self) -> Space:
        """The smallest box that holds those of all sweeps; the document's own where arms have boxes of their own."""
        if self.spec.compares:  # each arm has parameters of its own
            return self.spec.space
        return reduce(Space.joined, (self.space_of(sweep) for sweep in self.sweeps), self.spec.space)

    @property
    def may_end_early(self) -> bool:
        """True while the runs that the summary expects are the most there can be."""
        return is_open_ended(self.spec.design) and self.summary.state not in FINAL_STATES


@dataclass(frozen=True, slots=True)
class ClaimedTrial:
    """A trial under lease. `token` fences off late writes: only its holder may finish or fail the trial."""

    id: int
    token: int
    study: str
    sweep: str
    loss: str
    number: int
    attempt: int  # 1-based
    phase: str
    arm: str
    eta: float
    alpha: float
    replicates: tuple[Replicate, ...]
    block: int = 0
    deadline: datetime | None = None  # end of the lease, on the database's clock


@dataclass(frozen=True, slots=True)
class Batch:
    """Trials claimed together. All share study, context and block, so replicate j of each can be one stack.

    Trials of an external context share study and context alone; `block` is the first one's.
    """

    study: str
    spec: StudySpec
    context: str  # name of the context in the spec
    block: int
    trials: tuple[ClaimedTrial, ...]
    lease_seconds: float

    @property
    def own(self) -> tuple[ExternalContext, Measure]:
        """The external context, and what its trainer reports.

        Raises:
            ValueError: the context is built in.
        """
        context, measure = self.spec.context_of(self.context), self.spec.measure_of(self.context)
        if not isinstance(context, ExternalContext) or measure is None:
            raise ValueError(f"context {self.context} of study {self.study} is built in")
        return context, measure


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker's report of itself with each heartbeat: the fields of `WorkerRow` that change."""

    state: str = "idle"  # "idle", "training", "draining" or "refused": its release is not compatible with the service's
    study: str | None = None
    lanes: int = 0
    stack_limit: int = 0
    runs_done: int = 0
    trainings_per_second: float | None = None
    memory_bytes: int | None = None
    images_per_second: float | None = None
    speeds: str | None = None  # `studies.speed.to_text`


@dataclass(frozen=True, slots=True)
class Beat:
    """Answer to a heartbeat."""

    lost: frozenset[int]  # trial ids whose lease this worker no longer holds
    stop: frozenset[int]  # trial ids to abandon: their study was cancelled or deleted
    drain: bool  # an operator asked this worker to stop


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """A trial's results, one per replicate in order."""

    trial: ClaimedTrial
    runs: tuple[AnyRun, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an attempt, as a caller reports it.

    Attributes:
        id, token: of the trial, as leased.
        runs: one for each run of the trial, by its index; None where the attempt failed.
        failed: why it failed; None where it has results.
    """

    id: int
    token: int
    runs: Mapping[int, ReportedRun] | None = None
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class StepValue:
    """A value on the way: the measure of one run after some step."""

    id: int
    token: int
    run: int
    step: int
    value: float


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial as listed."""

    sweep: str
    number: int
    phase: str
    arm: str
    block: int
    eta: float | None
    alpha: float | None
    state: TrialState
    value: float | None  # mean of the claim's objective over its runs
    runs: int
    runs_diverged: Failed
    attempts: int
    worker: str | None
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    causes: Causes = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)  # the point by name; empty for the paper's eta and alpha


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as listed: its identity, its replicate and everything it measured."""

    sweep: str
    trial: int
    run: int
    phase: str
    arm: str
    block: int
    eta: float
    alpha: float
    replicate: Replicate
    result: RunResult | None  # what our own engine measured; None where somebody else's program trained
    cause: str = ""  # why the run failed, a value of `studies.records.Cause`; "": it ended above chance
    reported: ReportedRun | None = None  # what that program reported; None for our own engine's
    parameters: dict[str, float] = field(default_factory=dict)  # the point by name; empty for the paper's eta and alpha


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker process. `alive` is decided by the database's clock."""

    name: str
    host: str
    pid: int
    device: str  # "cpu" or "cuda:0", with the model's name
    version: str
    state: str  # "idle", "training", "draining", "refused" (its release is not compatible with the service's), "gone"
    alive: bool
    started_at: datetime
    last_seen_at: datetime
    study: str | None
    lanes: int  # in the stack at present
    stack_limit: int  # largest stack it will train
    runs_done: int
    trainings_per_second: float | None  # over the last stacks; None unless it trains
    memory_bytes: int | None  # device memory in use (cuda), the process's peak so far (cpu)
    images_per_second: float | None  # of the paper's set-up, all lanes together, when it last trained
    speeds: dict[str, Speed]  # seconds by kind of training: what previews are made from
