"""Lines and texts of plain pictures, coloured one by one, for files without a style sheet of their own (see `svg`)."""

from __future__ import annotations

from markupsafe import Markup


def line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dash: str = "") -> str:
    """A straight line, in the unit of the picture."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashed}/>'


def text(x: float, y: float, said: str, colour: str, *, anchor: str = "middle", size: int = 12) -> str:
    """A text at a point, escaped."""
    element = Markup('<text x="{:.1f}" y="{:.1f}" fill="{}" text-anchor="{}" font-size="{}">{}</text>')
    return str(element.format(x, y, colour, anchor, size, said))
