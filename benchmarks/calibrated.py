"""Sum up the counts of a calibration for reports: from benchmarks/calibration-*.json to studies/report/calibrated.json.

    python benchmarks/calibrated.py

Run it whenever those files change; a test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from studies.calibration import kept
from studies.calibration.shares import share
from studies.calibration.verdict_rates import Row
from studies.report.calibrated import Calibrated, Rate

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "studies/report/calibrated.json"
Counts = Callable[[Row], tuple[int, int]]


def summed(path: Path) -> tuple[int, Calibrated]:
    """The analysis of a file of counts, and their sums."""
    found = kept.read(path)
    rows = list(found.rows.values())
    return found.settings.analysis, Calibrated(
        scenarios=len(rows),
        studies=sum(row.studies for row in rows),
        seed=found.settings.seed,
        design=found.settings.design,
        supported=_rate(rows, lambda row: (row.false_supported, row.unsupportable)),
        refuted=_rate(rows, lambda row: (row.false_refuted, row.irrefutable)),
        covered=_rate(rows, lambda row: (row.covered, row.located), best_is_most=True),
    )


def _rate(rows: Sequence[Row], counts: Counts, *, best_is_most: bool = False) -> Rate:
    known = [(row, *counts(row)) for row in rows if counts(row)[1]]
    total = share(sum(count for _, count, _ in known), sum(n for _, _, n in known))
    order = sorted(known, key=lambda each: each[1] / each[2], reverse=not best_is_most)
    row, count, n = order[0]
    assert total.low is not None and total.high is not None
    return Rate(total.count, total.n, total.low, total.high, row.text, count, n)


def text() -> bytes:
    """The file for reports."""
    every = dict(summed(path) for path in sorted((ROOT / "benchmarks").glob("calibration-*.json")))
    return TypeAdapter(dict[int, Calibrated]).dump_json(every, indent=1) + b"\n"


if __name__ == "__main__":
    TARGET.write_bytes(text())
