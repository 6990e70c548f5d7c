"""The design that compares: arms, each a way to train, on the same contexts and the same fresh seeds.

An arm is measured as published (at its point `at`), as tuned (at the best point of its `space`, found on other seeds),
both, or as it is where its rule has no parameter to choose (plain). No claim is judged and no verdict stated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studies.errors import Problem
from studies.language.choice import Choice, Named
from studies.language.context import Slug
from studies.language.door import STRICT, Line
from studies.language.parameters import Parameter
from studies.language.point import ByName
from studies.language.validation import InconsistentError, key_text
from studies.learning.entry import Kind

ComparedObjective = Literal["accuracy", "cross_entropy", "loss_area", "epochs_to_target", "cpu_seconds"]  # of a run
SmallestWidth = Literal["smallest_width"]  # of all runs of one seed along an axis of widths
StatedObjective = Literal[ComparedObjective, SmallestWidth]
SMALLEST_WIDTH: SmallestWidth = "smallest_width"
How = Literal["published", "tuned", "plain"]  # an arm is measured: at its published point, its tuned one, or as it is
PUBLISHED: How = "published"
TUNED: How = "tuned"
PLAIN: How = "plain"
LARGER_IS_BETTER = frozenset({"accuracy"})  # of the objectives
CHANGED: tuple[Kind, ...] = ("update_rule", "schedule", "backward_rule", "initialisation")  # of a context, by an arm
MOST_ARMS = 64
FIXABLE = ("eta", "alpha")  # that no table of a rule has, so that `fixed` states them


def _is_missing(value: object) -> bool:
    return value is None


def _is_empty(value: object) -> bool:
    return not value


class PaperCell(BaseModel):
    """A number that the paper states for an arm, or that follows from a closed form, shown beside ours."""

    model_config = STRICT

    context: Annotated[
        Slug,
        Field(
            description="name of the context; with an axis that of its value, such as h-100; or, for widths, the axis"
        ),
    ]
    objective: StatedObjective
    mean: float
    sd: Annotated[float, Field(ge=0.0)] | None = Field(
        default=None, exclude_if=_is_missing, description="over runs; left out where the paper states none"
    )
    n: Annotated[int, Field(ge=1)] | None = Field(
        default=None, exclude_if=_is_missing, description="runs behind it; left out where the paper states none"
    )
    differs: Annotated[Line, Field(max_length=200)] = Field(
        default="",
        exclude_if=_is_empty,
        description="what the paper did otherwise than this study, said beside the number; left out: nothing",
    )
    origin: Literal["paper", "theory"] = Field(
        default="paper",
        exclude_if=lambda origin: origin == "paper",  # so documents from before keep their hash
        description="theory: no paper states the number, it is computed from a closed form and shown as such",
    )


class CompareArm(BaseModel):
    """One way to train: what it changes of each context, the point as published, and the space to tune.

    A trial has two values. They are the parameters of `space`, then those that only `at` names, filled up with `eta`
    and `alpha`, whose values are those of `fixed`; an alpha that nothing names is 0.
    """

    model_config = STRICT

    name: Slug
    title: Annotated[Line, Field(max_length=200)] = ""
    update_rule: Annotated[Choice, Named("update_rule")] | None = Field(default=None, exclude_if=_is_missing)
    schedule: Annotated[Choice, Named("schedule")] | None = Field(default=None, exclude_if=_is_missing)
    backward_rule: Annotated[Choice, Named("backward_rule")] | None = Field(default=None, exclude_if=_is_missing)
    initialisation: Annotated[Choice, Named("initialisation")] | None = Field(default=None, exclude_if=_is_missing)
    at: ByName | None = Field(
        default=None, exclude_if=_is_missing, description="the point as published, by the parameters' names"
    )
    space: Annotated[list[Parameter], Field(max_length=2)] = Field(
        default=[], exclude_if=_is_empty, description="the parameters to tune, none to two"
    )
    fixed: dict[str, float] = Field(
        default={},
        exclude_if=_is_empty,
        json_schema_extra={"propertyNames": {"enum": list(FIXABLE)}},
        description="a learning rate or momentum weight that neither `space` nor `at` names: the same in every trial",
    )
    selection: Literal["validation", "test"] = Field(
        default="validation",
        description="images that tuning is judged by: a part held out of the training images, or the test images",
    )
    paper: Annotated[list[PaperCell], Field(max_length=320)] = Field(
        default=[], exclude_if=_is_empty, description="the paper's numbers for this arm"
    )

    @model_validator(mode="after")
    def _once(self) -> Self:
        problems = list(_twice(self))
        if problems:
            raise InconsistentError(problems)
        return self

    @property
    def heading(self) -> str:
        """Its title, or its name where it has none."""
        return self.title or self.name

    def ways(self, tuning: int) -> tuple[How, ...]:
        """How it is measured: published, tuned or plain; empty where a document leaves nothing to measure.

        Args:
            tuning: trainings that tune an arm.
        """
        found = [PUBLISHED] if self.at is not None else []
        found += [TUNED] if self.tuned(tuning) else []
        return tuple(found) or (() if self.space else (PLAIN,))

    def tuned(self, tuning: int) -> int:
        """The number of trainings that tune it, of `tuning` each; 0 where it has no space."""
        return tuning if self.space else 0


class CompareDesign(BaseModel):
    """Measure arms on the same contexts and fresh seeds, in pairs. No verdict is stated.

    tune     `tuning` trainings of each arm that has a space, on seeds of their own; the best by `objective` is taken
    measure  `runs` paired runs of each arm, as published and as tuned
    """

    model_config = STRICT

    kind: Literal["compare"]
    objective: StatedObjective = Field(
        default="accuracy",
        description="what tuning selects by and Holm's adjustment is about; all are reported. smallest_width: at which "
        "a run and all wider ones of an axis reach the target, tuned at each width by epochs_to_target",
    )
    runs: Annotated[int, Field(ge=2, le=1000, description="paired measuring runs of each arm in each context")] = 10
    tuning: Annotated[
        int, Field(ge=0, le=10_000, description="tuning trainings of each arm that has a space; 0: nothing is tuned")
    ] = 16
    sampler: Literal["sobol", "random", "tpe", "gp", "cmaes"] = "sobol"
    baseline: Slug | None = Field(
        default=None, exclude_if=_is_missing, description="arm that the others are compared with; left out: the first"
    )
    arms: Annotated[list[CompareArm], Field(min_length=2, max_length=MOST_ARMS)]

    @model_validator(mode="after")
    def _named(self) -> Self:
        problems = list(_unnamed(self))
        if problems:
            raise InconsistentError(problems)
        return self

    @property
    def base(self) -> CompareArm:
        """The arm that the others are compared with."""
        return self.arms[0] if self.baseline is None else self.arm(self.baseline)

    @property
    def tuned_by(self) -> ComparedObjective:
        """What tuning selects by: the objective, or what stands for it in a context of one width."""
        return "epochs_to_target" if self.objective == SMALLEST_WIDTH else self.objective

    @property
    def maximises(self) -> bool:
        """True where larger values of what tuning selects by are better."""
        return self.tuned_by in LARGER_IS_BETTER

    def arm(self, name: str) -> CompareArm:
        """The arm of this name.

        Raises:
            KeyError: there is none.
        """
        found = next((arm for arm in self.arms if arm.name == name), None)
        if found is None:
            raise KeyError(f"the design has no arm {name!r}")
        return found


def _twice(arm: CompareArm) -> Iterator[Problem]:
    """A parameter that a space names twice, one that is fixed elsewhere, and a cell that the paper has twice."""
    names = [parameter.name for parameter in arm.space]
    if len(set(names)) < len(names):
        yield Problem("space.1.name", f"is {names[1]!r}, as the first's; name each parameter once")
    for name in arm.fixed:
        if name not in FIXABLE:
            yield Problem(f"fixed.{key_text(name)}", "is neither eta nor alpha; state it in the table of its rule")
    cells = [(cell.context, cell.objective) for cell in arm.paper]
    for i, cell in enumerate(cells):
        if cell in cells[:i]:
            text = f"is that of paper.{cells.index(cell)} again ({cell[1]} in {cell[0]}); keep one of the two"
            yield Problem(f"paper.{i}", text)


def _unnamed(design: CompareDesign) -> Iterator[Problem]:
    """Arms of one name, and a baseline that is no arm."""
    names = [arm.name for arm in design.arms]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Problem(f"arms.{i}.name", f"is {name!r}, as an earlier arm's; give each its own name")
    if design.baseline is not None and design.baseline not in names:
        yield Problem("baseline", f"is {design.baseline!r}, which is no arm; the arms are {', '.join(names)}")
