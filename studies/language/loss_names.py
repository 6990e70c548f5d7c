"""Losses as readers know them: by a label in tables and headings, by a phrase within a sentence. Written here alone."""

from __future__ import annotations

LABELS = {
    "golden": "golden loss",
    "sse": "squared error",
    "cross_entropy": "cross-entropy",
    "golden_unsquared": "golden loss, unsquared",
    "golden_literal": "golden loss, gradient as printed",
}
_PHRASES = {
    "golden": "the golden loss",
    "golden_unsquared": "the unsquared golden loss",
    "golden_literal": "the golden loss with its gradient as printed",
}


def label(loss: str) -> str:
    """The loss in a table or heading; a loss of someone else's trials keeps its own name."""
    return LABELS.get(loss, loss)


def phrase(loss: str) -> str:
    """The loss within a sentence, with its article where it takes one."""
    return _PHRASES.get(loss, label(loss))
