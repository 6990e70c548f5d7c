"""The comparison of a study's arms, from its document and its runs. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from studies.comparison.asked import Asked
from studies.comparison.model import ArmComparison, ArmRow, WidthRow
from studies.comparison.rows import rows_of
from studies.comparison.widths import width_rows
from studies.comparison.words import sentence
from studies.language.loss_names import label
from studies.language.spec import sweep_name
from studies.records import Runs


def compared(asked: Asked, runs: Mapping[str, Runs]) -> ArmComparison:
    """Every arm in every context under every loss.

    Args:
        asked: the comparison as its design asks for it.
        runs: of each sweep, by its name.

    Raises:
        KeyError: a sweep is missing.
    """
    groups: dict[tuple[str, str], tuple[ArmRow, ...]] = {}
    widths: list[WidthRow] = []
    for loss in asked.losses:
        by_place = {
            place.name: {arm: runs[sweep_name(loss, context)] for arm, context in place.contexts.items()}
            for place in asked.places
        }
        groups |= {(p.name, loss): rows_of(asked, p, loss, by_place[p.name]) for p in asked.places}
        widths += width_rows(asked, loss, by_place)
    ordered = [(place.name, loss) for place in asked.places for loss in asked.losses]
    return ArmComparison(
        study=asked.study,
        objective=asked.objective,
        objectives=asked.objectives,
        baseline=asked.baseline,
        runs=asked.runs,
        rows=tuple(row for key in ordered for row in groups[key]),
        widths=tuple(widths),
        widths_first=asked.widths_first,
        sentences=tuple(sentence(groups[key], asked.objective, place=_place(asked, *key)) for key in ordered),
    )


def _place(asked: Asked, context: str, loss: str) -> str:
    """The context and the loss in words, as far as the study has several."""
    parts = ([context] if len(asked.places) > 1 else []) + ([label(loss)] if len(asked.losses) > 1 else [])
    return ", ".join(parts)
