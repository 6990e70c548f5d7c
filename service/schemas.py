"""The bodies of the API: envelopes around the records of storage and verdict, and the checks of what they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from studies.calibration.chances import Power
from studies.errors import Problem, SpecError, StudyNotFoundError
from studies.figures.curve_choice import MOST_CHOSEN
from studies.language.claim import ClaimObjective
from studies.language.door import DOOR, Text
from studies.language.reading import read
from studies.language.validation import ARM_NAME, TAG, refusal_of, text_within
from studies.language.versions import ANALYSES
from studies.language.volume import MAX_RUNS
from studies.records import NoticeEvent, Preview
from studies.report.table1 import TableRow
from studies.storage.read_models import (
    AuditEntry,
    Notice,
    RunRow,
    StudySummary,
    TrialRow,
    WebhookStanding,
    WorkerRow,
)
from studies.verdict.answers import Statements
from studies.verdict.model import Interval, Needed, Outcome, ParameterPlace, Reason, StudyVerdict

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DIGITS = re.compile(r"-?[0-9]{1,24}")


def _written_plainly(value: object) -> object:
    """Refuse what pydantic takes for a whole number beside its digits: underscores, blanks, fractions of zero."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number in the digits 0 to 9")
    return value


Whole = BeforeValidator(_written_plainly)  # of a number in the path or the query


def _without_blanks(values: object) -> object:
    """Drop what a form sends for fields that were left empty."""
    return [value for value in values if value != ""] if isinstance(values, list) else values


ChosenArms = Annotated[
    list[Annotated[str, Field(max_length=100, pattern=ARM_NAME)]] | None,
    Field(max_length=MOST_CHOSEN, description="of `curves`: arms of the confirmation, each a mean with its 95 % band"),
]
ChosenTrials = Annotated[
    list[Annotated[int, Field(ge=0, lt=2**31), Whole]] | None,
    BeforeValidator(_without_blanks),
    Field(max_length=MOST_CHOSEN, description="of `curves`: trials whose curves stand in front"),
]
Limit = Annotated[int, Field(ge=1, le=1000, description="items per page"), Whole]
Cursor = Annotated[
    str | None,
    Field(max_length=200, pattern=r"^[A-Za-z0-9_.:=~-]+$", description="`next_cursor` of the page before"),
]
OtherAnalysis = Annotated[
    int | None,
    Field(ge=ANALYSES[0], le=ANALYSES[-1], description="version of the analysis to judge again under [the study's]"),
    Whole,
]
SweepName = Annotated[
    str | None,
    Field(
        max_length=110, pattern=r"^[a-z0-9_-]+@[a-z0-9-]+$", description="only this sweep", examples=["golden@paper"]
    ),
]


Tag = Annotated[str, Field(pattern=TAG, examples=["thesis"])]


def study_name(name: str) -> str:
    """A name that a study can have.

    Raises:
        StudyNotFoundError: no study can have this name; the database was not asked.
    """
    if not SLUG.fullmatch(name):
        raise StudyNotFoundError(f"no study is called {name[:80]!r}")
    return name


class StudyList(BaseModel):
    """A page of studies, newest first."""

    items: list[StudySummary]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null on the last")


class TrialList(BaseModel):
    """A page of trials, by sweep and number."""

    items: list[TrialRow]
    next_cursor: str | None


class RunList(BaseModel):
    """A page of runs, by sweep, trial and run index."""

    items: list[RunRow]
    next_cursor: str | None


class AuditList(BaseModel):
    """A page of changes, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


class NoticeList(BaseModel):
    """A page of notices, newest first."""

    items: list[Notice]
    next_cursor: str | None


class WebhookItem(BaseModel):
    """A webhook without its secrets, and what became of its deliveries."""

    name: str
    origin: str = Field(description="scheme, host and port of its address", examples=["https://hooks.example.org"])
    events: list[NoticeEvent]
    studies: list[str] = Field(description="patterns of names, as in a shell")
    deliveries: WebhookStanding


class WebhookList(BaseModel):
    """The webhooks in force."""

    items: list[WebhookItem]
    problem: str = Field(description="why the file as it is now is not in force; empty where it is")


class WebhookTested(BaseModel):
    """The outcome of a test of a webhook."""

    webhook: str
    arrived: bool
    status: int | None = Field(description="of the answer; null where there was none")
    error: str = Field(description="why it did not arrive; empty where it did")
    seconds: float


class WorkerList(BaseModel):
    """All workers with a recent heartbeat."""

    items: list[WorkerRow]


class PreviewOut(BaseModel):
    """Size, cost and chances of a study that is not submitted."""

    study: str
    claim_hash: str = Field(description="what will be frozen: the same study submitted again has the same hash")
    cost: Preview
    power: Power | None = Field(default=None, description="chances to decide, if asked for; locate designs only")


_EITHER_EXTENSION: list[JsonValue] = [  # of null and absence the same holds, so each names what it leaves out
    {
        "required": ["more"],
        "properties": {"more": {"type": "integer"}, "until_decided": {"type": "null"}, "max_runs": {"type": "null"}},
    },
    {
        "required": ["until_decided", "max_runs"],
        "properties": {"more": {"type": "null"}, "until_decided": {"const": True}, "max_runs": {"type": "integer"}},
    },
]


class ExtendIn(BaseModel):
    """An extension of a study: `more` of a search or cross-validation, or further looks `until_decided`."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"more": 50}], "oneOf": _EITHER_EXTENSION}
    )

    more: Annotated[int | None, Field(ge=1, le=20_000, description="trials per sweep (search), or repeats")] = None
    until_decided: Annotated[
        bool | None, Field(description="true: further looks at a complete locate study; needs `max_runs`")
    ] = None
    max_runs: Annotated[
        int | None, Field(ge=1, le=MAX_RUNS, description="upper bound of further runs, all sweeps together")
    ] = None


