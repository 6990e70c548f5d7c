"""Fields of a study document that are acceptable one by one and contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from studies.errors import Problem
from studies.golden import ridge_mate
from studies.language import own_faults, volume
from studies.language.asked_of import annealing_faults, loss_faults
from studies.language.claim import decoy_faults
from studies.language.compare import CompareDesign
from studies.language.compare_faults import misplaced_arms
from studies.language.design import CrossValidationDesign, LocateDesign
from studies.language.external import external_faults
from studies.language.plannable import misplaced_controls
from studies.language.versions import DESIGN_OF_THIRD, FOLKLORE, THIRD


class Document(own_faults.Document, volume.Document, Protocol):
    """What is read of a study document."""

    @property
    def schema_version(self) -> int:
        """The version of the study language."""


def contradictions(spec: Document) -> Iterator[Problem]:
    """Faults of fields that are acceptable one by one."""
    yield from _names(spec)
    yield from () if isinstance(spec.design, CompareDesign) else misplaced_arms(spec.contexts)
    yield from (Problem(f"claim.{field}", text) for field, text in decoy_faults(spec.claim))
    yield from _outside(spec)
    yield from annealing_faults(spec)
    yield from loss_faults(spec.losses, spec.contexts)
    if spec.schema_version >= THIRD:
        yield from misplaced_controls(spec.claim, spec.space, spec.design)
    yield from _unmeasured(spec)
    yield from volume.volume_faults(spec)


def trainer_faults(spec: Document) -> Iterator[Problem]:
    """Losses, folds and test cases that do not fit who trains."""
    folds, objective = spec.replication.folds, spec.claim.objective
    yield from external_faults(spec.contexts, folds, spec.measure, objective)


def version_faults(spec: Document) -> Iterator[Problem]:
    """Fields that the document's version has not, or that it has and are null."""
    if spec.schema_version >= THIRD and spec.claim.margin_sigmas is not None and spec.claim.margin_floor is None:
        yield Problem("claim.margin_floor", "is null; set it to a number, 0 for no floor")
    if not isinstance(spec.design, LocateDesign):
        return
    for name in DESIGN_OF_THIRD if spec.schema_version >= THIRD else ():
        if getattr(spec.design, name) is None:
            choices = "sequential or fixed" if name == "confirmation" else "true or false"
            yield Problem(f"design.{name}", f"is null; set it to {choices}")
    if spec.schema_version == 1 and spec.design.opposite is not None:
        yield Problem("design.opposite", "is not known in `schema_version` 1; set that to 2")
    if spec.schema_version > 1 and spec.design.opposite is None:
        yield Problem("design.opposite", "is null; set it to true or false")


def _names(spec: Document) -> Iterator[Problem]:
    """Names that are used twice, and losses that the study does not have."""
    twice = [loss for loss, count in Counter(spec.losses).items() if count > 1]
    if twice:
        yield Problem("losses", f"names {' and '.join(twice)} more than once; name each loss once")
    names = [context.name for context in spec.contexts]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Problem(f"contexts.{i}.name", f"is {name!r}, as an earlier context's; give each its own name")
    primary = spec.claim.primary_loss
    if primary is not None and primary not in spec.losses and not isinstance(spec.design, CompareDesign):
        yield Problem(
            "claim.primary_loss", f"is {primary!r}, which is not among `losses`; add it there or set null here"
        )
    if isinstance(spec.design, CrossValidationDesign):
        for i, point in enumerate(spec.design.points):
            if point.loss is not None and point.loss not in spec.losses:
                yield Problem(
                    f"design.points.{i}.loss", f"is {point.loss!r}, which is not among `losses`; add it there"
                )


def _outside(spec: Document) -> Iterator[Problem]:
    """Points outside the search space."""
    if isinstance(spec.design, CompareDesign):
        return  # each arm has its own (`compare_faults`)
    points = [("claim", spec.claim.first, spec.claim.second)]
    points += [(field, *table.place(spec.axes)) for field, table in own_faults.point_tables(spec) if field != "claim"]
    if not isinstance(spec.design, CrossValidationDesign):
        if spec.schema_version < THIRD:  # whose mates lie on the golden point's ridge, whatever is claimed
            points += [(f"design.mates.{i}", ridge_mate(alpha), alpha) for i, alpha in enumerate(spec.design.mates)]
        points += [("design.folklore", *FOLKLORE)] if spec.design.folklore else []
    box = "search_space" if spec.axes.is_paper else "parameters"
    for field, first, second in points:
        if not spec.space.contains(first, second):
            place = f"its point ({first:.6g}, {second:.6g}) lies outside `{box}`"
            cure = "set this to false" if field == "design.folklore" else "move the point"
            yield Problem(field, f"{place}; widen the space or {cure}")


def _unmeasured(spec: Document) -> Iterator[Problem]:
    """Losses under which a cross-validation does not measure the claim's point."""
    if not isinstance(spec.design, CrossValidationDesign):
        return
    if spec.claim.decoys:
        yield Problem("claim.decoys", "are for designs that seek an optimum; remove them, or choose the design locate")
    measured = {p.loss for p in spec.design.points if p.lies_at(spec.axes, spec.claim.first, spec.claim.second)}
    missing = [loss for loss in spec.losses if not measured & {None, loss}]
    if missing:
        point = f"({spec.claim.first:.6g}, {spec.claim.second:.6g})"
        yield Problem("design.points", f"the claim's point {point} is missing for {', '.join(missing)}; add it")
