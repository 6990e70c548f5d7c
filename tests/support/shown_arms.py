"""A comparison with every kind of cell, for the tests of what shows one."""

from __future__ import annotations

from dataclasses import replace

from measured_arms import arm, asked, cell, joined, runs_of

from studies.comparison.asked import StatedCell
from studies.comparison.compare import compared
from studies.comparison.model import ArmComparison

SLOW = [1.13, 1.3, 1.2, 1.25, 1.15, 1.3, 1.22, 1.31]


def shown_arms(widths: tuple[int, ...] = ()) -> ArmComparison:
    """Five arms: the baseline twice, one better, one that mostly never arrives, one with a lower bound, one plain.

    Args:
        widths: of an axis of contexts; one context without an axis where there is none.
    """
    places = [f"h-{width}" for width in widths] or ["digits"]
    paper = {(place, "epochs_to_target"): cell(1.14, 0.22, 6) for place in places}
    plan = asked(
        arm("sgd", "published", "tuned", paper=paper),
        arm("dlr", "tuned", title="DLR <presynaptic>"),
        arm("adam", "published"),
        arm("nesterov", "tuned"),
        arm("yamadam", "plain"),
        widths=widths,
    )
    runs = {}
    for k, place in enumerate(places):
        shift = 1.0 / (k + 1)
        slow = [v + shift for v in SLOW]
        late = [*slow[:6], None, None] if k == 0 else slow
        rows = {
            "sgd": joined(runs_of([v + 0.2 for v in slow], how="published"), runs_of(slow, point=(0.24, 0.0))),
            "dlr": runs_of([0.6 * v - 0.02 * i for i, v in enumerate(slow)], point=(0.5, 0.4)),
            "adam": runs_of([None] * 7 + [3.5], how="published", diverged=[True] + [False] * 7),
            "nesterov": runs_of(late),
            "yamadam": runs_of([v + (-1) ** i * 0.1 for i, v in enumerate(slow)], how="plain"),
        }
        runs |= {f"sse@{place}-{name}": found for name, found in rows.items()}
    return compared(plan, runs)


def of_widths() -> ArmComparison:
    """A comparison that is about smallest widths, with a cell of the paper."""
    found = shown_arms(widths=(45, 100))
    cell = StatedCell(36.3, 1.2, differs="up to 30 epochs")
    widths = tuple(replace(row, result=replace(row.result, paper=cell)) for row in found.widths)
    return replace(found, widths=widths, widths_first=True)
