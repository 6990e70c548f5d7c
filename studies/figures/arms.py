"""Arms of a paired comparison, as tables and figures name them. Sentences: `verdict.wording_amounts.arm_phrase`."""

from __future__ import annotations

from studies.verdict.wording_amounts import arm_phrase

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


def arm_name(arm: str) -> str:
    """An arm in a table or figure."""
    kind, _, detail = arm.partition(":")
    if kind == "mate":
        return f"α {detail}, same η/(1−α)"
    if kind == "decoy":
        return arm_phrase(arm)
    return NAMES.get(kind, kind)
