"""Pieces of the pictures that are drawn as SVG without plotly: lines, texts, scales, and the style of a lone file.

A picture's rules stand in a sheet of this folder, which pages and reports bring; a file that stands alone brings the
rules of its own class, with the palettes of the figures, and follows its reader's theme.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from importlib import resources

from markupsafe import Markup

from studies.figures.theme import DARK, FONT, LIGHT, Palette

Position = Callable[[float], float]
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # of a linear scale, times a power of ten


def line(x1: float, y1: float, x2: float, y2: float, names: str) -> Markup:
    """A line with the classes `names`."""
    return Markup('<line class="{}" x1="{:.1f}" y1="{:g}" x2="{:.1f}" y2="{:g}"/>').format(names, x1, y1, x2, y2)


def text(x: float, y: float, said: str, names: str) -> Markup:
    """A text with the classes `names`."""
    return Markup('<text class="{}" x="{:.1f}" y="{:g}">{}</text>').format(names, x, y, said)


def cut(said: str, longest: int) -> str:
    """A text of at most `longest` characters; a longer one ends in an ellipsis."""
    return said if len(said) <= longest else f"{said[: longest - 1].rstrip()}…"


def shifted(x: float, y: float, inner: Markup) -> Markup:
    """A part of a picture, moved."""
    return Markup('<g transform="translate({:g} {:g})">{}</g>').format(x, y, inner)


def spread(places: Iterable[tuple[int, int]], shape: str) -> str:
    """The path of a shape at each of the places; the shape starts and ends in its middle."""
    said, here = "", (0, 0)
    for x, y in sorted(places):
        said += f"m{x - here[0]} {y - here[1]}{shape}".replace(" -", "-")
        here = (x, y)
    return said


def element(width: float, height: float, inner: Markup, *, names: str, said: str) -> Markup:
    """An SVG element within a page; `said` is what it shows, in words."""
    return Markup('<svg class="{}" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}</svg>').format(
        names, width, height, said, inner
    )


def image(width: float, height: float, inner: Markup, *, name: str, sheet: str, said: str) -> str:
    """An SVG file that stands alone.

    Args:
        width, height: in px at its natural size.
        inner: what is drawn.
        name: its class, by which its rules in `sheet` are known.
        sheet: a file of this folder.
        said: what it shows, in words.
    """
    head = Markup('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:g} {:g}" role="img" class="{}">').format(
        width, height, name
    )
    title = Markup("<title>{}</title>").format(said)
    ground = Markup('<rect class="ground" width="{:g}" height="{:g}"/>').format(width, height)
    return f"{head}{title}{_style(name, sheet)}{ground}{inner}</svg>\n"


def position(low: float, high: float, start: float, end: float, *, is_log: bool = False) -> Position:
    """From values to px between `start` and `end`; what lies beyond the range is drawn at its edge."""
    scale = math.log if is_log else float
    first, span = scale(low), scale(high) - scale(low)

    def at(value: float) -> float:
        inside = min(max(value, low), high)
        share = (scale(inside) - first) / span if span > 0.0 else 0.5
        return start + min(max(share, 0.0), 1.0) * (end - start)

    return at


def steps(low: float, high: float, most: int = 6) -> list[float]:
    """Round values of a linear scale that lie within [low, high], at most about `most`."""
    span = high - low
    if not span > 0.0:
        return [low]
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in STEPS if m * power >= rough * (1.0 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _style(name: str, sheet: str) -> Markup:
    """The rules of a class in the theme of the reader."""
    scope = f".{name}"
    rules = "".join(_rules(sheet, scope))
    light, dark = (f"{scope}{{{_tones(palette, rules)}}}" for palette in (LIGHT, DARK))
    own = f"{scope}{{font-family:{FONT.replace(chr(39), '')}}}"
    return Markup(f"<style>{light}@media (prefers-color-scheme:dark){{{dark}}}{own}{rules}</style>")


def _rules(sheet: str, scope: str) -> Iterator[str]:
    found = (resources.files("studies.figures") / sheet).read_text("utf-8")
    yield from (each for each in found.splitlines() if each.startswith(scope))


def _tones(palette: Palette, rules: str) -> str:
    """The colours that the rules name."""
    named = {
        "ink": palette.ink,
        "muted": palette.muted,
        "line": palette.grid,
        "surface": palette.surface,
        "claim": palette.claim,
        "accent": palette.best,
        "rival": palette.rival,
        "untrained": palette.untrained,
        "bad": palette.diverged,
        "collapsed": palette.collapsed,
    }
    return ";".join(f"--{name}:{colour}" for name, colour in named.items() if f"var(--{name}" in rules)
