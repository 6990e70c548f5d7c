"""The picture of mean rates over time: what was measured as dots, the fitted courses as lines, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import escape

from studies.figures.plain_svg import line, text
from studies.figures.theme import FONT, LIGHT, Palette
from studies.learning.mean_course import MeanCourse

WIDTH, TALL = 640.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 16.0, 64.0, 52.0
TICKS = 4


def rate_course_image(title: str, layers: Sequence[MeanCourse], palette: Palette = LIGHT) -> str:
    """One SVG file.

    Args:
        title: what is shown.
        layers: a course each, one to two of them.
        palette: colours.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {TALL:g}" role="img" '
        f'font-family="{escape(FONT)}" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH:g}" height="{TALL:g}" fill="{palette.surface}"/>{"".join(_drawn(title, layers, palette))}'
        "</svg>\n"
    )


def _drawn(title: str, layers: Sequence[MeanCourse], palette: Palette) -> Iterator[str]:
    """Title, axes from zero, and each layer's dots and line."""
    last = max(float(layer.times.max()) for layer in layers) or 1.0
    top = _rounded_up(max(float(layer.rates.max()) for layer in layers))

    def x(time: float) -> float:
        return LEFT + time / last * (WIDTH - LEFT - RIGHT)

    def y(rate: float) -> float:
        return TALL - BOTTOM - rate / top * (TALL - TOP - BOTTOM)

    yield text(LEFT, 20, title, palette.ink, anchor="start", size=13)
    for tick in range(TICKS + 1):
        rate, time = top * tick / TICKS, last * tick / TICKS
        yield line(LEFT, y(rate), WIDTH - RIGHT, y(rate), palette.grid)
        yield text(LEFT - 8, y(rate) + 4, f"{rate:.3g}", palette.muted, anchor="end")
        yield text(x(time), TALL - BOTTOM + 18, f"{time:.3g}", palette.muted)
    yield text((LEFT + WIDTH - RIGHT) / 2, TALL - 12, "epochs", palette.muted)
    yield text(LEFT, TOP - 8, "mean learning rate", palette.muted, anchor="start")
    for number, (layer, colour) in enumerate(zip(layers, (palette.best, palette.rival), strict=False)):
        name = f"{layer.layer} layer: dots measured, line fitted"
        if layer.course is None:
            name = f"{layer.layer} layer: measured, without a fit"
        else:
            times = np.linspace(0.0, last, 201)
            path = " ".join(f"{x(t):.1f},{y(r):.1f}" for t, r in zip(times, layer.course.at(times), strict=True))
            yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for time, rate in zip(layer.times.tolist(), layer.rates.tolist(), strict=True):
            yield f'<circle cx="{x(time):.1f}" cy="{y(rate):.1f}" r="2.2" fill="{colour}"/>'
        yield text(WIDTH - RIGHT, TOP + 8 + 16 * number, name, colour, anchor="end")


def _rounded_up(value: float) -> float:
    """The next number of one digit."""
    unit = 10.0 ** math.floor(math.log10(value)) if value > 0.0 else 1.0
    return math.ceil(value / unit) * unit
