"""Bodies of the protocol for trainers of the user's own: what they send, and what they are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from studies.errors import Problem, SpecError
from studies.language.measure import Measure
from studies.language.reading import read
from studies.language.validation import SLUG, Error, InconsistentError, field_text, refusal_of
from studies.records import MOST_LOG, ReportedRun
from studies.storage.read_models import Batch, ClaimedTrial, Ending, StepValue
from studies.text import printable

MOST_TRIALS = 1_000  # in one request
MOST_SENT = 100_000  # characters of a log
MOST_CURVE = 10_000  # numbers of a curve
MOST_FAILURE = 2_000  # characters of the text of a failure that are kept
LONGEST_WAIT = 30.0  # seconds
WORKER = r"^[A-Za-z0-9][A-Za-z0-9._@:-]{0,99}$"
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Worker = Annotated[
    str,
    Field(pattern=WORKER, description="what this program calls itself, for display", examples=["node-7"]),
]
TrialId = Annotated[int, Field(ge=1, lt=2**63, description="of the trial, as leased")]
Token = Annotated[int, Field(ge=0, lt=2**31, description="fences off late writes: as leased")]
RunIndex = Annotated[int, Field(ge=0, lt=10_000, description="of the run within its trial, from 0")]
T = TypeVar("T", bound=BaseModel)


def _example(value: JsonValue) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, json_schema_extra={"examples": [value]})


class LeaseIn(BaseModel):
    """A request for trials. The caller gets at most its share where others ask as well, so fewer may come."""

    model_config = _example({"worker": "node-7", "trials": 8, "seconds": 600, "wait": 20})

    worker: Worker
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS, description="the most to lease")] = 1
    seconds: Annotated[
        float, Field(ge=10, le=86_400, description="length of the lease, and again from each renewal")
    ] = 600
    study: Annotated[str | None, Field(pattern=SLUG, description="only of this study; null: of any, by priority")] = (
        None
    )
    wait: Annotated[
        float, Field(ge=0, le=LONGEST_WAIT, description="seconds to wait for a trial where none is there")
    ] = 0


class HeldTrial(BaseModel):
    """A trial that the caller holds."""

    model_config = _STRICT

    id: TrialId
    token: Token


class HeldIn(BaseModel):
    """Trials that the caller holds: to be renewed, or given back."""

    model_config = _example({"worker": "node-7", "trials": [{"id": 17, "token": 1}]})

    worker: Worker
    trials: Annotated[list[HeldTrial], Field(min_length=1, max_length=MOST_TRIALS)]

    @model_validator(mode="after")
    def _each_once(self) -> HeldIn:
        _refuse_repeated(self.trials)
        return self

    @property
    def tokens(self) -> dict[int, int]:
        """Tokens by trial."""
        return {trial.id: trial.token for trial in self.trials}


class StepIn(HeldTrial):
    """The measure of one run after a step, such as an epoch: shown, never evidence."""

    run: RunIndex = 0
    step: Annotated[int, Field(ge=0, le=2**53, description="epoch, batch or whatever the trainer counts")]
    value: float


class ReportIn(BaseModel):
    """Values on the way. The thousand of each run with the highest steps are kept."""

    model_config = _example(
        {"worker": "node-7", "trials": [{"id": 17, "token": 1, "run": 0, "step": 3, "value": 0.91}]}
    )

    worker: Worker
    trials: Annotated[list[StepIn], Field(min_length=1, max_length=MOST_TRIALS)]

    def values(self) -> list[StepValue]:
        """The values for the storage."""
        return [StepValue(each.id, each.token, each.run, each.step, each.value) for each in self.trials]


_VALUE_OR_DIVERGED: list[JsonValue] = [
    {"required": ["value"], "properties": {"value": {"type": "number"}}},
    {"required": ["outcome"], "properties": {"outcome": {"const": "diverged"}}},
]


class RunIn(BaseModel):
    """The outcome of one run: `trained` with its value, or `diverged`, which needs none."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"anyOf": _VALUE_OR_DIVERGED})

    run: RunIndex
    value: Annotated[float | None, Field(description="the study's measure; needed where the run trained")] = None
    outcome: Annotated[
        Literal["trained", "diverged"],
        Field(description="diverged: the training broke. It counts as the measure's worst value where it has one"),
    ] = "trained"
    seconds: Annotated[float | None, Field(ge=0, le=10**9, description="wall time of the run")] = None
    curve: Annotated[
        list[float] | None, Field(max_length=MOST_CURVE, description="the measure after each epoch, if known")
    ] = None
    log: Annotated[
        str | None,
        Field(max_length=MOST_SENT, description=f"what it printed; the last {MOST_LOG:,} characters are shown"),
    ] = None

    @model_validator(mode="after")
    def _has_value(self) -> RunIn:
        if self.outcome == "trained" and self.value is None:
            text = 'is missing; give the measure of the run, or `"outcome": "diverged"` where it broke'
            raise InconsistentError([Problem("value", text)])
        return self

    def reported(self) -> ReportedRun:
        """The run for the storage."""
        broke = self.outcome == "diverged"
        value, curve = None if broke else self.value, tuple(self.curve or ())
        return ReportedRun(value, broke, self.seconds, curve, self.log or "")


