"""Smallest widths in sentences: which rows need fewer units than the baseline, or more."""

from __future__ import annotations

from studies.comparison.model import ArmComparison, ArmRow, WidthRow
from studies.comparison.words import sentence
from studies.language.compare import SMALLEST_WIDTH
from studies.language.compare_axes import WIDTH
from studies.language.loss_names import label


def width_sentences(comparison: ArmComparison) -> tuple[str, ...]:
    """One sentence for each axis of widths and loss, in the order of the rows; without an axis none."""
    groups: dict[tuple[str, str], list[WidthRow]] = {}
    for row in comparison.widths:
        groups.setdefault((row.axis, row.loss), []).append(row)
    axes, losses = ({key[i] for key in groups} for i in (0, 1))
    return tuple(
        sentence(
            [as_row(row, comparison.baseline) for row in rows],
            SMALLEST_WIDTH,
            place=", ".join([*([axis] if len(axes) > 1 else []), *([label(loss)] if len(losses) > 1 else [])]),
        )
        for (axis, loss), rows in groups.items()
    )


def all_sentences(comparison: ArmComparison) -> tuple[str, ...]:
    """The sentences of a comparison; those of smallest widths first where the study is about them, else left out."""
    return (*(width_sentences(comparison) if comparison.widths_first else ()), *comparison.sentences)


def as_row(row: WidthRow, baseline: str) -> ArmRow:
    """A row of smallest widths as a row of one objective."""
    return ArmRow(
        context=row.axis,
        loss=row.loss,
        arm=row.arm,
        title=row.title,
        how=row.how,
        baseline=row.arm == baseline,
        point={},
        tunings=0,
        selection="",
        diverged=0,
        axis=row.axis,
        field=WIDTH,
        at=None,
        results=(row.result,),
    )
