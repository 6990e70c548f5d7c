"""What the objective of a comparison and the paper's cells ask of its contexts: a place, or an axis of widths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studies.errors import Problem
from studies.language.compare import SMALLEST_WIDTH, CompareDesign, PaperCell
from studies.language.compare_axes import names_of_width_axes
from studies.language.context import Context
from studies.learning.naming import listed

MOST_NAMED = 8
NO_AXIS = "no context has an axis of widths, along which one could be the smallest"


def objective_faults(contexts: Sequence[Context], design: CompareDesign) -> Iterator[Problem]:
    """A study of smallest widths whose contexts span none.

    Args:
        contexts: with their arms written out.
        design: of the study.
    """
    if design.objective == SMALLEST_WIDTH and not names_of_width_axes(contexts):
        cure = "state `axis = { width = [...] }` in a context, or choose epochs_to_target"
        yield Problem("design.objective", f"is smallest_width, and {NO_AXIS}; {cure}")


def paper_faults(contexts: Sequence[Context], design: CompareDesign) -> Iterator[Problem]:
    """Cells of a context that there is not, or of an axis over something else than widths; as `objective_faults`."""
    names = list(dict.fromkeys(context.arm.context for context in contexts if context.arm is not None))
    axes = names_of_width_axes(contexts)
    for j, arm in enumerate(design.arms):
        for i, cell in enumerate(arm.paper):
            known = axes if cell.objective == SMALLEST_WIDTH else names
            if cell.context not in known:
                yield Problem(f"design.arms.{j}.paper.{i}.context", _unknown(cell, known))


def _unknown(cell: PaperCell, known: Sequence[str]) -> str:
    if not known:
        return (
            f"is {cell.context!r}, and {NO_AXIS}; state `axis = {{ width = [...] }}` in a context, or remove the cell"
        )
    said = f"{listed(list(known[:MOST_NAMED]), 'and')}{', ...' if len(known) > MOST_NAMED else ''}"
    if cell.objective != SMALLEST_WIDTH:
        return f"is {cell.context!r}, which is no context; they are {said}"
    are = "the axis of widths is" if len(known) == 1 else "the axes of widths are"
    return f"is {cell.context!r}, and the cell states a smallest width along an axis; {are} {said}"
