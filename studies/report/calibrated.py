"""How often the procedure was right where the truth was planted: the counts that a report shows beside its verdict.

They are sums over the counts that `golden calibrate` kept (docs/calibration.md), written by `benchmarks/calibrated.py`;
a report cites them, and nothing that it says depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `n` simulated studies, with the exact 95 % interval of its share (Clopper & Pearson 1934).

    The scenario with the largest share stands beside it, in words; of coverage that with the smallest.
    """

    count: int
    n: int
    low: float
    high: float
    worst: str
    worst_count: int
    worst_n: int


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The counts of one analysis, by the design that was simulated."""

    scenarios: int
    studies: int
    seed: int
    design: dict[str, int]  # sizes by their names in a study document
    supported: Rate  # of studies whose claim is wrong, or of no place
    refuted: Rate  # of studies whose claim is right, or of no place
    covered: Rate  # regions that hold a highest place, of all regions


def calibrated(analysis: int) -> Calibrated | None:
    """The counts of an analysis; None of one that was not simulated."""
    return _read().get(analysis)


def differs(found: Calibrated, sizes: dict[str, object]) -> tuple[str, ...]:
    """In which sizes a design is not the one that was simulated, in words.

    Args:
        found: what was simulated.
        sizes: of the design, by their names in its document.
    """
    return tuple(
        f"{sizes[name]} {name.replace('_', ' ')} instead of {size}"
        for name, size in found.design.items()
        if name in sizes and sizes[name] != size
    )


@cache
def _read() -> dict[int, Calibrated]:
    text = (resources.files("studies.report") / "calibrated.json").read_bytes()
    return TypeAdapter(dict[int, Calibrated]).validate_json(text)
