"""Trends in rows: each loss' power of an axis by quantity, with the tests and the laws beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.figures.numbers import NONE, number, p_value
from studies.language.parameters import Axes
from studies.verdict.model import Trend, TrendLine
from studies.verdict.wording_numbers import trimmed
from studies.verdict.wording_trend import symbol


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One quantity: texts of its power, the interval, the two tests and the laws."""

    quantity: str
    power: str
    span: str
    p_constant: str
    p_line: str
    laws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LossTrend:
    """One loss along one axis: a sentence first, then a row per quantity; none where no slope is stated."""

    loss: str
    axis: str
    field: str
    sentence: str
    rows: tuple[TrendRow, ...]
    left_out: tuple[str, ...]


def trend_table(trends: Sequence[Trend], axes: Axes) -> tuple[LossTrend, ...]:
    """Trends in rows; empty for a study without an axis."""
    return tuple(
        LossTrend(
            loss=trend.loss,
            axis=trend.axis,
            field=trend.field,
            sentence=trend.sentence,
            rows=tuple(_row(line, axes) for line in trend.lines if line.slope.estimate is not None),
            left_out=trend.left_out,
        )
        for trend in trends
    )


def _row(line: TrendLine, axes: Axes) -> TrendRow:
    return TrendRow(
        quantity=symbol(line.quantity, axes),
        power=number(line.slope.estimate, 2),
        span=f"{number(line.slope.low, 2)} to {number(line.slope.high, 2)}",
        p_constant=p_value(line.p_constant),
        p_line=p_value(line.p_line),
        laws=tuple(f"{law.name} {trimmed(law.slope)}: {'inside' if law.inside else 'outside'}" for law in line.laws)
        or (NONE,),
    )
