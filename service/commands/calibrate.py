"""The `golden calibrate` command: how often the procedure is right, measured on landscapes whose optimum is known."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import track

from service.commands.common import AsJson, UsageError, err, out, print_json
from service.tables import number

if TYPE_CHECKING:
    from studies.verdict.calibration import Plan, Row

app = typer.Typer()
QUICK, QUICK_STUDIES = "A,D,E,H", 12  # under a minute on one core
FULL_STUDIES = 100
LEGEND = (
    "yes: supported; no: refuted; plain: share of a quadratic's regions that hold the optimum",
    "covered: regions that hold the optimum, of all regions, and the exact 95 % interval of their share",
)
Chosen = Annotated[str | None, typer.Option("--scenario", metavar="KEYS", help="Such as A,E; default: all.")]
Many = Annotated[int | None, typer.Option(min=1, max=10_000, help="Simulated studies per scenario [100].")]
Blocks = Annotated[int | None, typer.Option(min=2, max=1000, help="Paired blocks; default: the shipped design's.")]


@app.command()
def calibrate(
    scenario: Chosen = None,
    studies: Many = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same numbers.")] = 7,
    blocks: Blocks = None,
    quick: Annotated[bool, typer.Option("--quick", help="Four scenarios, 12 studies each: under a minute.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run planted landscapes through the whole procedure and count its right and wrong verdicts. Needs no service."""
    from studies.verdict.calibration import Plan
    from studies.verdict.calibration import calibrate as measure
    from studies.verdict.error_rates import error_rates
    from studies.verdict.landscapes import SCENARIOS

    keys = _keys(scenario or (QUICK if quick else ",".join(SCENARIOS)), known=list(SCENARIOS))
    count = studies or (QUICK_STUDIES if quick else FULL_STUDIES)
    plan = Plan() if blocks is None else Plan(blocks=blocks)
    steps = track(keys, "calibrating", console=err, transient=True, disable=not err.is_terminal)
    rows = [measure([SCENARIOS[key]], count, seed, plan=plan)[0] for key in steps]
    rates = asdict(error_rates(rows))
    if as_json:
        scenarios = [{**asdict(row), "rates": asdict(error_rates([row]))} for row in rows]
        print_json({**rates, "studies": count, "seed": seed, "design": _sizes(plan), "scenarios": scenarios})
        return
    out.print(_table(rows, seed))
    for line in (*LEGEND, _design(plan), *(_line(name, share) for name, share in rates.items())):
        out.print(line, markup=False)


def _keys(text: str, *, known: list[str]) -> list[str]:
    keys = list(dict.fromkeys(key.strip().upper() for key in text.split(",") if key.strip()))
    unknown = [key for key in keys if key not in known]
    if unknown or not keys:
        raise UsageError(f"no scenario {', '.join(unknown) or text!r}; there are {', '.join(known)}")
    return keys


def _sizes(plan: Plan) -> dict[str, int]:
    """The sizes of the simulated design, by the names that a study document has for them."""
    return {
        "map_points": plan.map_points,
        "claim_replicates": plan.claim_replicates,
        "zoom_points": plan.zoom_points,
        "confirm_blocks": plan.blocks,
    }


def _design(plan: Plan) -> str:
    return "design: " + ", ".join(f"{name} {size}" for name, size in _sizes(plan).items())


def _table(rows: list[Row], seed: int) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(title=f"calibration, seed {seed}", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    left = ("", "truth", "undecided")
    for title in (*left[:2], "n", "yes", "no", left[2], "false", "covered", "plain"):
        table.add_column(title, justify="left" if title in left else "right", overflow="fold")
    for row in rows:
        undecided = ", ".join(f"{code} {count}" for code, count in row.inconclusive.items())
        cells = (row.scenario, row.text, str(row.studies), str(row.supported), str(row.refuted), undecided)
        false = str(row.false_supported + row.false_refuted)
        table.add_row(*cells, false, _covered(row), number(row.quadratic_coverage, 3))
    return table


def _covered(row: Row) -> str:
    from studies.verdict.error_rates import share

    found = share(row.covered, row.located)
    return "–" if found.low is None else f"{found.count} of {found.n} ({found.low:.2f}–{found.high:.2f})"


def _line(name: str, share: dict[str, Any]) -> str:
    words = name.replace("_", " ")
    if share["n"] == 0:
        return f"{words}: not measured by these scenarios"
    low, high = 100 * share["low"], 100 * share["high"]
    return f"{words}: {share['count']} of {share['n']} ({100 * share['estimate']:.1f} %, 95 % {low:.1f} to {high:.1f})"
