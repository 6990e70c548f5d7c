"""The comparison that a study's document asks for, and what its runs say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studies.comparison.asked import Asked, AskedArm, AskedPlace, StatedCell
from studies.comparison.compare import compared
from studies.comparison.model import ArmComparison
from studies.language.axis import AxisPlace, place_on_axis
from studies.language.compare import CHANGED, SMALLEST_WIDTH, CompareArm, CompareDesign
from studies.language.compare_axes import names_of, shared_axis
from studies.language.context import Context
from studies.language.spec import StudySpec
from studies.language.trained_words import entry_of
from studies.learning.naming import marked
from studies.records import Runs


def comparison(spec: StudySpec, runs: Mapping[str, Runs]) -> ArmComparison:
    """The arms of a study side by side. Pure.

    Args:
        spec: a study that compares arms.
        runs: of each sweep, by its name.

    Raises:
        ValueError: the study compares no arms.
        KeyError: a sweep is missing.
    """
    return compared(asked_of(spec), runs)


def asked_of(spec: StudySpec) -> Asked:
    """The comparison that a document asks for.

    Raises:
        ValueError: the study compares no arms.
    """
    design = spec.compared
    if design is None:
        raise ValueError(f"study {spec.name} compares no arms")
    first = design.arms[0].name
    return Asked(
        study=spec.name,
        objective=design.tuned_by,
        widths_first=design.objective == SMALLEST_WIDTH,
        baseline=design.base.name,
        runs=design.runs,
        losses=tuple(spec.losses),
        arms=tuple(_arm(arm, design, spec) for arm in design.arms),
        places=tuple(_place(spec, context) for context in _of_arm(spec.built_in, first)),
    )


def _arm(arm: CompareArm, design: CompareDesign, spec: StudySpec) -> AskedArm:
    context = next(iter(_of_arm(spec.built_in, arm.name)))
    ways = arm.ways(design.tuning)
    named = names_of(arm)
    return AskedArm(
        name=arm.name,
        title=_title(arm, context),
        hows=ways,
        names=spec.axes_in(context.name).names,
        shown=dict.fromkeys(ways, named),
        tunings=arm.tuned(design.tuning),
        selection=arm.selection if arm.tuned(design.tuning) else "",
        paper={
            (cell.context, cell.objective): StatedCell(
                cell.mean, cell.sd, cell.n, cell.differs, theory=cell.origin == "theory"
            )
            for cell in arm.paper
        },
    )


def _title(arm: CompareArm, context: Context) -> str:
    """An arm's heading, with the word "reconstruction" where it trains by one that the context does not name itself."""
    changed = [entry_of(context, kind) for kind in CHANGED if getattr(arm, kind) is not None]
    return marked(arm.heading, any(entry.reconstruction for entry in changed))


def _place(spec: StudySpec, context: Context) -> AskedPlace:
    """The context that a context of the first arm was made of."""
    assert context.arm is not None
    contexts = {
        each.arm.name: each.name for each in spec.built_in if each.arm and each.arm.context == context.arm.context
    }
    return AskedPlace(
        name=context.arm.context,
        contexts=contexts,
        classes=context.classes,
        epochs=context.epochs,
        axis=_axis(spec, context),
        stops=context.stop_at_target,
    )


def _axis(spec: StudySpec, context: Context) -> AxisPlace | None:
    """The place of a context on the axis that the document states, by the name that all arms share."""
    found = place_on_axis(spec.contexts, context.name)
    if found is None or context.arm is None:
        return None
    return AxisPlace(shared_axis(found.axis, context.arm), found.field, found.value)


def _of_arm(contexts: Iterable[Context], arm: str) -> list[Context]:
    """The contexts of an arm, in the document's order."""
    return [context for context in contexts if context.arm is not None and context.arm.name == arm]
