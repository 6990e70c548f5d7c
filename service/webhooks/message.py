"""The message that tells what became of a study: the body of a delivery, and the input of a `golden watch` command."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from studies.figures.statements import statement_lines
from studies.records import NoticeEvent, StudyState
from studies.storage.read_models import Causes, Failed, Notice
from studies.verdict.answers import Answer
from studies.verdict.model import Outcome, StudyVerdict, SweepVerdict
from studies.verdict.wording_statements import Key

SCHEMA_VERSION = 1  # of the message; a field may be added under the same number


class StatementOutcome(BaseModel):
    """The answer to one of the three statements, with its number in words and one sentence."""

    model_config = ConfigDict(frozen=True)

    statement: Key
    answer: Answer
    number: str = Field(description="a dash where there is none", examples=["loses at most 0.14 points"])
    sentence: str


class SweepOutcome(BaseModel):
    """The answer for one sweep."""

    model_config = ConfigDict(frozen=True)

    sweep: str
    outcome: Outcome
    looks: int = Field(description="analyses of complete data so far, this one included")
    sentence: str
    statements: tuple[StatementOutcome, ...] = Field(default=(), description="empty under an analysis before the fifth")

    @classmethod
    def of(cls, sweep: SweepVerdict) -> SweepOutcome:
        """The part of a sweep's verdict that a message carries."""
        lines = tuple(
            StatementOutcome(statement=x.key, answer=x.answer, number=x.number, sentence=x.sentence)
            for x in statement_lines(sweep)
        )
        return cls(
            sweep=sweep.sweep, outcome=sweep.outcome, looks=sweep.looks, sentence=sweep.sentence, statements=lines
        )


class VerdictOutcome(BaseModel):
    """The verdict on the look that a `decided` is about."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    sentence: str
    objective: str
    analysis_version: int
    sweeps: tuple[SweepOutcome, ...]

    @classmethod
    def of(cls, verdict: StudyVerdict) -> VerdictOutcome:
        """The part of a verdict that a message carries; the report has all of it."""
        return cls(
            outcome=verdict.outcome,
            sentence=verdict.sentence,
            objective=verdict.objective,
            analysis_version=verdict.analysis_version,
            sweeps=tuple(SweepOutcome.of(sweep) for sweep in verdict.sweeps),
        )


class StudyFacts(BaseModel):
    """A study as it was at the moment of the event."""

    model_config = ConfigDict(frozen=True)

    study: str
    title: str
    state: StudyState
    revision: int
    claim_hash: str
    spec_hash: str
    submitted_by: str = Field(description="as in the audit list")
    runs_expected: int
    runs_done: int
    runs_diverged: Failed
    causes: Causes = Field(default_factory=dict)
    trials_failed: int
    note: str = Field(description="why the study failed, empty otherwise")
    url: str = Field(description="the study's page")
    report: str = Field(description="the report as JSON; it takes a token")
    verdict: VerdictOutcome | None = Field(
        description="of a `decided`; null for other events, and where the study went on before it could be judged"
    )


class StudyMessage(BaseModel):
    """The message that tells what became of a study."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="the same wherever and however often it is delivered", examples=["msg_2KWPBgLlAfxd"])
    type: Literal["study.decided", "study.completed", "study.failed"]
    timestamp: datetime = Field(description="of the event, by the database's clock")
    schema_version: int = SCHEMA_VERSION
    data: StudyFacts


def message_of(notice: Notice, verdict: VerdictOutcome | None, base_url: str) -> StudyMessage:
    """The message for a notice.

    Args:
        notice: what became of the study.
        verdict: of a `decided`, where it could be judged.
        base_url: the service's address, as those who get the message reach it.
    """
    facts = {name: getattr(notice, name) for name in StudyFacts.model_fields if hasattr(notice, name)}
    page = f"{base_url}/studies/{notice.study}"
    report = f"{base_url}/api/v1/studies/{notice.study}/report.json"
    return StudyMessage(
        id=notice.key,
        type=_TYPES[notice.event],
        timestamp=notice.at,
        data=StudyFacts(**facts, url=page, report=report, verdict=verdict),
    )


_TYPES: dict[NoticeEvent, Literal["study.decided", "study.completed", "study.failed"]] = {
    NoticeEvent.DECIDED: "study.decided",
    NoticeEvent.COMPLETED: "study.completed",
    NoticeEvent.FAILED: "study.failed",
}
