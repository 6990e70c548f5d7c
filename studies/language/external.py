"""An external context: a training of the user's own, described to whoever runs it and never run from here.

`settings` say what is held fixed, in words that the trainer understands. They are frozen and hashed with the claim, and
handed out with each lease.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, Discriminator, Field, JsonValue, Tag, ValidationInfo

from studies.errors import Problem
from studies.language.context import Context, Loss, Slug
from studies.language.door import STRICT, UNSAFE_TEXT, at_the_door
from studies.language.measure import Measure
from studies.language.validation import BUILT_IN, EXTERNAL, OWN_LOSS, InconsistentError, key_text
from studies.text import is_safe_text

MAX_SETTINGS = 4_000  # characters of their canonical JSON
MAX_SETTINGS_DEPTH = 8  # objects and lists inside one another
OWN = "own"  # the loss of a trainer that names none
NO_GUESSING = 10**9  # classes of a context whose chance level is not known: guessing gets nothing right
LossName = Annotated[
    str,
    Field(pattern=OWN_LOSS, description="a built-in loss; where every context is external, any name of your own"),
]


def _checked_settings(settings: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
    """Refuse settings that are too large, too deep or not finite, and at the door those with unsafe texts."""
    problems = list(_faults(settings, (), 1, strict=at_the_door(info)))
    if problems:
        raise InconsistentError(problems[:1])
    size = len(json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    if size > MAX_SETTINGS:
        text = f"take {size:,} characters as JSON, more than the {MAX_SETTINGS:,} allowed"
        raise InconsistentError([Problem("", f"{text}; keep what is large in a file and name it here")])
    return settings


Settings = Annotated[
    dict[str, JsonValue],
    AfterValidator(_checked_settings),
    Field(
        description="what the trainer is to hold fixed, any JSON: at most "
        f"{MAX_SETTINGS:,} characters, {MAX_SETTINGS_DEPTH} levels, finite numbers",
        examples=[{"network": "resnet18", "epochs": 5, "batch_size": 128}],
    ),
]


class ExternalContext(BaseModel):
    """A training that somebody else's program does: a trainer of the user's own leases its trials over HTTP."""

    model_config = STRICT

    trainer: Literal["external"]
    name: Slug
    settings: Settings = {}
    epochs: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, exclude_if=lambda epochs: epochs is None, description="length of a training, where it means one"
    )
    test_size: Annotated[int, Field(ge=2, le=10**9)] | None = Field(
        default=None,
        exclude_if=lambda size: size is None,
        description="test cases behind the accuracy or error that it reports; only in a study without `measure`",
    )

    @property
    def classes(self) -> int:
        """Number of classes for the level of guessing, which is not known here: no guess is taken to be right."""
        return NO_GUESSING


def _kind_of(value: Any) -> str:
    if isinstance(value, ExternalContext):
        return EXTERNAL
    return EXTERNAL if isinstance(value, Mapping) and "trainer" in value else BUILT_IN


AnyContext = Context | ExternalContext
TaggedContext = Annotated[
    Annotated[Context, Tag(BUILT_IN)] | Annotated[ExternalContext, Tag(EXTERNAL)], Discriminator(_kind_of)
]


def with_own_defaults(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the defaults of a study whose contexts are all external, where it is one.

    Its loss is called "own" unless it names some, and no loss is the primary one unless there is one alone, or golden.
    A measure fixes the claim's objective.
    """
    contexts, claim = data.get("contexts"), data.get("claim", {})
    if not (isinstance(contexts, Sequence) and contexts and all(_kind_of(each) == EXTERNAL for each in contexts)):
        return dict(data)
    losses = data.get("losses", [OWN])
    if not isinstance(claim, Mapping) or not isinstance(losses, Sequence):
        return {**data, "losses": losses}
    return {**data, "losses": losses, "claim": {**_own_claim(losses, data.get("measure")), **claim}}


def _own_claim(losses: Sequence[Any], measure: Any) -> dict[str, Any]:
    primary = "golden" if "golden" in losses else losses[0] if len(losses) == 1 else None
    direction = measure.get("direction") if isinstance(measure, Mapping) else None
    return {"primary_loss": primary, **({} if direction is None else {"objective": objective_of(direction)})}


