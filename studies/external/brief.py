"""A study document from a few words: a claim, the ranges around it, and what trainings are judged by.

    claim    lr=3e-4,beta1=0.9                       {"lr": 3e-4, "beta1": 0.9}
    space    lr=1e-5..0.1,beta1=0.5..0.999:linear    {"lr": (1e-5, 0.1), "beta1": (0.5, 0.999, "linear")}
    measure  val_acc:maximize:share:1000             {"name": "val_acc", "direction": "maximize", ...}

A range without a scale is `log_one_minus` for a momentum (momentum, beta1, beta2, alpha from 0.5) in [0, 1); it
is `log` for a positive rate (lr, weight_decay), and where the upper bound is at least ten times a positive lower one;
else `linear`. A measure without a direction takes that of its usual name. One without a kind is a share where a number
of test cases follows; else it is positive where it is minimised, and real where it is maximised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.errors import Problem, SpecError, cut
from studies.foreign.cells import Fault, number
from studies.foreign.measures import DIRECTIONS, usual_direction
from studies.foreign.own_words import usual_scale

Point = Mapping[str, float]
Range = tuple[float, float] | tuple[float, float, str]
SCALES = ("log", "log_one_minus", "linear")
KINDS = ("share", "positive", "real")
CLAIM_EXAMPLE = "write its two parameters and their values, such as lr=3e-4,beta1=0.9"
SPACE_EXAMPLE = "write a range for each parameter, such as lr=1e-5..0.1,beta1=0.5..0.999"
MEASURE_EXAMPLE = "write NAME, then direction, kind and test cases as needed, such as val_acc:maximize:share:1000"


def document_of(
    claim: str | Point,
    space: str | Mapping[str, Range],
    measure: str | Mapping[str, Any],
    *,
    name: str = "study",
    context: Mapping[str, Any] | None = None,
    tolerance: float | Mapping[str, float] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A document of version 3 about one external context; `studies.language.spec.parse` validates it.

    Args:
        claim: the claimed point, in words or as a mapping.
        space: the ranges that are searched, of the same two parameters.
        measure: what trainings are judged by.
        name: of the study.
        context: fields of the external context, such as `settings`.
        tolerance: how far from the claim is near: a factor for both, or one figure for each parameter.
        fields: further fields of the document, such as `design` or `seed`.

    Raises:
        SpecError: a line cannot be read, or claim and space name other parameters; the problem names the field.
    """
    point = claim_of(claim) if isinstance(claim, str) else dict(claim)
    ranges = space_of(space) if isinstance(space, str) else dict(space)
    if set(point) != set(ranges):
        text = f"names {_names(ranges)}, and the claim {_names(point)}; give a range to each parameter of the claim"
        raise SpecError([Problem("space", text)])
    return {
        "schema_version": 3,
        "name": name,
        "claim": {"at": point, **_near(tolerance)},
        "parameters": [parameter_of(each, ranges[each]) for each in point],
        "measure": measure_of(measure) if isinstance(measure, str) else dict(measure),
        "contexts": [{"trainer": "external", **(context or {})}],
        "replication": {"folds": 1},  # whoever trains has a split of their own, unless they ask for folds
        **fields,
    }


def claim_of(text: str) -> dict[str, float]:
    """The point that a line states, in its order.

    Raises:
        SpecError: the line does not state two numbers with their names.
    """
    parts = _pairs("claim", text, CLAIM_EXAMPLE)
    return {name: _number("claim", written, CLAIM_EXAMPLE) for name, written in parts}


def space_of(text: str) -> dict[str, Range]:
    """The ranges that a line states, in its order.

    Raises:
        SpecError: the line does not state two ranges with their names, or a scale is unknown.
    """
    return {name: _range(written) for name, written in _pairs("space", text, SPACE_EXAMPLE)}


def measure_of(text: str) -> dict[str, Any]:
    """The measure that a line states.

    Raises:
        SpecError: a part is unknown, or the direction follows neither from the line nor from a usual name.
    """
    name, *parts = (part.strip() for part in text.split(":"))
    found: dict[str, Any] = {"name": name}
    for part in parts:
        field, value = _measure_part(part)
        if field in found:
            raise SpecError([Problem("measure", f"{cut(text, 60)!r} states its {field} twice; {MEASURE_EXAMPLE}")])
        found[field] = value
    if "direction" not in found:
        usual = usual_direction(name)
        if usual is None:
            text = f"does not say which way {cut(name, 40)!r} is better; write {cut(name, 40)}:maximize or :minimize"
            raise SpecError([Problem("measure", text)])
        found["direction"] = "maximize" if usual else "minimize"
    return found if "kind" in found else {**found, "kind": _usual_kind(found)}


def parameter_of(name: str, given: Range) -> dict[str, Any]:
    """A parameter of the document from its range, with the usual scale where none is given."""
    low, high, *scale = given
    return {"name": name, "scale": scale[0] if scale else usual_scale(name, low, high), "low": low, "high": high}


def _usual_kind(measure: Mapping[str, Any]) -> str:
    if "test_size" in measure:
        return "share"
    return "positive" if measure["direction"] == "minimize" else "real"


def _measure_part(part: str) -> tuple[str, Any]:
    word = part.lower()
    if word in DIRECTIONS:
        return "direction", "maximize" if DIRECTIONS[word] else "minimize"
    if word in KINDS:
        return "kind", word
    if word.isascii() and word.isdigit() and len(word) <= 10:
        return "test_size", int(word)
    raise SpecError([Problem("measure", f"{cut(part, 40)!r} is no part of a measure; {MEASURE_EXAMPLE}")])


def _near(tolerance: float | Mapping[str, float] | None) -> dict[str, Any]:
    if tolerance is None:
        return {}
    return {"tolerance": dict(tolerance)} if isinstance(tolerance, Mapping) else {"tolerance_factor": tolerance}


def _pairs(field: str, text: str, example: str) -> list[tuple[str, str]]:
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    if len(parts) != 2 or any("=" not in part for part in parts):
        raise SpecError([Problem(field, f"{cut(text, 60)!r} is not two parameters; {example}")])
    (first, one), (second, other) = ([piece.strip() for piece in part.split("=", 1)] for part in parts)
    if first == second:
        raise SpecError([Problem(field, f"names {cut(first, 40)} twice; {example}")])
    return [(first, one), (second, other)]


def _range(written: str) -> Range:
    bounds, _, scale = written.partition(":")
    low, dots, high = bounds.partition("..")
    if not dots:
        raise SpecError([Problem("space", f"{cut(written, 60)!r} is no range; {SPACE_EXAMPLE}")])
    found = _number("space", low, SPACE_EXAMPLE), _number("space", high, SPACE_EXAMPLE)
    if not scale:
        return found
    if scale.strip() not in SCALES:
        text = f"{cut(scale, 40)!r} is no scale; write log, log_one_minus or linear"
        raise SpecError([Problem("space", text)])
    return (*found, scale.strip())


def _number(field: str, written: str, example: str) -> float:
    found = number(written)
    if isinstance(found, Fault):
        raise SpecError([Problem(field, f"{cut(written.strip(), 40)!r} is no number; {example}")])
    return found


def _names(named: Mapping[str, Any]) -> str:
    return " and ".join(cut(name, 40) for name in named)
