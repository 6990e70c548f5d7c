"""Tables at points of two parameters that are not a learning rate and a momentum weight: their names and scales.

A document states them. A claim in words, such as `lr=3e-4,weight_decay=0.01`, names them; their bounds are those of
the rows, and their scales the usual ones (`usual_scale`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import Problem, SpecError
from studies.foreign.claims import NamedPoint
from studies.foreign.measures import Measure
from studies.foreign.names import ALPHA_NAMES, BETA_NAMES, ETA_NAMES, plain_name
from studies.foreign.records import OddRow
from studies.foreign.rows import Measurement
from studies.language.claim import MEASURE
from studies.language.parameters import Parameter, Scale

RATES = frozenset({*ETA_NAMES, "weight_decay", "wd", "l1", "l2", "reg_alpha", "reg_lambda", "epsilon", "eps"})
MEMORIES = frozenset({*ALPHA_NAMES, *BETA_NAMES, "beta", "beta2", "beta_2", "adam_beta2", "ema_decay"})
LEAST_ALPHA = 0.5  # of the largest `alpha` that is tried as a momentum; below it, it is a penalty
WIDE = 10.0  # from this ratio of its bounds on a positive range of any other name is logarithmic
OFF_SCALE = "off the scale of a parameter"
REPORTED = "reported"  # column of an export that holds what a trainer of the user's own reported


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What a document, or a claim in words, says of parameters and measure of its own.

    Attributes:
        names: of the two parameters.
        parameters: as a document states them; None: they follow from the rows.
        point: the claim in words; None beside a document.
        measure: the document's, by which `value` is judged as it is; None: by one of our objectives.
    """

    names: tuple[str, str]
    parameters: tuple[Parameter, Parameter] | None = None
    point: NamedPoint | None = None
    measure: Measure | None = None


def usual_scale(name: str, low: float, high: float) -> Scale:
    """The scale of a parameter that states none, by its name, else by its range."""
    plain = plain_name(name)
    is_memory = plain in MEMORIES and not (plain == "alpha" and high < LEAST_ALPHA)
    if is_memory and low >= 0.0 and high < 1.0:
        return "log_one_minus"
    return "log" if low > 0.0 and (plain in RATES or high >= WIDE * low) else "linear"


def own_words(options: Mapping[str, Any], point: NamedPoint | None) -> OwnWords | None:
    """The words of a document with parameters or a measure of its own, or of such a claim; None for all others.

    Args:
        options: fields of the table; a document as JSON values.
        point: the claim in words.
    """
    document = options.get("document")
    if isinstance(document, Mapping):
        return _of_document(document)
    return None if point is None or point.is_usual else OwnWords(point.names, point=point)


def _of_document(document: Mapping[str, Any]) -> OwnWords | None:
    measure = document.get("measure")
    stated = document.get("parameters")
    if not isinstance(stated, Sequence) and not isinstance(measure, Mapping):
        return None
    try:
        parameters = None if stated is None else tuple(Parameter.model_validate(each) for each in stated)
        names = ("eta", "alpha") if parameters is None else tuple(each.name for each in parameters)
        judged = Measure(measure["name"], measure["direction"] == "maximize") if isinstance(measure, Mapping) else None
    except (KeyError, TypeError, ValueError):
        return None  # the document is refused as such, with each fault named
    return OwnWords(names, parameters, measure=judged) if len(names) == 2 else None  # type: ignore[arg-type]


def objective_of(words: OwnWords | None, stated: str | None) -> str | None:
    """The objective by which the values are judged."""
    return MEASURE if words is not None and words.measure is not None else stated


def parameters_of(words: OwnWords, rows: Sequence[Measurement]) -> tuple[Parameter, Parameter]:
    """The two parameters: as stated, else over the range of the rows and the claim.

    Raises:
        SpecError: a parameter has one value in all rows and the claim, or none that its scale admits.
    """
    if words.parameters is not None:
        return words.parameters
    claimed = (0.0, 0.0) if words.point is None else words.point.point
    first, second = (
        _parameter(name, [*(getattr(row, field) for row in rows), value])
        for name, field, value in zip(words.names, ("eta", "alpha"), claimed, strict=True)
    )
    return first, second


def _parameter(name: str, values: Sequence[float]) -> Parameter:
    positive = [value for value in values if value > 0.0]
    fitting = positive if positive and plain_name(name) in RATES else values  # a rate of 0 is odd, its scale is not
    low, high = min(fitting), max(fitting)
    scale = usual_scale(name, low, high)
    if low == high:
        text = f"is {low:g} in all rows and in the claim; where its optimum lies shows only in rows that differ in it"
        raise SpecError([Problem(f"column {name[:40]}", text)])
    try:
        return Parameter(name=name, scale=scale, low=low, high=high)
    except ValueError as error:
        raise SpecError(
            [Problem("claim", f"names {name[:40]!r}, which is no name of a parameter: {_said(error)}")]
        ) from None


def _said(error: ValueError) -> str:
    found = getattr(error, "errors", None)
    return str(found()[0]["msg"]) if found else str(error)


def on_scale(
    rows: Sequence[tuple[str, Measurement]], parameters: tuple[Parameter, Parameter]
) -> tuple[list[tuple[str, Measurement]], list[OddRow]]:
    """The rows whose point both scales have, and an odd row for each other one."""
    first, second = parameters
    kept = [(place, row) for place, row in rows if first.admits(row.eta) and second.admits(row.alpha)]
    return kept, [OddRow(OFF_SCALE)] * (len(rows) - len(kept))


def claim_fields(
    words: OwnWords, parameters: tuple[Parameter, Parameter], tolerance: Mapping[str, float]
) -> dict[str, Any]:
    """Fields of a table with this claim: parameters and claim.

    Args:
        words: with a point.
        parameters: of the table.
        tolerance: by name, as stated.

    Raises:
        SpecError: a linear parameter has no tolerance.
    """
    if words.point is None:
        return {}
    missing = [p.name for p in parameters if not p.is_logarithmic and p.name not in tolerance]
    if missing:
        text = f"is on a linear scale: say how near to the claim is near, such as {missing[0]}=0.1 (--tolerance)"
        raise SpecError([Problem("tolerance", f"is missing: {missing[0]} {text}")])
    near = {"tolerance": dict(tolerance)} if tolerance else {}
    at = dict(zip(words.names, words.point.point, strict=True))
    claim = {"title": words.point.claim["title"], "at": at, "curve": "none", **near}
    return {"parameters": [p.model_dump(mode="json") for p in parameters], "claim": claim}
