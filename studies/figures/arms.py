"""Arms of a paired comparison, as tables and figures name them. Sentences: `verdict.wording_amounts.arm_phrase`."""

from __future__ import annotations

from studies.language.parameters import PAPER
from studies.verdict.wording_amounts import Symbols, arm_phrase

NAMES = {
    "best": "best fitted point",
    "inside": "best inside",
    "outside": "best outside",
    "opposite": "best across",
    "likeliest": "likeliest optimum",
    "rival": "far rival",
    "default": "the default",
    "point": "other point",
}


def arm_name(arm: str, symbols: Symbols = PAPER.symbols) -> str:
    """An arm in a table or figure; `symbols` are those of the two parameters."""
    kind, _, detail = arm.partition(":")
    if kind == "mate":
        first, second = symbols
        return f"{second} {detail}, same {first}/(1−{second})"
    if kind == "decoy":
        return arm_phrase(arm)
    return NAMES.get(kind, kind)