def extension_of(content: bytes) -> ExtendIn:
    """The extension that a body asks for.

    Raises:
        SpecError: it is not acceptable; each field is named.
    """
    wanted = read(content, "json")
    if not isinstance(wanted, dict):
        raise SpecError([Problem("", 'send an object such as {"more": 50}')])
    try:
        return ExtendIn.model_validate(wanted)
    except ValidationError as error:
        raise refusal_of(error) from None


class EditIn(BaseModel):
    """What people add to a study or change of it; what is left out, or null, stays as it is."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"minProperties": 1, "examples": [{"tags": ["thesis"]}]}
    )

    notes: Annotated[Text | None, Field(max_length=4000, description="plain text; empty: none")] = None
    tags: Annotated[list[Tag] | None, Field(max_length=10, description="all of them from now on")] = None
    priority: Annotated[int | None, Field(ge=-100, le=100, description="higher is claimed first")] = None


def edit_of(content: bytes) -> EditIn:
    """The change that a body asks for; errors as those of `extension_of`."""
    wanted = read(content, "json")
    if not isinstance(wanted, dict):
        raise SpecError([Problem("", 'send an object such as {"tags": ["thesis"]}')])
    try:
        found = EditIn.model_validate(wanted, context=DOOR)
    except ValidationError as error:
        raise refusal_of(error, text_within(EditIn)) from None
    if found == EditIn():
        raise SpecError([Problem("", "nothing is to be changed; send at least one of notes, tags, priority")])
    return found


class ForecastItem(BaseModel):
    """The further runs that would decide one undecided sweep."""

    sweep: str
    needed: Needed
    seconds: float | None = Field(description="rough time of its runs; null if no number of further runs would decide")
    rate_measured: bool = Field(
        description="true: `seconds` at the rate of the workers now alive; false: at an assumed rate"
    )
    grant: int = Field(description="runs to allow this sweep in `extend` with `until_decided`; 0 if it cannot help")


class ForecastOut(BaseModel):
    """The further runs that would decide a study's undecided sweeps, and their time on the present workers."""

    study: str
    workers: int = Field(description="workers alive; with none, `seconds` is what an assumed rate would take")
    images_per_second: float = Field(description="paper images per second, all contexts of the study taken together")
    rate_measured: bool = Field(description="true: by the workers now alive; false: assumed")
    sweeps: list[ForecastItem] = Field(description="empty if every sweep is decided or needs something else")


@dataclass(frozen=True, slots=True)
class LabelledVerdict(StudyVerdict):
    """A study's verdict, and whether the frozen document names the objective and the analysis that it was asked for."""

    claimed: bool = True
    caution: str = ""  # what a verdict by another objective is worth


@dataclass(frozen=True, slots=True)
class SweepAnswer:
    """One sweep by one objective: the answer, why, and where the optimum lies (95 % intervals)."""

    sweep: str
    loss: str
    context: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    eta: Interval
    alpha: Interval
    effective_rate: Interval
    statements: Statements | None = None  # of analysis 5
    parameters: tuple[ParameterPlace, ...] = ()  # both, by name; empty for the paper's eta and alpha


@dataclass(frozen=True, slots=True)
class ObjectiveVerdict:
    """The study by one objective; `claimed` marks the one that the frozen claim names."""

    objective: ClaimObjective
    claimed: bool
    outcome: Outcome
    sentence: str
    sweeps: tuple[SweepAnswer, ...]


@dataclass(frozen=True, slots=True)
class ObjectiveVerdicts:
    """The study by every objective, the claim's own first."""

    study: str
    claim_hash: str
    analysis_version: int
    objectives: tuple[ObjectiveVerdict, ...]


class Table(BaseModel):
    """Rows by sweep and point."""

    items: list[TableRow]


class CatalogueItem(BaseModel):
    """A ready-made study in the list."""

    name: str = Field(examples=["quickstart"])
    title: str
    description: str
    cost: Preview


class CatalogueList(BaseModel):
    """All ready-made studies, the one to start with first."""

    items: list[CatalogueItem]


class CatalogueDetail(BaseModel):
    """A ready-made study with its document, to be changed and submitted."""

    name: str
    title: str
    description: str
    study: dict[str, Any] = Field(description="the document, every default written out")
    toml: str = Field(description="the document as shipped, with its comments")


class CallerOut(BaseModel):
    """Whoever asks: the name under which it changes studies, and everything that it may do."""

    name: str = Field(examples=["alice"], description="`local` where no token is in force")
    scopes: list[str] = Field(examples=[["read", "submit"]], description="of read, submit, admin and work")
    way: Literal["local", "session", "token"] = Field(description="how it was let in")


class Drained(BaseModel):
    """A worker that was asked to finish what it holds and stop."""

    worker: str
    draining: Literal[True] = True


class Health(BaseModel):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """The service can respond: database reachable, schema current. It is ready without workers too."""

    status: Literal["ready"] = "ready"
    database: Literal["sqlite", "postgresql"]
    workers: int = Field(description="workers alive")


class Version(BaseModel):
    """Versions of the service, of its analysis and of its study documents."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "golden-study", "version": version("golden-study"), "api": "v1"}]}
    )

    name: Literal["golden-study"] = "golden-study"
    version: str
    api: Literal["v1"] = "v1"
    analysis_version: int
    schema_version: int
