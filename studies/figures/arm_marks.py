"""Colours and signs of a comparison's rows: one colour and shape an arm, hollow where it is as published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import shorten, wrap
from typing import Any

from studies.comparison.words import row_name
from studies.figures.theme import Palette
from studies.language.compare import How

LONGEST = 48  # characters of a row's name in a legend
LABEL_WIDTH, MOST_LABEL_LINES = 18, 3  # characters and lines of a row's name beside an axis
TONES = 6
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "star", "hexagon", "x", "cross")


@dataclass(frozen=True, slots=True)
class Mark:
    """A row as it is drawn."""

    arm: str
    title: str  # of the arm, as readers know it
    name: str  # of the row: with the way of measuring
    how: How
    order: int  # of the arm in the design
    is_claim: bool = False  # of a study that states a claim

    def colour(self, palette: Palette) -> str:
        """The arm's colour; gold stays with claims."""
        if self.is_claim:
            return palette.claim
        colours = (palette.muted, palette.best, palette.rival, palette.untrained, palette.diverged, palette.collapsed)
        return colours[self.order % TONES]

    @property
    def tone(self) -> str:
        """The class of its colour in pictures drawn as SVG; `arms.css` has the colours in the same order."""
        return f"t{self.order % TONES}"

    @property
    def text(self) -> str:
        """The name in legends and hovers, cut where it is long; Plotly would read a "<" in it as markup."""
        return escape(shorten(self.name, LONGEST, placeholder=" …"), quote=False)

    @property
    def lines(self) -> str:
        """The name beside an axis, on several lines."""
        found = wrap(self.name, LABEL_WIDTH, max_lines=MOST_LABEL_LINES, placeholder=" …")
        return "<br>".join(escape(line, quote=False) for line in found)

    @property
    def symbol(self) -> str:
        """The arm's shape, hollow for a published point."""
        return SYMBOLS[self.order % len(SYMBOLS)] + ("-open" if self.how == "published" else "")

    @property
    def dash(self) -> str:
        """The arm's line, dashed for a published point, broken where its colour is another's, too."""
        if self.how == "published":
            return "dash"
        return "solid" if self.order < TONES or self.is_claim else "longdashdot"

    def marker(self, palette: Palette, size: int = 9) -> dict[str, Any]:
        """The sign of a point."""
        return {"size": size, "color": self.colour(palette), "symbol": self.symbol, "line": {"width": 1.6}}


def marks(rows: Sequence[tuple[str, str, How]]) -> list[Mark]:
    """The marks of rows.

    Args:
        rows: each row's arm, title and way of measuring, in the design's order.
    """
    order = {arm: i for i, arm in enumerate(dict.fromkeys(arm for arm, _, _ in rows))}
    return [Mark(arm, title, row_name(title, how), how, order[arm]) for arm, title, how in rows]


def faded(colour: str, opacity: float) -> str:
    """A colour of a palette, written "#rrggbb", at an opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
