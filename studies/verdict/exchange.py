"""Verdicts to JSON and back; numbers that are not finite become null.

A sentence is written as one text, so that the JSON of a verdict is the same, key by key, in every release that has its
analysis version; reading takes the parts of a sentence where they are given.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from studies.verdict.answers import Answers
from studies.verdict.model import (
    Comparison,
    Drift,
    DriftPair,
    Interval,
    MeasureRecord,
    Nearness,
    Needed,
    OtherWidth,
    Outcome,
    ParameterPlace,
    Reason,
    RegionMap,
    RidgeDrop,
    ScalingLaw,
    Sentence,
    StudyVerdict,
    SweepVerdict,
    Trend,
    TrendLine,
)

_ANSWERS = TypeAdapter(Answers | None)
INTERVALS = ("eta", "alpha", "effective_rate", "kappa", "ridge_slope", "regret")


def to_json(verdict: StudyVerdict | SweepVerdict) -> dict[str, Any]:
    """The verdict as JSON values: dictionaries, lists, strings and finite numbers; None for what is not available."""
    values = asdict(verdict)
    if not values.get("trends", True):
        del values["trends"]
    for record in (values, *values.get("sweeps", ())):
        del record["parts"]
        if not record.get("parameters", True):
            del record["parameters"]
        if record.get("measure", 0) is None:
            del record["measure"]
        if record.get("answers", 0) is None:
            del record["answers"]
        if (region := record.get("region")) and region["process"] is None:
            del region["process"]
    return {name: _plain(value) for name, value in values.items()}


def to_text(verdict: StudyVerdict) -> str:
    """The verdict as a text that `from_text` reads back whole: sentences by their parts, and every number as it is.

    The text is JSON, but for numbers that are not finite (`NaN`, `Infinity`).
    """
    return json.dumps(asdict(verdict), separators=(",", ":"))


def from_text(text: str) -> StudyVerdict:
    """The verdict that `to_text` wrote.

    Raises:
        ValueError: the text is damaged, or another release wrote it, with other fields than this one has.
    """
    try:
        read = from_json(json.loads(text))
        same = to_text(read) == text
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a verdict: {type(error).__name__}") from error
    if not same:
        raise ValueError("not a verdict of this release")
    return read


def from_json(document: Mapping[str, Any]) -> StudyVerdict:
    """The study verdict that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: the document is not one.
    """
    sweeps = tuple(sweep_from_json(sweep) for sweep in document["sweeps"])
    near = tuple(Nearness(**row) for row in document.get("nearness", ()))
    moves = tuple(_drift(row) for row in document.get("drift", ()))
    read = {
        "outcome": Outcome(document["outcome"]),
        "sweeps": sweeps,
        "nearness": near,
        "drift": moves,
        "trends": tuple(_trend(row) for row in document.get("trends", ())),
        "parts": _sentence(document.get("parts")),
    }
    return StudyVerdict(**{**document, **read})


def sweep_from_json(document: Mapping[str, Any]) -> SweepVerdict:
    """The sweep verdict that `to_json` wrote; same errors as `from_json`."""
    region = document["region"]
    read = {
        **{name: Interval(**document[name]) for name in INTERVALS},
        "outcome": Outcome(document["outcome"]),
        "reasons": tuple(Reason(**reason) for reason in document["reasons"]),
        "comparisons": tuple(_comparison(comparison) for comparison in document["comparisons"]),
        "region": None if region is None else _region(region),
        "ridge_drops": tuple(
            RidgeDrop(row["alpha"], Interval(**row["drop"])) for row in document.get("ridge_drops", ())
        ),
        "other_widths": tuple(OtherWidth(**row) for row in document.get("other_widths", ())),
        "needed": _needed(document.get("needed")),
        "parts": _sentence(document.get("parts")),
        "parameters": tuple(ParameterPlace(**place) for place in document.get("parameters", ())),
        "measure": None if document.get("measure") is None else MeasureRecord(**document["measure"]),
        "answers": _ANSWERS.validate_python(document.get("answers")),
    }
    return SweepVerdict(**{**document, **read})


def _sentence(document: Mapping[str, Any] | None) -> Sentence | None:
    return None if document is None else Sentence(document["about"], document["main"], tuple(document["more"]))


def _needed(document: Mapping[str, Any] | None) -> Needed | None:
    if document is None:
        return None
    expected = document["expected"]
    return Needed(**{**document, "expected": None if expected is None else Outcome(expected)})


def _comparison(document: Mapping[str, Any]) -> Comparison:
    intervals = {name: Interval(**document[name]) for name in ("difference", "difference_points")}
    return Comparison(**{**document, **intervals})


def _drift(document: Mapping[str, Any]) -> Drift:
    parts: dict[str, Any] = {name: Interval(**document[name]) for name in ("eta", "alpha", "effective_rate")}
    parts |= {name: tuple(document[name]) for name in ("contexts", "left_out")}
    return Drift(**{**document, **parts, "pairs": tuple(_drift_pair(pair) for pair in document["pairs"])})


def _drift_pair(document: Mapping[str, Any]) -> DriftPair:
    intervals = {name: Interval(**document[name]) for name in ("rate_ratio", "memory_ratio", "distance")}
    return DriftPair(**{**document, **intervals})


def _trend(document: Mapping[str, Any]) -> Trend:
    parts: dict[str, Any] = {name: tuple(document[name]) for name in ("contexts", "values", "left_out")}
    return Trend(**{**document, **parts, "lines": tuple(_trend_line(line) for line in document["lines"])})


def _trend_line(document: Mapping[str, Any]) -> TrendLine:
    parts = {
        "optima": tuple(Interval(**optimum) for optimum in document["optima"]),
        "slope": Interval(**document["slope"]),
        "laws": tuple(ScalingLaw(**law) for law in document["laws"]),
    }
    return TrendLine(**{**document, **parts})


def _region(document: Mapping[str, Any]) -> RegionMap:
    grids = {name: _grid(document[name]) for name in ("p", "mean")}
    process = None if document.get("process") is None else _grid(document["process"])
    return RegionMap(tuple(document["v"]), tuple(document["u"]), grids["p"], grids["mean"], process)


def _grid(rows: Sequence[Sequence[float | None]]) -> tuple[tuple[float | None, ...], ...]:
    return tuple(tuple(row) for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    return None if isinstance(value, float) and not math.isfinite(value) else value