def objective_of(direction: Any) -> str:
    """The objective that a measure is judged as: a share that rises as accuracy, one that falls as error."""
    return "error" if direction == "minimize" else "accuracy"


def reported(measure: Measure | None, context: ExternalContext, objective: str) -> Measure:
    """What trainers of a context report: the study's measure, else its objective on the context's test cases.

    Args:
        measure: the study's; None where it has none, which only accuracy and error allow.
        context: of the study.
        objective: the claim's.
    """
    if measure is not None:
        return measure
    direction: Literal["maximize", "minimize"] = "maximize" if objective == "accuracy" else "minimize"
    return Measure(name=objective, direction=direction, kind="share", test_size=context.test_size)


def external_faults(
    contexts: Sequence[AnyContext], losses: Sequence[str], folds: int, measure: Measure | None, objective: str
) -> Iterator[Problem]:
    """Faults of the parts of a document that depend on who trains.

    Args:
        contexts, losses: of the document.
        folds: of its replication.
        measure: what trainers report; None: the objective itself.
        objective: the claim's.
    """
    built_in = [i for i, context in enumerate(contexts) if isinstance(context, Context)]
    if built_in:
        yield from _of_the_engine(losses, folds)
    if measure is not None:
        yield from _unmeasurable(built_in, measure, objective)
    yield from _sizes(contexts, measure, objective)


def _of_the_engine(losses: Sequence[str], folds: int) -> Iterator[Problem]:
    known = get_args(Loss)
    for i, loss in enumerate(losses):
        if loss not in known:
            names = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
            yield Problem(f"losses.{i}", f"input should be {names} where a context is built in, got {loss!r}")
    if folds < 2:
        text = "input should be greater than or equal to 2 where a context is built in, got 1"
        yield Problem("replication.folds", text)


def _unmeasurable(built_in: Sequence[int], measure: Measure, objective: str) -> Iterator[Problem]:
    for i in built_in[:1]:
        text = f"is what trainers of your own report, and contexts.{i} is built in; remove it, name `claim.objective` "
        yield Problem("measure", text + "accuracy or error instead, and `test_size` in each external context")
    if not built_in and objective != objective_of(measure.direction):
        yield Problem("claim.objective", f"is {objective}, and trainers report {measure.name}; remove it")


def _sizes(contexts: Sequence[AnyContext], measure: Measure | None, objective: str) -> Iterator[Problem]:
    """External contexts that do not say how many cases their shares are of, or say it beside a measure."""
    external = [(i, context) for i, context in enumerate(contexts) if isinstance(context, ExternalContext)]
    if external and measure is None and objective not in ("accuracy", "error"):
        text = f"is {objective}, which no trainer of your own reports; name accuracy or error, or set `measure`"
        yield Problem("claim.objective", text)
    for i, context in external:
        if measure is not None and context.test_size is not None:
            yield Problem(f"contexts.{i}.test_size", "is set beside `measure`, which has its own; remove it here")
        if measure is None and context.test_size is None and objective in ("accuracy", "error"):
            text = f"is missing: say of how many test cases the {objective} is a share, or set `measure`"
            yield Problem(f"contexts.{i}.test_size", text)


def _faults(value: JsonValue, place: tuple[str | int, ...], depth: int, *, strict: bool) -> Iterator[Problem]:
    field = ".".join(key_text(part) for part in place)
    if isinstance(value, dict | list):
        if depth > MAX_SETTINGS_DEPTH:
            yield Problem(field, f"is nested more than {MAX_SETTINGS_DEPTH} levels deep in `settings`; flatten it")
            return
        members: Any = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            if strict and isinstance(key, str) and not is_safe_text(key):
                yield Problem(field, f"has the key {key_text(key)!r}: keys {UNSAFE_TEXT}")
            yield from _faults(member, (*place, key), depth + 1, strict=strict)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(field, f'is {value}; settings hold finite numbers, so write it as text, such as "inf"')
    elif strict and isinstance(value, str) and not is_safe_text(value):
        yield Problem(field, UNSAFE_TEXT)
