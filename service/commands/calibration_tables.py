"""Tables of `golden calibrate` for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from service.formats import number

if TYPE_CHECKING:
    from studies.calibration.chances import Share
    from studies.calibration.drift_rates import DriftRow
    from studies.calibration.look_rates import LookRow
    from studies.calibration.scenarios import Planted
    from studies.calibration.trend_rates import TrendRow
    from studies.calibration.verdict_rates import Row

LEGEND = (
    "yes: supported; no: refuted; right: of the studies in which one decided verdict is right",
    "covered: regions that hold a highest top, of all regions, and the exact 95 % interval of their share",
)


def verdict_table(rows: Sequence[Row], seed: int) -> Table:
    """One line per scenario: its verdicts, the right and the false ones."""
    table = Table(title=f"calibration, seed {seed}", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    left = ("", "truth", "undecided")
    for title in (*left[:2], "n", "yes", "no", left[2], "right", "false"):
        table.add_column(title, justify="left" if title in left else "right", overflow="fold")
    for row in rows:
        undecided = ", ".join(f"{code} {count}" for code, count in row.inconclusive.items())
        right = f"{row.right} of {row.decidable}" if row.decidable else "–"
        cells = (row.scenario, row.text, str(row.studies), str(row.supported), str(row.refuted), undecided)
        table.add_row(*cells, right, str(row.false_supported + row.false_refuted))
    return table


def region_table(rows: Sequence[Row]) -> Table:
    """One line per scenario: coverage and size of its regions, margin and trainings."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("", "covered", "median area", "margin", "true margin", "trainings"):
        table.add_column(title, justify="right" if title else "left", overflow="fold")
    for row in rows:
        sizes = (number(row.median_area, 2), number(row.margin, 2), number(row.true_margin, 2), number(row.runs, 3))
        table.add_row(row.scenario, _covered(row), *sizes)
    return table


def statement_table(rows: Sequence[Row]) -> Table:
    """One line per scenario: false answers to each statement, and the collapse test."""
    table = Table(title="false answers, of those that could be", box=box.SIMPLE_HEAD, title_justify="left")
    for title in ("", "as good", "there", "matters", "collapse refutes"):
        table.add_column(title, justify="right" if title else "left", overflow="fold")
    for row in rows:
        cells = [
            f"yes {said.false_yes} of {said.may_not_yes}, no {said.false_no} of {said.may_not_no}"
            for said in row.statements.values()
        ]
        test = row.collapses
        collapse = "–" if test is None else f"{test.refuted}, falsely {test.false_refuted} of {test.alike}"
        table.add_row(row.scenario, *cells, collapse)
    return table


def looks_table(rows: Sequence[LookRow], truths: Mapping[str, Planted], seed: int) -> Table:
    """One line per scenario: decisions by look."""
    title = f"calibration over looks, seed {seed}: decided at look 1, 2, ..."
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in ("", "truth", "n", "yes", "no", "undecided", "false", "at most"):
        table.add_column(name, justify="left" if name in ("", "truth", "undecided") else "right", overflow="fold")
    for row in rows:
        decided = [" + ".join(map(str, counts)) for counts in (row.supported, row.refuted)]
        undecided = ", ".join(f"{code} {count}" for code, count in row.inconclusive.items())
        bound = f"{100 * row.false_upper:.1f} %"
        cells = (row.scenario, truths[row.scenario].text, str(row.studies), *decided, undecided)
        table.add_row(*cells, str(row.false_verdicts), bound)
    return table


def drift_table(rows: Sequence[DriftRow], seed: int) -> Table:
    """One line per moved optimum: rejections by test."""
    table = Table(title=f"drift, seed {seed}: rejections at 5 %", box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("rate", "memory", "triples", "located", "joint", "effective rate", "momentum", "distance held"):
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        factors = (f"x {row.rate_factor:g}", f"x {row.memory_factor:g}")
        counts = (row.studies, row.located, row.joint, row.effective_rate, row.momentum, row.held)
        table.add_row(*factors, *map(str, counts))
    return table


def trend_table(rows: Sequence[TrendRow], seed: int) -> Table:
    """One line per planted power and quantity: intervals that hold it, and rejections."""
    table = Table(title=f"trends, seed {seed}: 95 % intervals", box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("quantity", "power", "studies", "held", "half width", "mean", "not constant", "no one power"):
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        widths = (f"{row.half_width:.2f}", f"{row.mean:.3f}")
        counts = (str(row.studies), str(row.held), *widths, str(row.constant), str(row.bent))
        table.add_row(row.quantity.replace("_", " "), f"{row.power:g}", *counts)
    return table


def rate_line(name: str, share: Share) -> str:
    """A rate with its count, n and interval."""
    words = name.replace("_", " ")
    if share.estimate is None or share.low is None or share.high is None:
        return f"{words}: not measured by these scenarios"
    low, high = 100 * share.low, 100 * share.high
    return f"{words}: {share.count} of {share.n} ({100 * share.estimate:.1f} %, 95 % {low:.1f} to {high:.1f})"


def _covered(row: Row) -> str:
    from studies.calibration.shares import share

    found = share(row.covered, row.located)
    return "–" if found.low is None else f"{found.count} of {found.n} ({found.low:.2f}–{found.high:.2f})"
