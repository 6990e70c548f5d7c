"""Learning curves of a comparison as SVG: a small panel an arm, all on one scale, the baseline's curve behind each.

Lines over one another tell nothing once there are more than three; a panel for each arm needs no colour to be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from studies.comparison.words import HOW_WORDS
from studies.figures.arm_curves import ArmCurvesInfo, MeanCurve
from studies.figures.arm_signs import NAME
from studies.figures.numbers import number
from studies.figures.svg import Position, cut, element, line, position, steps, text

WIDTH, HEIGHT = 190.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 8.0, 24.0, 24.0
LONGEST = 25  # characters of a title
ROOM = 0.05


def curve_panels(info: ArmCurvesInfo, baseline: str) -> tuple[Markup, ...]:
    """A panel for each arm; none where no run has two epochs.

    Args:
        info: mean curves with their bands.
        baseline: name of the arm whose curve stands behind the others.
    """
    long = [curve for curve in info.curves if len(curve.mean) > 1]
    if not long:
        return ()
    arms: dict[str, list[MeanCurve]] = {}
    for curve in long:
        arms.setdefault(curve.mark.arm, []).append(curve)
    behind = arms[baseline][-1] if baseline in arms else None
    x, y, ends = _scales(long)
    return tuple(
        element(WIDTH, HEIGHT, _drawn(info, arm, behind, x, y, ends), names=NAME, said=_said(info, arm))
        for arm in arms.values()
    )


@dataclass(frozen=True, slots=True)
class CurveLine:
    """A row's curve in numbers: after the first epoch, and after the last with its 95 % interval, as text."""

    name: str
    runs: int
    epochs: int
    first: str
    last: str
    span: str


def curve_lines(info: ArmCurvesInfo) -> tuple[CurveLine, ...]:
    """The curves as a table."""
    return tuple(
        CurveLine(
            each.mark.name,
            each.runs,
            len(each.mean),
            _value(info, each.mean[0]),
            _value(info, each.mean[-1]),
            f"{_value(info, each.low[-1])} to {_value(info, each.high[-1])}" if np.isfinite(each.low[-1]) else "",
        )
        for each in info.curves
    )


def _scales(curves: Sequence[MeanCurve]) -> tuple[Position, Position, tuple[float, float]]:
    values = np.concatenate([part for each in curves for part in (each.mean, each.low, each.high)])
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    room = ROOM * (high - low or 1.0)
    low, high = max(low - room, 0.0) if low >= 0.0 else low - room, high + room
    longest = max(len(each.mean) for each in curves)
    return position(1.0, longest, LEFT, WIDTH - RIGHT), position(low, high, HEIGHT - BOTTOM, TOP), (low, high)


def _drawn(
    info: ArmCurvesInfo,
    arm: Sequence[MeanCurve],
    behind: MeanCurve | None,
    x: Position,
    y: Position,
    ends: tuple[float, float],
) -> Markup:
    parts = [*_grid(info, arm, x, y, ends)]
    if behind is not None and behind.mark.arm != arm[0].mark.arm:
        parts += [_line(behind, x, y, "lead series")]
    for curve in arm:
        parts += _curve(curve, x, y)
    return Markup("").join(parts)


def _grid(
    info: ArmCurvesInfo, arm: Sequence[MeanCurve], x: Position, y: Position, ends: tuple[float, float]
) -> Iterator[Markup]:
    title = arm[0].mark.title
    yield text(0, 13, cut(title, LONGEST), "name")
    for value in steps(*ends, 3):
        yield line(LEFT, y(value), WIDTH - RIGHT, y(value), "grid")
        yield text(LEFT - 4, y(value) + 4, f"{100 * value:.4g} %" if info.is_share else f"{value:.4g}", "tick end")
    yield line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis")
    last = len(arm[0].mean)
    yield text(LEFT, HEIGHT - 8, "epoch 1", "tick")
    yield text(x(last), HEIGHT - 8, f"{last}", "tick end")


def _curve(curve: MeanCurve, x: Position, y: Position) -> Iterator[Markup]:
    """A curve over its band."""
    if np.isfinite(curve.low).all():
        epochs = range(1, len(curve.mean) + 1)
        upper = [f"{x(e):.1f},{y(float(v)):.1f}" for e, v in zip(epochs, curve.high, strict=True)]
        lower = [f"{x(e):.1f},{y(float(v)):.1f}" for e, v in zip(epochs, curve.low, strict=True)]
        points = " ".join([*upper, *reversed(lower)])
        yield Markup('<polygon class="spread {}" points="{}"/>').format(curve.mark.tone, points)
    dashed = " dashed" if curve.mark.how == "published" else ""
    yield _line(curve, x, y, f"series {curve.mark.tone}{dashed}")


def _line(curve: MeanCurve, x: Position, y: Position, names: str) -> Markup:
    points = "L".join(f"{x(e):.1f} {y(float(v)):.1f}" for e, v in enumerate(curve.mean, start=1))
    return Markup('<path class="{}" d="M{}"/>').format(names, points)


def _said(info: ArmCurvesInfo, arm: Sequence[MeanCurve]) -> str:
    """A panel in words."""
    told = [f"{HOW_WORDS[each.mark.how]}: {_ends(info, each)}, {each.runs} runs" for each in arm]
    return f"{info.label[:1].upper()}{info.label[1:]} by epoch, {arm[0].mark.title}. {'; '.join(told)}."


def _ends(info: ArmCurvesInfo, curve: MeanCurve) -> str:
    first, last = _value(info, curve.mean[0]), _value(info, curve.mean[-1])
    return f"{first} after epoch 1, {last} after epoch {len(curve.mean)}"


def _value(info: ArmCurvesInfo, value: float) -> str:
    return f"{100 * float(value):.1f} %" if info.is_share else number(float(value))
