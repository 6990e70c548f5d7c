"""A table of trials measured elsewhere, and the claim that it is judged by; every mistake in it is named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from studies.errors import Problem
from studies.foreign.checks import Numbered, document_problems, row_problems, sweep_problems
from studies.foreign.rows import COLUMNS, Measurement, meant
from studies.language.claim import Claim, ClaimObjective, Objective
from studies.language.door import DOOR, STRICT, Line
from studies.language.own_faults import alone
from studies.language.soundness import require_sound
from studies.language.spec import StudySpec
from studies.language.validation import Error, InconsistentError, field_text, refusal_of, shown
from studies.language.versions import ANALYSES, dated, schema_of, unknown
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.model import ANALYSIS_VERSION

UNKNOWN_TERM = "is not known under the analysis that the table is judged by; set `analysis` to 5"
MAX_ROWS = 5_000
MAX_POINTS = 600  # distinct points of one sweep: the Gaussian process' cost grows with their cube
MAX_LOSSES = 5
MAX_SWEEPS = 10
Points = Literal["fixed", "adaptive"]


class TrialTable(BaseModel):
    """A table of trainings, and what it is judged by."""

    model_config = STRICT

    name: Annotated[Line, Field(min_length=1, max_length=100)] = "trials"
    document: StudySpec | None = Field(
        default=None, description="the study that the trials are of: claim, search space, seed, data sets"
    )
    claim: Claim = Claim()
    objective: Objective | None = Field(
        default=None, description="what `value` is, the claim's objective unless named; accuracy and error as shares"
    )
    points: Points = Field(default="fixed", description="adaptive: chosen after looking at earlier values")
    images: Annotated[int, Field(ge=2, le=10_000_000)] = Field(default=10_000, description="test images per run")
    classes: Annotated[int, Field(ge=2, le=10_000)] = 10
    looks: Annotated[int, Field(ge=1, le=MOST_LOOKS)] = Field(
        default=1, description="analyses of complete data so far, this one included; they share the claim's level"
    )
    analysis: Annotated[int, Field(ge=ANALYSES[0], le=ANALYSES[-1])] | None = Field(
        default=None, description="version of the analysis to judge under; null: the document's, else the newest in use"
    )
    failed_as_diverged: bool = Field(default=False, description="count rows of state FAIL as diverged")
    rows: Annotated[list[Measurement], Field(min_length=1, max_length=MAX_ROWS)]

    @model_validator(mode="before")
    @classmethod
    def _dated(cls, data: Any) -> Any:
        """Give a claim that no document states the usual terms of the analysis that it is judged under."""
        if not isinstance(data, Mapping) or data.get("document") is not None or "claim" not in data:
            return data
        analysis = data.get("analysis")
        claimed = {"schema_version": schema_of(analysis or ANALYSIS_VERSION), "claim": data["claim"]}
        problems = [Problem(field, UNKNOWN_TERM) for field, _ in unknown(claimed)]
        if problems:
            raise InconsistentError(problems)
        return {**data, "claim": dated(claimed)["claim"]}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Refuse rows that contradict each other, the claim or the document, all contradictions named."""
        problems = list(self._problems())
        if problems:
            raise InconsistentError(problems)
        return self

    @property
    def measure(self) -> ClaimObjective:
        """The objective that `value` is."""
        return self.objective or self.stated_claim.objective

    @property
    def stated_claim(self) -> Claim:
        """The claim, as the document or the table states it, or the golden one by the usual terms of the analysis."""
        if self.document is not None:
            return self.document.claim
        if "claim" in self.model_fields_set:
            return self.claim
        usual = dated({"schema_version": schema_of(self.analysis or ANALYSIS_VERSION)})
        return Claim.model_validate(usual["claim"])

    @property
    def own_analysis(self) -> int:
        """The analysis that the document fixed; without one that of new documents."""
        return ANALYSIS_VERSION if self.document is None else self.document.analysis_version

    @property
    def left_out(self) -> dict[str, int]:
        """Numbers of rows that do not count, by state."""
        return dict(sorted(Counter(row.state for row in self.rows if not self.counts(row)).items()))

    @cached_property
    def sweeps(self) -> dict[tuple[str, str], list[Measurement]]:
        """The rows that count, by (context, loss): in the document's order, else as they come."""
        grouped = {key: [row for _, row in rows] for key, rows in self._numbered().items()}
        if self.document is None:
            return grouped
        order = [(context.name, loss) for context in self.document.contexts for loss in self.document.losses]
        return {key: grouped[key] for key in order if key in grouped}

    def counts(self, row: Measurement) -> bool:
        """True for a row that the verdict reads: complete, or failed where those count as diverged."""
        return row.state == "COMPLETE" or (row.state == "FAIL" and self.failed_as_diverged)

    def _numbered(self) -> dict[tuple[str, str], list[tuple[int, Measurement]]]:
        grouped: dict[tuple[str, str], list[tuple[int, Measurement]]] = {}
        one = self.name if self.document is None else self.document.contexts[0].name
        for i, row in enumerate(self.rows):
            if self.counts(row):
                grouped.setdefault((row.context or one, row.loss), []).append((i, _scored(row)))
        return grouped

    def _problems(self) -> Iterator[Problem]:
        unclaimed = [] if self.document is not None else list(alone(self.stated_claim))
        if unclaimed:
            yield from unclaimed
            return
        sweeps = self._numbered()
        if not sweeps:
            text = "none is complete; send some that are, or count failed ones as diverged (failed_as_diverged)"
            yield Problem("rows", text)
        rows: Numbered = [pair for found in sweeps.values() for pair in found]
        never = self.document is not None and self.measure == "epochs_to_target"
        yield from row_problems(rows, self.measure, may_be_missing=never)
        yield from self._stated_twice()
        if self.document is not None:
            yield from document_problems(rows, self.document)
        losses = {loss for _, loss in sweeps}
        if len(losses) > MAX_LOSSES or len(sweeps) > MAX_SWEEPS:
            text = f"{len(losses)} losses, {len(sweeps)} with each context, are too many; send several tables"
            yield Problem("rows", text)
        for (_, loss), found in sweeps.items():
            points = len({(row.eta, row.alpha) for _, row in found})
            if points > MAX_POINTS:
                yield Problem("rows", f"{loss} has {points} points, more than {MAX_POINTS}; send fewer")
            yield from sweep_problems(found, self.stated_claim)

    def _stated_twice(self) -> Iterator[Problem]:
        for name in ("claim", "classes", "points"):
            if self.document is not None and name in self.model_fields_set:
                yield Problem(name, "the document states it; leave one of them out")

    def classes_in(self, context: str) -> int:
        """Number of classes K."""
        return self.classes if self.document is None else self.document.context_of(context).classes


