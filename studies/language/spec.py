"""The study language: one strict, versioned, bounded document that says everything a study is.

`parse` is the only way in: TOML or JSON text, or a mapping, validated once. Nothing later checks again. `restored`
reads what was let in before, maybe by an earlier release whose door was less strict.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, Strict, ValidationError, ValidationInfo, model_validator

from studies.errors import Problem, SpecError
from studies.language import compare_faults, own, own_faults
from studies.language.asked_of import bound
from studies.language.axis import with_axis_schema
from studies.language.axis_expansion import Expanded, expanded
from studies.language.axis_expansion import folded as axes_folded
from studies.language.claim import Claim, exploratory
from studies.language.compare import CompareArm, CompareDesign
from studies.language.compare_axes import arm_axes, arm_space, with_bound_arms
from studies.language.compare_expansion import Armed, armed, unarmed
from studies.language.compare_faults import stated_faults
from studies.language.context import Context, Slug
from studies.language.contradictions import contradictions, trainer_faults, version_faults
from studies.language.controls import with_controls
from studies.language.design import CrossValidationDesign, Design, LocateDesign, with_kind
from studies.language.door import DOOR, STRICT, Line, Text, at_the_door, without_default
from studies.language.external import ENGINE_SCHEMA, AnyContext, LossName, TaggedContext, reported
from studies.language.measure import Measure
from studies.language.objective_names import Judged
from studies.language.parameters import PAPER, Axes, Parameter, axes_of, is_paper, paper_parameters
from studies.language.plannable import unplannable
from studies.language.point import not_null
from studies.language.reading import Form, read
from studies.language.rule_schema import rule_schemas
from studies.language.soundness import require_sound
from studies.language.space import OwnSpace, SearchSpace, Space
from studies.language.validation import InconsistentError, refusal_of, refusal_of_all, text_within
from studies.language.versions import (
    ANALYSIS_OF_SCHEMA,
    SCHEMA_VERSION,
    again_caution,
    dated,
    earlier_schema,
    unknown,
)


class Replication(BaseModel):
    """Replication of each point: the number of folds that the images are split into."""

    model_config = STRICT

    folds: Annotated[int, Field(ge=1, le=100, description="1, no folds: only where every context is external")] = 10


class Limits(BaseModel):
    """Limits beyond which a trial, or the study, is given up as failed."""

    model_config = STRICT

    max_attempts: Annotated[
        int, Field(ge=1, le=20, description="claims of a trial before it is given up as failed")
    ] = 3
    trial_seconds: Annotated[int, Field(ge=10, le=604_800, description="wall-clock limit of one claim")] = 86_400
    max_failed_share: Annotated[
        float, Field(ge=0.0, le=1.0, description="share of failed trials that fails the study")
    ] = 0.2


def _no_truth(value: Any) -> Any:
    """Refuse `true` for 1, which Python takes for equal."""
    return "true" if value is True else value


class StudySpec(BaseModel):
    """A study as submitted. `losses` x `contexts` are its sweeps."""

    model_config = STRICT

    schema_version: Annotated[Literal[1, 2, 3], BeforeValidator(_no_truth)] = SCHEMA_VERSION
    name: Slug
    title: Annotated[Line, Field(max_length=200)] = ""
    description: Annotated[Text, Field(max_length=4000)] = ""
    claim: Claim = Claim()
    losses: Annotated[list[LossName], Field(min_length=1, max_length=5, json_schema_extra={"uniqueItems": True})] = [
        "golden",
        "sse",
        "cross_entropy",
    ]
    contexts: Annotated[list[TaggedContext], Field(min_length=1, max_length=64)] = [Context()]
    parameters: Annotated[tuple[Parameter, Parameter], Strict(False)] = Field(
        default=PAPER.both,
        exclude_if=is_paper,  # whose bounds are `search_space`
        json_schema_extra=without_default,
        description="the claim's two parameters; left out: the paper's eta and alpha, bounded by `search_space`",
    )
    ridge: Literal["effective_rate", "none"] | None = Field(
        default=None,
        exclude_if=lambda ridge: ridge is None,
        description="the ridge of momentum SGD, first / (1 - second) = const; left out: the paper's pair alone has it",
    )
    measure: Measure | None = Field(
        default=None,
        exclude_if=lambda measure: measure is None,
        description="what a trainer of your own reports of each run; left out: one of the built-in objectives",
    )
    search_space: SearchSpace | None = Field(
        default=SearchSpace(), exclude_if=lambda space: space is None, json_schema_extra=not_null
    )
    design: Design = LocateDesign()
    replication: Replication = Replication()
    limits: Limits = Limits()
    priority: Annotated[int, Field(ge=-100, le=100, description="higher is claimed first")] = 0
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 20200607

    @model_validator(mode="before")
    @classmethod
    def _design_of(cls, data: Any, info: ValidationInfo) -> Any:
        """Name the kind and the controls of a design that names none, and keep the meaning of earlier documents.

        So studies that were frozen under them are planned and judged as then.
        """
        if not isinstance(data, dict):
            return data
        beside = [*stated_faults(data)] if at_the_door(info) else []
        problems = [*unknown(data), *beside] or [*own.missing(data)]
        if problems:
            raise InconsistentError(problems)
        return with_controls(dated(own.stated({**data, "design": with_kind(data.get("design", {}))})))

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Self:
        """Refuse fields that contradict each other, all contradictions named."""
        if self.search_space is not None and is_paper(self.parameters):
            object.__setattr__(self, "parameters", paper_parameters(*self.search_space.ends))
        object.__setattr__(self, "claim", self.claim.bound(self.axes, self.measure))
        asked = own_faults.faults(self) if self.compared is None else compare_faults.faults(self, self.compared)
        problems = [*version_faults(self), *asked, *trainer_faults(self)]
        if self.compared is None or not problems:
            object.__setattr__(self, "contexts", [bound(each, self.axes_in(each.name)) for each in self.contexts])
            object.__setattr__(self, "design", with_bound_arms(self.design, self.contexts))
        problems += [] if problems else contradictions(self)
        if at_the_door(info) and not problems:
            problems += unplannable(self.claim, self.space, self.design)
        if problems:
            raise InconsistentError(problems)
        return self

    @property
    def built_in(self) -> tuple[Context, ...]:
        """The contexts that our own workers train, in the document's order."""
        return tuple(context for context in self.contexts if isinstance(context, Context))

    def built_in_of(self, name: str) -> Context:
        """The context of this name, which our own workers train.

        Raises:
            KeyError: the study has no such context.
            TypeError: it is an external one.
        """
        context = self.context_of(name)
        if not isinstance(context, Context):
            raise TypeError(f"context {name!r} of study {self.name} is external: our own workers do not train it")
        return context

    def measure_of(self, name: str) -> Measure | None:
        """What the trainers of a context report; None where our own workers train it.

        Raises:
            KeyError: the study has no such context.
        """
        context = self.context_of(name)
        if isinstance(context, Context):
            return None
        return reported(self.measure, context, self.claim.objective)

    def context_of(self, name: str) -> AnyContext:
        """The context of this name.

        Raises:
            KeyError: the study has no such context.
        """
        found = next((context for context in self.contexts if context.name == name), None)
        if found is None:
            raise KeyError(f"study {self.name} has no context {name!r}")
        return found

    @property
    def axes(self) -> Axes:
        """The two parameters, in the document's order."""
        return axes_of(self.parameters, self.ridge)

    @property
    def space(self) -> Space:
        """The box over the two parameters that the document states."""
        axes = self.axes
        return self.search_space if self.search_space is not None and axes == PAPER else OwnSpace.of(axes)

    @property
    def compares(self) -> bool:
        """True for a study that compares arms: it judges no claim and states no verdict."""
        return self.compared is not None

    @property
    def tabulates(self) -> bool:
        """True where it measures given points and locates nothing: what it leads with is a table."""
        return isinstance(self.design, CrossValidationDesign)

    @property
    def compared(self) -> CompareDesign | None:
        """The design of a study that compares arms; None for other studies."""
        return self.design if isinstance(self.design, CompareDesign) else None

    def arm_of(self, context: str) -> CompareArm | None:
        """The arm that a context belongs to; None where the study compares none.

        Raises:
            KeyError: the study has no such context.
        """
        if self.compared is None:
            return None
        arm = self.built_in_of(context).arm
        return None if arm is None else self.compared.arm(arm.name)

    def axes_in(self, context: str) -> Axes:
        """The two parameters of the trials of a context: its arm's where the study compares arms, else the study's.

        Raises:
            KeyError: the study compares arms and has no such context.
        """
        arm = self.arm_of(context) if self.compares else None
        return self.axes if arm is None else arm_axes(arm, self.built_in_of(context).rule)

    def space_in(self, context: str) -> Space:
        """The box of the trials of a context; what an arm does not tune has one value there. Errors as `axes_in`."""
        arm = self.arm_of(context) if self.compares else None
        return self.space if arm is None else arm_space(arm, self.built_in_of(context).rule)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters of all trials: two, or those of all arms, in their order."""
        if not self.compares:
            return self.axes.names
        axes = [self.axes_in(context.name) for context in self.contexts]
        return tuple(dict.fromkeys(name for each in axes for name in (*each.names, *dict(each.fixed))))

    def named(self, first: float, second: float, context: str = "") -> dict[str, float]:
        """A trial's two values by the parameters' names, in their order; of a context's trials where it is named."""
        return (self.axes_in(context) if context else self.axes).named(first, second)

    @property
    def maximises(self) -> bool:
        """True where larger values of the objective, as they are reported, are better."""
        if self.compared is not None:
            return self.compared.maximises
        return self.claim.objective == "accuracy" if self.measure is None else self.measure.maximised

    @property
    def judged_by(self) -> Judged:
        """What a trial's value is: a built-in objective by name, or the measure that trainers of one's own report."""
        return self.metric if self.measure is None else self.measure

    @property
    def metric(self) -> str:
        """Name of what a trial's value is: the claim's objective, the measure, or what arms are compared by."""
        if self.compared is not None:
            return self.compared.tuned_by
        return self.claim.objective if self.measure is None else self.measure.name

    @property
    def analysis_version(self) -> int:
        """Version of the analysis that plans and judges this study, a key of `studies.verdict.methods.METHODS`."""
        return ANALYSIS_OF_SCHEMA[self.schema_version]

    def caution(self, objective: str, analysis: int) -> str:
        """What a verdict is worth that this document did not fix the measure or the analysis of; "" where it did."""
        parts = (exploratory(objective, self.claim.objective), again_caution(analysis, self.analysis_version))
        return " ".join(filter(None, parts))

    @property
    def claim_hash(self) -> str:
        """SHA-256 of everything that could bend a verdict: the whole document but its name, texts and priority."""
        frozen = self.model_dump(mode="json", exclude={"name", "title", "description", "priority", "limits"})
        return hashlib.sha256(canonical_json(frozen).encode()).hexdigest()

    @property
    def spec_hash(self) -> str:
        """SHA-256 of the whole document; equal documents are the same study."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json")).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no white space: the form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sweep_name(loss: str, context: str) -> str:
    """Name of a sweep within its study; names its Optuna study too, behind `<study>/`."""
    return f"{loss}@{context}"


def parse(document: str | bytes | Mapping[str, Any], *, form: Form = "json") -> StudySpec:
    """Turn a study document that comes in into a `StudySpec`.

    Args:
        document: text in the given form, or a mapping already read from such text.
        form: "json" or "toml"; ignored for mappings.

    Raises:
        SpecError: the document is not well-formed or not acceptable; `problems` name each field and the cure.
    """
    data: Any = dict(document) if isinstance(document, Mapping) else read(document, form)
    if isinstance(document, Mapping):
        require_sound(data)
    return _validated(data, DOOR)


def restored(document: Mapping[str, Any]) -> StudySpec:
    """A study from a document that was let in before: a stored one, or one in a report. The door's rules do not hold.

    Raises:
        SpecError: it is no study document of this release or an earlier one.
    """
    return _validated(dict(document), None)


def _validated(data: Any, context: Mapping[str, Any] | None) -> StudySpec:
    along = expanded(data)
    try:
        found = armed(along.data)
    except SpecError as error:
        raise SpecError([Problem(along.written(at), text) for at, text in error.problems]) from None
    try:
        return StudySpec.model_validate_json(json.dumps(found.data, allow_nan=True), context=context)
    except ValidationError as error:
        raise _refusal(error, along, found) from None
    except (RecursionError, ValueError) as error:
        raise SpecError([Problem("", f"not a study document: {error}")]) from None


def _refusal(error: ValidationError, along: Expanded, found: Armed) -> SpecError:
    """The refusal that pydantic's error of a document, axes and arms written out, stands for, as it was written."""
    if not along.origins and not found.origins:
        return refusal_of(error, text_within(StudySpec))
    errors = [
        each
        for each in error.errors(include_url=False)
        if not found.repeats(each["loc"]) and not along.repeats(found.before(each["loc"]))
    ]
    refused = refusal_of_all(errors, text_within(StudySpec))
    problems = dict.fromkeys(Problem(along.written(found.written(at)), text) for at, text in refused.problems)
    return SpecError(list(problems), refused.unlisted)


def folded(data: Mapping[str, Any]) -> dict[str, Any]:
    """A parsed document as a user would write it, which means the same: axes and arms in one context each again.

    A study that compares arms has no claim and no box of its own, so these defaults are left out.
    """
    plain = unarmed(data)
    if plain["contexts"] == data["contexts"]:
        return axes_folded(data)
    found = {key: value for key, value in axes_folded(plain).items() if key not in ("claim", "search_space")}
    return found if restored(found).model_dump(mode="json") == data else dict(data)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a study document, for editors and forms."""
    schema = with_axis_schema(StudySpec.model_json_schema())
    claim = schema["properties"]["claim"]
    claim["anyOf"] = [{"const": own.PRESET}, {"$ref": claim.pop("$ref")}]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "golden-study study"}
    return {
        **head,
        **schema,
        "allOf": [earlier_schema(), *own.SCHEMAS, ENGINE_SCHEMA, compare_faults.SCHEMA, *rule_schemas()],
    }