_EITHER: list[JsonValue] = [
    {"required": ["runs"], "properties": {"runs": {"type": "array"}, "failed": {"type": "null"}}},
    {"required": ["failed"], "properties": {"failed": {"type": "string"}, "runs": {"type": "null"}}},
]


class FinishedIn(HeldTrial):
    """The end of a trial: its runs, all of them, or why it `failed` (it is tried again while attempts are left)."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"oneOf": _EITHER})

    runs: Annotated[list[RunIn] | None, Field(min_length=1, max_length=MOST_TRIALS)] = None
    failed: Annotated[
        str | None,
        Field(min_length=1, description=f"why there is no result; cut after {MOST_FAILURE:,} characters"),
    ] = None

    @model_validator(mode="after")
    def _either(self) -> FinishedIn:
        if (self.runs is None) == (self.failed is None):
            both = "are both given" if self.runs is not None else "are both missing"
            raise InconsistentError([Problem("", f"`runs` and `failed` {both}; give one of them")])
        counts = Counter(run.run for run in self.runs or ())
        if repeated := [run for run, count in counts.items() if count > 1]:
            raise InconsistentError([Problem("runs", f"names run {repeated[0]} more than once; give each run once")])
        return self

    def ending(self) -> Ending:
        """The end for the storage."""
        runs = None if self.runs is None else {run.run: run.reported() for run in self.runs}
        failed = None if self.failed is None else printable(self.failed[:MOST_FAILURE], keep="\n\t")
        return Ending(self.id, self.token, runs, failed)


class FinishIn(BaseModel):
    """The ends of trials."""

    model_config = _example(
        {
            "worker": "node-7",
            "trials": [
                {"id": 17, "token": 1, "runs": [{"run": 0, "value": 0.934, "outcome": "trained", "seconds": 41.2}]},
                {"id": 18, "token": 1, "runs": [{"run": 0, "outcome": "diverged"}]},
                {"id": 19, "token": 2, "failed": "CUDA out of memory"},
            ],
        }
    )

    worker: Worker
    trials: Annotated[list[FinishedIn], Field(min_length=1, max_length=MOST_TRIALS)]

    @model_validator(mode="after")
    def _each_once(self) -> FinishIn:
        _refuse_repeated(self.trials)
        return self


class LeasedRun(BaseModel):
    """Everything random about one run of a trial. Seeds are below 2**53; take them modulo what your library allows."""

    run: int
    split: int = Field(description="seed of the split into folds")
    fold: int = Field(description="the fold that is left out for testing")
    order_seed: int = Field(description="seed of the order of the data")
    init_seed: int = Field(description="seed of the initial weights, and of everything else that is random")


class Lease(BaseModel):
    """A trial under lease: train each of its runs at these parameters, and report the measure of each."""

    id: int
    token: int
    sweep: str
    number: int = Field(description="of the trial within its sweep")
    phase: str
    arm: str
    block: int = Field(description="trials of one block share their seeds, and are compared in pairs")
    loss: str
    parameters: dict[str, float] = Field(
        description="the study's two parameters by name", examples=[{"lr": 3e-4, "beta1": 0.9}]
    )
    runs: list[LeasedRun]
    attempt: int
    deadline: datetime | None = Field(description="end of the lease, on the database's clock; renew before")


class Leased(BaseModel):
    """Trials of one external context, and what is held fixed in it."""

    study: str
    context: str
    settings: dict[str, JsonValue]
    epochs: int | None
    folds: int = Field(description="of the splits; 1: there are none")
    measure: Measure
    lease_seconds: float
    trials: list[Lease]


class Renewed(BaseModel):
    """The leases that are lost, and when the others end."""

    lost: list[int] = Field(description="held by somebody else, ended or cancelled: stop training these trials")
    deadline: datetime | None = Field(description="the earliest end of the others; null where all are lost")


class Reported(BaseModel):
    """The trials whose values were dropped, since they are not held any more."""

    lost: list[int]


class Ended(BaseModel):
    """What became of the reported ends."""

    recorded: list[int] = Field(description="recorded, now or by an earlier request")
    dropped: list[int] = Field(description="another claim or a cancellation came between: forget these trials")


class Released(BaseModel):
    """The trials that wait again, the attempt not counted."""

    released: list[int]


BODIES: tuple[type[BaseModel], ...] = (LeaseIn, HeldIn, ReportIn, FinishIn)


def body_as(model: type[T]) -> Callable[[bytes], T]:
    """A reader of JSON bodies as a model; it raises SpecError where one is not acceptable, each field named."""

    def parse(content: bytes) -> T:
        data = read(content, "json", max_bytes=len(content))
        if not isinstance(data, dict):
            raise SpecError([Problem("", f"send an object such as {_first_example(model)}")])
        try:
            return model.model_validate(data)
        except ValidationError as error:
            raise refusal_of(error, _text) from None

    return parse


def leased(batch: Batch) -> Leased:
    """The answer to a lease.

    Raises:
        ValueError: the trials are those of a built-in context.
    """
    context, measure = batch.own
    return Leased(
        study=batch.study,
        context=batch.context,
        settings=context.settings,
        epochs=context.epochs,
        folds=batch.spec.replication.folds,
        measure=measure,
        lease_seconds=batch.lease_seconds,
        trials=[_lease(batch, trial) for trial in batch.trials],
    )


def _lease(batch: Batch, trial: ClaimedTrial) -> Lease:
    runs = [
        LeasedRun(run=i, split=r.split, fold=r.fold, order_seed=r.order_seed, init_seed=r.init_seed)
        for i, r in enumerate(trial.replicates)
    ]
    names = ("id", "token", "sweep", "number", "phase", "arm", "block", "loss", "attempt", "deadline")
    parameters = batch.spec.named(trial.eta, trial.alpha)
    return Lease(**{name: getattr(trial, name) for name in names}, parameters=parameters, runs=runs)


def _refuse_repeated(trials: Sequence[HeldTrial]) -> None:
    seen: dict[int, int] = {}
    for i, trial in enumerate(trials):
        if trial.id in seen:
            text = f"is trial {trial.id}, as trials.{seen[trial.id]}; name each trial once"
            raise InconsistentError([Problem(f"trials.{i}.id", text)])
        seen[trial.id] = i


def _text(error: Error) -> str:
    if error["type"] == "finite_number":
        return 'must be a finite number; report a run that broke with `"outcome": "diverged"`'
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == WORKER:
        return "must be 1 to 100 letters, digits and . _ @ : -, a letter or digit first"
    return field_text(error)


def _first_example(model: type[BaseModel]) -> str:
    extra = model.model_config.get("json_schema_extra")
    return str(extra["examples"][0]) if isinstance(extra, dict) else "the documented one"  # type: ignore[index]
