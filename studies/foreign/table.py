"""A table of trials measured elsewhere, and the claim that it is judged by; every mistake in it is named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, Strict, ValidationError, model_validator

from studies.errors import Problem, SpecError
from studies.foreign.checks import Numbered, document_problems, row_problems, sweep_problems
from studies.foreign.row_text import row_text
from studies.foreign.rows import Measurement, OwnMeasurement
from studies.foreign.same_rows import ALIKE, alike
from studies.language.claim import MEASURE, Claim, ClaimObjective, Objective
from studies.language.compare_expansion import arms_of
from studies.language.door import DOOR, STRICT, Line
from studies.language.measure import Measure
from studies.language.own_faults import alone
from studies.language.parameters import PAPER, Axes, Parameter, axes_of
from studies.language.phases import Phase
from studies.language.soundness import require_sound
from studies.language.spec import StudySpec
from studies.language.validation import InconsistentError, refusal_of
from studies.language.versions import ANALYSES, dated, schema_of, unknown
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.model import ANALYSIS_VERSION

UNKNOWN_TERM = "is not known under the analysis that the table is judged by; set `analysis` to 5"
MAX_ROWS = 5_000
MAX_POINTS = 600  # distinct points of one sweep: the Gaussian process' cost grows with their cube
MAX_LOSSES = 5
MAX_SWEEPS = 10
FEWEST_LEVELS = 3  # of either parameter in a full grid
Points = Literal["fixed", "adaptive"]
PointsKnown = Literal["fixed", "adaptive", "phases", "grid", "unknown"]


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
    points: Points | None = Field(
        default=None,
        description="adaptive: chosen after looking at earlier values; null: not known, which counts as adaptive "
        "unless each row states a phase, or the points are a full grid",
    )
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
    def own_measure(self) -> Measure | None:
        """The document's measure, where `value` is of it."""
        return self.stated_claim.measure if self.measure == MEASURE else None

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
    def axes(self) -> Axes:
        """The two parameters that the rows are points of."""
        return PAPER if self.document is None else self.document.axes

    @property
    def own_analysis(self) -> int:
        """The analysis that the document fixed; without one that of new documents."""
        return ANALYSIS_VERSION if self.document is None else self.document.analysis_version

    @property
    def left_out(self) -> dict[str, int]:
        """Numbers of rows that do not count, by state, or as repeating a value."""
        states = Counter(row.state for row in self.rows if not self.counts(row))
        return dict(sorted((states + Counter({ALIKE: len(self._alike)})).items()))

    @property
    def design(self) -> PointsKnown:
        """How the points were chosen, as far as that is known."""
        if self.points is not None:
            return self.points
        rows = [row for found in self.sweeps.values() for row in found]
        if all(row.phase is not None and row.phase != Phase.SEARCH for row in rows):
            return "phases"
        return "grid" if all(map(is_full_grid, self.sweeps.values())) else "unknown"

    @property
    def is_fixed(self) -> bool:
        """True where the points are known to have followed no value."""
        return self.design in ("fixed", "phases", "grid")

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

    @cached_property
    def _alike(self) -> frozenset[int]:
        """Places of rows that repeat a value; none beside a document, whose plan is replayed on all rows."""
        if self.document is not None:
            return frozenset()
        return frozenset(place for rows in self._grouped().values() for place in alike(rows))

    def _numbered(self) -> dict[tuple[str, str], list[tuple[int, Measurement]]]:
        found = self._grouped().items()
        return {key: [(i, row) for i, row in rows if i not in self._alike] for key, rows in found}

    def _grouped(self) -> dict[tuple[str, str], list[tuple[int, Measurement]]]:
        grouped: dict[tuple[str, str], list[tuple[int, Measurement]]] = {}
        one = self.name if self.document is None else self.document.contexts[0].name
        for i, row in enumerate(self.rows):
            if self.counts(row):
                grouped.setdefault((row.context or one, row.loss), []).append((i, _scored(row)))
        return grouped

    def _problems(self) -> Iterator[Problem]:
        unclaimed = [] if self.document is not None else list(alone(self.stated_claim))
        unclaimed += self._off_scale()
        if unclaimed:
            yield from unclaimed
            return
        sweeps = self._numbered()
        if not sweeps:
            text = "none is complete; send some that are, or count failed ones as diverged (failed_as_diverged)"
            yield Problem("rows", text)
        rows: Numbered = [pair for found in sweeps.values() for pair in found]
        never = self.document is not None and self.measure == "epochs_to_target"
        stated = [pair for found in self._grouped().values() for pair in found]
        yield from row_problems(stated, self.measure, may_be_missing=never, measure=self.own_measure)
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
            yield from sweep_problems(found, self.stated_claim, is_planned=self.document is not None)

    def _off_scale(self) -> Iterator[Problem]:
        """Values at which a parameter's scale is not defined."""
        for i, row in enumerate(self.rows):
            for field, parameter in zip(("eta", "alpha"), self.axes.both, strict=True):
                if not parameter.admits(getattr(row, field)):
                    text = f"{getattr(row, field):g} has no place on the scale {parameter.scale} of {parameter.name}"
                    yield Problem(f"rows.{i}.{field}", f"{text}; correct it, or state another scale")

    def _stated_twice(self) -> Iterator[Problem]:
        for name in ("claim", "classes", "points"):
            if self.document is not None and name in self.model_fields_set:
                yield Problem(name, "the document states it; leave one of them out")

    def classes_in(self, context: str) -> int:
        """Number of classes K."""
        return self.classes if self.document is None else self.document.context_of(context).classes