def _scored(row: Measurement) -> Measurement:
    """The row as it counts: a trial that failed has no value, and diverged."""
    if row.state == "COMPLETE":
        return row
    return row.model_copy(update={"value": None, "diverged": True, "cause": row.cause or None})


def table_of(document: Mapping[str, Any]) -> TrialTable:
    """A table from JSON values.

    Raises:
        SpecError: it is not acceptable; each field is named.
    """
    values = dict(document)
    require_sound(values)
    try:
        return TrialTable.model_validate_json(json.dumps(values), context=DOOR)
    except ValidationError as error:
        raise refusal_of(error, _text) from None


def _text(error: Error) -> str:
    """The cure where a table has one of its own; else the words that studies have, too."""
    place = error["loc"]
    column = str(place[-1]) if place else ""
    if error["type"] == "extra_forbidden" and place[0] == "rows":
        likely = meant(column, ())
        return f"is no column; did you mean `{likely}`?" if likely else f"is no column; there are {', '.join(COLUMNS)}"
    if column == "phase" and error["type"] == "enum":
        return f"{shown(error['input'])} is no phase; write map, widen, zoom, confirm, controls, search or cv"
    if column == "cause" and error["type"] == "enum":
        return f"{shown(error['input'])} is no cause; write diverged, untrained or chance, or leave it out"
    if column == "arm" and error["type"] == "string_pattern_mismatch":
        arms = (
            "claim, best, inside, outside, opposite, likeliest, rival, default, mate:<alpha>, decoy:<number> or point"
        )
        return f"{shown(error['input'])} is no arm; write {arms}"
    return field_text(error)
