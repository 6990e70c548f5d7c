"""What a document of the third version says of its own parameters and measure that cannot be, or not together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from studies.errors import Problem
from studies.language import asked_of
from studies.language.asked_of import rule_faults
from studies.language.claim import MEASURE, Claim, decoy_faults, floor_fault
from studies.language.compare import CompareDesign
from studies.language.context import Context
from studies.language.design import CrossValidationDesign
from studies.language.measure import Measure
from studies.language.parameters import Axes, table_faults
from studies.language.space import SearchSpace


class Document(asked_of.Document, Protocol):
    """What is read of a study document."""

    @property
    def measure(self) -> Measure | None:
        """The measure."""

    @property
    def search_space(self) -> SearchSpace | None:
        """The box of the paper's pair."""


def faults(spec: Document) -> Iterator[Problem]:
    """What a document says of its own parameters and measure that cannot be, or not together."""
    yield from _parameter_faults(spec)
    yield from _place_faults(point_tables(spec), spec.axes)
    yield from _tolerance_faults(spec.claim, spec.axes)
    yield from _measure_faults(spec)
    yield from _trainer_faults(spec)
    yield from rule_faults(spec)


def alone(claim: Claim) -> Iterator[Problem]:
    """What a claim without a document, which is about eta and alpha, says that it cannot."""
    tables = [("claim", claim), *((f"claim.decoys.{i}", decoy) for i, decoy in enumerate(claim.decoys))]
    found = [*_place_faults(tables, claim.axes), *_tolerance_faults(claim, claim.axes)]
    yield from found or (Problem(f"claim.{field}", text) for field, text in decoy_faults(claim))
    if claim.objective == MEASURE:
        yield Problem("claim.objective", "is `measure`, which only a document states; name a built-in objective")


def point_tables(spec: Document) -> Iterator[tuple[str, Any]]:
    """The tables of a document that name points, with their fields."""
    yield "claim", spec.claim
    yield from ((f"claim.decoys.{i}", decoy) for i, decoy in enumerate(spec.claim.decoys))
    if isinstance(spec.design, CrossValidationDesign):
        yield from ((f"design.points.{i}", point) for i, point in enumerate(spec.design.points))


def _parameter_faults(spec: Document) -> Iterator[Problem]:
    """Two parameters of one name, a box stated twice, and a ridge that the scales do not have."""
    axes = spec.axes
    if axes.first.name.lower() == axes.second.name.lower():
        yield Problem("parameters.1.name", f"is {axes.second.name!r}, as the first's; give each its own name")
    if axes.is_paper and spec.search_space is None:
        yield Problem("search_space", "is null; leave it out, or state its bounds")
    if axes.ridge and not axes.takes_ridge:
        text = "is for a parameter on the scale log and a second one on log_one_minus; leave it out"
        yield Problem("ridge", text)
    if not axes.is_paper and spec.claim.curve != "none":
        yield Problem("claim.curve", "is a curve of eta and alpha; leave it out")
    if isinstance(spec.design, CrossValidationDesign | CompareDesign):
        return
    if spec.design.mates and not axes.ridge:
        yield Problem(
            "design.mates", 'lie on a ridge, which is not declared; set `ridge` to "effective_rate", or this to []'
        )
    if spec.design.folklore and not axes.has_folklore:
        yield Problem("design.folklore", "is the default (0.01, 0.9) of momentum SGD; set this to false")


def _place_faults(tables: Iterable[tuple[str, Any]], axes: Axes) -> Iterator[Problem]:
    """Points by names that are no parameters', or off their scales."""
    for field, table in tables:
        if table.at is None:
            if not axes.is_paper:
                yield Problem(f"{field}.at", f"is missing; name the point by {' and '.join(axes.names)}")
            continue
        named = list(table_faults(table.at, axes))
        yield from (Problem(f"{field}.at.{problem.field}", problem.text) for problem in named)
        for parameter in () if named else axes.both:
            if not parameter.admits(table.at[parameter.name]):
                text = f"is {table.at[parameter.name]:g}, which the scale {parameter.scale} does not have"
                yield Problem(f"{field}.at.{parameter.name}", text)


def _tolerance_faults(claim: Claim, axes: Axes) -> Iterator[Problem]:
    """Tolerances by names that are no parameters', out of range, or missing for a linear parameter."""
    given = claim.tolerance or {}
    for name in given:
        if name not in axes.names:
            yield Problem(f"claim.tolerance.{name}", f"is no parameter; they are {' and '.join(axes.names)}")
    for parameter in axes.both:
        tolerance, field = given.get(parameter.name), f"claim.tolerance.{parameter.name}"
        if tolerance is None and not parameter.is_logarithmic:
            yield Problem(field, "is missing; state how near is near, in the linear parameter's own unit")
        elif tolerance is not None and parameter.is_logarithmic and not 1.01 <= tolerance <= 10.0:
            yield Problem(field, f"is a factor on the scale {parameter.scale}, from 1.01 to 10, got {tolerance:g}")
        elif tolerance is not None and not parameter.is_logarithmic:
            width = parameter.high - parameter.low
            if not 1e-6 * width <= tolerance <= width:
                yield Problem(field, f"must lie between {1e-6 * width:g} and the range's {width:g}, got {tolerance:g}")


def _measure_faults(spec: Document) -> Iterator[Problem]:
    """A measure that the claim does not judge by, or one that is not there; margins that it cannot have."""
    claim, measure = spec.claim, spec.measure
    if measure is None:
        if claim.objective == MEASURE:
            yield Problem("claim.objective", "is `measure`, and the document states none; add `[measure]`")
        return
    if claim.objective != MEASURE:
        text = f"is {claim.objective}, and the document states a measure, which takes its place; leave it out"
        yield Problem("claim.objective", text)
    if measure.kind != "real" and (fault := floor_fault(claim.margin_floor)):
        yield Problem("claim.margin_floor", fault)
    if isinstance(spec.design, CrossValidationDesign) and not measure.is_share:
        yield Problem("design", f"gives shares, and `{measure.name}` is {measure.kind}; choose another design")
    for name in ("margin_points", "margin_error_share"):
        if getattr(claim, name) is not None and not measure.is_share:
            text = f"is for shares only, and `{measure.name}` is {measure.kind}; name the margin by `margin_sigmas`"
            yield Problem(f"claim.{name}", text)


def _trainer_faults(spec: Document) -> Iterator[Problem]:
    """Built-in contexts in a study with a measure, which they do not report (`asked_of` has the parameters)."""
    built_in = [i for i, context in enumerate(spec.contexts) if isinstance(context, Context)]
    cure = "remove `measure` and name an objective"
    if len(built_in) < len(spec.contexts):
        cure = "remove `measure`, name accuracy or error as `claim.objective`, and each external context's `test_size`"
    for i in built_in:
        if spec.measure is not None:
            yield Problem(f"contexts.{i}", f"is built in and reports no measure of its own; {cure}")
