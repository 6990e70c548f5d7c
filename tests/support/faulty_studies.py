"""Study documents whose fields are acceptable one by one and contradict each other, with the problems they have."""

from __future__ import annotations

from typing import Any

FOUR_FAULTS: dict[str, Any] = {
    "name": "faulty",
    "losses": ["sse", "sse"],
    "search_space": {"eta": {"low": 0.05}},
    "contexts": [{"dataset": "digits", "batch_size": 8000}],
    "design": {"kind": "locate", "mates": [], "folklore": False},
}
FOUR_PROBLEMS = [
    ("losses", "names sse more than once; name each loss once"),
    ("claim.primary_loss", "is 'golden', which is not among `losses`; add it there or set null here"),
    (
        "claim",
        "its point (0.0158679, 0.874032) lies outside `search_space`; widen the space or move the point",
    ),
    ("contexts.0.batch_size", "is 8000, more than the 1617 training images of a fold; lower it"),
]


def many_faults(count: int) -> dict[str, Any]:
    """A document of `count` contexts, each with a batch that is too large."""
    contexts = [{"name": f"c{i}", "dataset": "digits", "batch_size": 8000} for i in range(count)]
    return {"name": "faulty", "contexts": contexts}
