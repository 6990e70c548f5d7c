"""An external context: a training of the user's own, described to whoever runs it and never run from here.

`settings` say what is held fixed, in words that the trainer understands. They are frozen and hashed with the claim, and
handed out with each lease.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, Discriminator, Field, JsonValue, Tag, ValidationInfo

from studies.errors import Problem
from studies.language.axis import AXIS, Axis
from studies.language.claim import MEASURE
from studies.language.context import Context, Loss, Slug
from studies.language.door import STRICT, UNSAFE_TEXT, at_the_door
from studies.language.measure import Direction, Measure
from studies.language.nearest import guess, quoted
from studies.language.objective_names import SHARES
from studies.language.validation import BUILT_IN, EXTERNAL, OWN_LOSS, InconsistentError, key_text
from studies.text import is_safe_text

MAX_SETTINGS = 4_000  # characters of their canonical JSON
MAX_SETTINGS_DEPTH = 8  # objects and lists inside one another
OWN = "own"  # the loss of a trainer that names none
NO_GUESSING = 10**9  # classes of a context whose chance level is not known: guessing gets nothing right
ENGINE_TRAINS: ContextVar[bool] = ContextVar("ENGINE_TRAINS", default=False)  # while a document with such is read


def _known_loss(loss: str) -> str:
    """Refuse a loss that our engine does not have beside the other faults of its document, not after them."""
    known = get_args(Loss)
    if ENGINE_TRAINS.get() and loss not in known:
        names = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
        text = f"input should be {names} where a context is built in, got {loss!r}{guess(loss, quoted(names))}"
        raise InconsistentError([Problem("", text)])
    return loss


LossName = Annotated[
    str,
    Field(pattern=OWN_LOSS, description="a built-in loss; where every context is external, any name of your own"),
    AfterValidator(_known_loss),
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
    name: Slug = EXTERNAL
    settings: Settings = {}
    epochs: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, exclude_if=lambda epochs: epochs is None, description="length of a training, where it means one"
    )
    test_size: Annotated[int, Field(ge=2, le=10**9)] | None = Field(
        default=None,
        exclude_if=lambda size: size is None,
        description="test cases behind the accuracy or error that it reports; only in a study without `measure`",
    )
    axis: Axis | None = AXIS

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


def all_external(contexts: Any) -> bool:
    """True for a document's contexts, as they came in, that our own engine trains none of."""
    return isinstance(contexts, list) and bool(contexts) and all(_kind_of(each) == EXTERNAL for each in contexts)


def trained_by(contexts: Any) -> None:
    """Note who trains the document that is read, by its contexts as they came in: it may have other losses."""
    ENGINE_TRAINS.set(not all_external(contexts))


def reported(measure: Measure | None, context: ExternalContext, objective: str) -> Measure:
    """What trainers of a context report: the study's measure, else its objective on the context's test cases.

    Args:
        measure: the study's; None where it has none, which only accuracy and error allow.
        context: of the study.
        objective: the claim's.
    """
    if measure is not None:
        return measure
    direction: Direction = "maximize" if objective == "accuracy" else "minimize"
    return Measure(name=objective, direction=direction, kind="share", test_size=context.test_size)


def external_faults(
    contexts: Sequence[AnyContext], folds: int, measure: Measure | None, objective: str
) -> Iterator[Problem]:
    """Faults of folds and test cases, which depend on who trains (`own_faults` has those of the measure).

    Args:
        contexts: of the document.
        folds: of its replication.
        measure: what trainers report; None: the objective itself.
        objective: the claim's.
    """
    if folds < 2 and any(isinstance(context, Context) for context in contexts):
        text = "input should be greater than or equal to 2 where a context is built in, got 1"
        yield Problem("replication.folds", text)
    yield from _sizes(contexts, measure, objective)


def _sizes(contexts: Sequence[AnyContext], measure: Measure | None, objective: str) -> Iterator[Problem]:
    """External contexts that do not say how many cases their shares are of, or say it beside a measure."""
    external = [(i, context) for i, context in enumerate(contexts) if isinstance(context, ExternalContext)]
    if external and measure is None and objective not in (*SHARES, MEASURE):
        text = f"is {objective}, which no trainer of your own reports; name accuracy or error, or set `measure`"
        yield Problem("claim.objective", text)
    for i, context in external:
        if measure is not None and context.test_size is not None:
            yield Problem(f"contexts.{i}.test_size", "is set beside `measure`, which has its own; remove it here")
        if measure is None and context.test_size is None and objective in SHARES:
            text = f"is missing: say of how many test cases the {objective} is a share, or set `measure`"
            yield Problem(f"contexts.{i}.test_size", text)


def _engine_schema() -> dict[str, Any]:
    """JSON Schema of what a built-in context asks for: losses and folds that our own engine has, and no measure."""
    external = {"required": ["contexts"], "properties": {"contexts": {"items": {"required": ["trainer"]}}}}
    known = {
        "losses": {"items": {"enum": list(get_args(Loss))}},
        "replication": {"properties": {"folds": {"minimum": 2}}},
        "measure": {"type": "null"},
    }
    return {"if": {"not": external}, "then": {"properties": known}}


ENGINE_SCHEMA = _engine_schema()


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
