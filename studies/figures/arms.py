"""Arms of a paired comparison in words."""

from __future__ import annotations

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
_WITHIN_A_SENTENCE = {
    "best": "the best fitted point",
    "inside": "the best point inside the neighbourhood",
    "outside": "the best point outside the neighbourhood",
    "opposite": "the best point across the claim",
    "likeliest": "the optimum’s likeliest place",
    "rival": "the far rival",
    "default": "the everyday default",
    "point": "another point",
}


def arm_name(arm: str) -> str:
    """An arm in a table or figure."""
    kind, _, detail = arm.partition(":")
    if kind == "mate":
        return f"α {detail}, same η/(1−α)"
    if kind == "decoy":
        return f"decoy {detail}"
    return NAMES.get(kind, kind)


def arm_phrase(arm: str) -> str:
    """An arm within a sentence, with its article."""
    kind, _, detail = arm.partition(":")
    if kind == "mate":
        return f"the point with α {detail} and the same η/(1−α)"
    if kind == "decoy":
        return f"decoy {detail}"
    return _WITHIN_A_SENTENCE.get(kind, f"the point {kind}")