class OwnTable(TrialTable):
    """A table of trainings at points of two parameters of somebody's own, by the document or by `parameters`."""

    parameters: Annotated[tuple[Parameter, Parameter], Strict(False)] | None = None
    rows: Annotated[list[OwnMeasurement], Field(min_length=1, max_length=MAX_ROWS)]  # type: ignore[assignment]

    @property
    def axes(self) -> Axes:
        """The two parameters that the rows are points of."""
        return super().axes if self.parameters is None else axes_of(self.parameters, None)

    @property
    def stated_claim(self) -> Claim:
        """The claim, on the table's parameters."""
        return super().stated_claim if self.parameters is None else super().stated_claim.bound(self.axes, None)


def is_full_grid(rows: Sequence[Measurement]) -> bool:
    """True where the points are all pairs of some rates with some weights, three or more of each.

    A full grid has no point that an earlier value could have chosen.
    """
    points = {(row.eta, row.alpha) for row in rows}
    levels = [len(set(axis)) for axis in zip(*points, strict=True)] or [0, 0]
    return min(levels) >= FEWEST_LEVELS and len(points) == levels[0] * levels[1]


def _scored(row: Measurement) -> Measurement:
    """The row as it counts: a trial that failed has no value, and diverged."""
    if row.state == "COMPLETE":
        return row
    return row.model_copy(update={"value": None, "diverged": True, "cause": row.cause or None})


def _by_place(rows: Any, parameters: Any) -> Any:
    """Rows whose points are given by the names of own parameters, with `eta` and `alpha` for the first and second."""
    if not isinstance(rows, list) or not isinstance(parameters, list):
        return rows
    names = [str(each.get("name")) for each in parameters if isinstance(each, Mapping)]
    places = dict(zip(names, ("eta", "alpha"), strict=False))
    return [{places.get(k, k): v for k, v in row.items()} if isinstance(row, Mapping) else row for row in rows]


def table_of(document: Mapping[str, Any]) -> TrialTable:
    """A table from JSON values.

    Raises:
        SpecError: it is not acceptable; each field is named.
    """
    values = dict(document)
    require_sound(values)
    stated = values.get("document")
    if isinstance(stated, Mapping) and arms_of(stated):
        raise SpecError([Problem("document", "compares arms and states no claim; leave it out, and state the claim")])
    own = values.get("parameters", stated.get("parameters") if isinstance(stated, Mapping) else None)
    model = TrialTable if own is None else OwnTable
    if "rows" in values:
        values["rows"] = _by_place(values["rows"], own)
    try:
        return model.model_validate_json(json.dumps(values), context=DOOR)
    except ValidationError as error:
        raise refusal_of(error, row_text) from None
