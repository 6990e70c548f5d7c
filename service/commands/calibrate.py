"""The `golden calibrate` command: rates of right verdicts on landscapes whose optimum is known."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.progress import track
from rich.table import Table

from service.commands.common import AsJson, UsageError, err, out, print_json
from service.commands.completion import scenarios
from service.formats import number
from studies.verdict.looks import MOST_LOOKS

if TYPE_CHECKING:
    from studies.calibration.chances import Share
    from studies.calibration.drift_rates import DriftRow
    from studies.calibration.error_rates import ErrorRates
    from studies.calibration.landscapes import Scenario
    from studies.calibration.look_rates import LookRow
    from studies.calibration.verdict_rates import Row
    from studies.language.spec import StudySpec

app = typer.Typer()
QUICK, QUICK_STUDIES = "A,D,E,H", 12  # under a minute on one core
FULL_STUDIES = 100
LEGEND = (
    "yes: supported; no: refuted; plain: share of a quadratic's regions that hold the optimum",
    "covered: regions that hold the optimum, of all regions, and the exact 95 % interval of their share",
)
MOST_DISTANCE = 2.0  # ln units: farther along the ridge the optimum leaves the box
Chosen = Annotated[
    str | None, typer.Option("--scenario", metavar="KEYS", help="Such as A,E; default: all.", autocompletion=scenarios)
]
Many = Annotated[int | None, typer.Option(min=1, max=10_000, help="Simulated studies per scenario [100].")]
Moved = Annotated[
    list[float] | None,
    typer.Option(
        "--distance",
        min=-MOST_DISTANCE,
        max=MOST_DISTANCE,
        help="Scenario A, its optimum moved along the ridge by this many ln units; repeatable.",
    ),
]
Looks = Annotated[
    int | None, typer.Option(min=1, max=MOST_LOOKS, help="Extend undecided studies, up to this number of looks.")
]
Drifts = Annotated[
    list[str] | None,
    typer.Option(
        "--drift",
        metavar="RATE,MEMORY",
        help="Three contexts of A, the third's best effective rate and memory multiplied by these; repeatable.",
    ),
]
Blocks = Annotated[int | None, typer.Option(min=2, max=1000, help="Paired blocks of a study; default: the design's.")]


@app.command()
def calibrate(
    scenario: Chosen = None,
    distance: Moved = None,
    studies: Many = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same numbers.")] = 7,
    looks: Looks = None,
    drift: Drifts = None,
    blocks: Blocks = None,
    quick: Annotated[bool, typer.Option("--quick", help="Four scenarios, 12 studies each: under a minute.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run planted landscapes through the planners and the verdict of real studies, and count. Needs no service."""
    from studies.calibration.simulation import planted_study
    from studies.language.design import LocateDesign

    count = studies or (QUICK_STUDIES if quick else FULL_STUDIES)
    design = LocateDesign() if blocks is None else LocateDesign(confirm_blocks=blocks)
    spec = planted_study(design)
    if drift:
        if scenario is not None or distance or looks is not None:
            raise UsageError("--drift plants contexts of its own; leave out --scenario, --distance and --looks")
        _drift([_factors(text) for text in drift], count, seed, spec, as_json=as_json)
        return
    truths = _truths(scenario, distance or [], quick)
    steps = track(list(truths.values()), "calibrating", console=err, transient=True, disable=not err.is_terminal)
    if looks is None:
        from studies.calibration.verdict_rates import calibrate as measure

        found = [measure([each], count, seed, spec=spec)[0] for each in steps]
        _show(found, count, truths, seed, spec, as_json=as_json)
        return
    from studies.calibration.look_rates import calibrate_looks

    rows = [calibrate_looks(each, count, seed, looks=looks, spec=spec) for each in steps]
    if as_json:
        print_json({**_head(count, seed, spec), "looks": looks, "scenarios": [asdict(row) for row in rows]})
    else:
        out.print(_looks_table(rows, truths, seed))


def _head(studies: int, seed: int, spec: StudySpec) -> dict[str, object]:
    """The settings of a calibration, for its JSON."""
    return {"studies": studies, "seed": seed, "design": _sizes(spec)}


def _show(
    rows: list[Row], count: int, truths: dict[str, Scenario], seed: int, spec: StudySpec, *, as_json: bool
) -> None:
    from studies.calibration.error_rates import error_rates

    rates = error_rates(rows, truths)
    if as_json:
        scenarios = [{**asdict(row), "rates": asdict(error_rates([row], truths))} for row in rows]
        print_json({**asdict(rates), **_head(count, seed, spec), "scenarios": scenarios})
        return
    out.print(_table(rows, seed))
    for line in (*LEGEND, _design(_sizes(spec)), *(_line(name, share) for name, share in _spread(rates).items())):
        out.print(line, markup=False)


def _drift(factors: list[tuple[float, float]], count: int, seed: int, spec: StudySpec, *, as_json: bool) -> None:
    from studies.calibration.drift_rates import drift_rates

    steps = track(factors, "calibrating", console=err, transient=True, disable=not err.is_terminal)
    rows = [drift_rates(rate, memory, count, seed, spec=spec) for rate, memory in steps]
    if as_json:
        print_json({**_head(count, seed, spec), "drift": [asdict(row) for row in rows]})
        return
    out.print(_drift_table(rows, seed))
    out.print(_design(_sizes(spec)), markup=False)


def _factors(text: str) -> tuple[float, float]:
    """Two factors, each between 1/10 and 10, beyond which the optimum may leave the box."""
    try:
        rate, memory = (float(part) for part in text.split(","))
    except ValueError:
        rate = memory = math.nan
    if not all(0.1 <= factor <= 10.0 for factor in (rate, memory)):
        raise UsageError(f"--drift takes two factors between 0.1 and 10, such as 2,1; not {text!r}")
    return rate, memory


def _drift_table(rows: list[DriftRow], seed: int) -> Table:
    table = Table(title=f"drift, seed {seed}: rejections at 5 %", box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("rate", "memory", "triples", "located", "joint", "effective rate", "momentum", "distance held"):
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        factors = (f"x {row.rate_factor:g}", f"x {row.memory_factor:g}")
        counts = (row.studies, row.located, row.joint, row.effective_rate, row.momentum, row.held)
        table.add_row(*factors, *map(str, counts))
    return table


def _spread(rates: ErrorRates) -> dict[str, Share]:
    """The rates with power by truth, not pooled: easy truths would hide the hard ones."""
    powers = {f"power_in_{key}": share for key, share in rates.power_by_scenario.items()}
    shown = {
        "coverage": rates.coverage,
        "false_supported": rates.false_supported,
        "false_refuted": rates.false_refuted,
    }
    return {**shown, **(powers or {"power": rates.power})}


def _truths(scenario: str | None, distances: list[float], quick: bool) -> dict[str, Scenario]:
    from studies.calibration.landscapes import SCENARIOS, displaced

    default = "" if distances else (QUICK if quick else ",".join(SCENARIOS))
    keys = _keys(scenario if scenario is not None else default, known=list(SCENARIOS), none_is_fine=bool(distances))
    moved = [displaced(distance) for distance in distances]
    return {**{key: SCENARIOS[key] for key in keys}, **{truth.key: truth for truth in moved}}


def _keys(text: str, *, known: list[str], none_is_fine: bool) -> list[str]:
    keys = list(dict.fromkeys(key.strip().upper() for key in text.split(",") if key.strip()))
    unknown = [key for key in keys if key not in known]
    if unknown or not (keys or none_is_fine):
        raise UsageError(f"no scenario {', '.join(unknown) or text!r}; there are {', '.join(known)}")
    return keys


def _sizes(spec: StudySpec) -> dict[str, int]:
    """The sizes of the simulated design, by the names that a study document has for them."""
    shown = ("map_points", "claim_replicates", "zoom_points", "confirm_blocks")
    return {name: getattr(spec.design, name) for name in shown}


def _design(sizes: dict[str, int]) -> str:
    return "design: " + ", ".join(f"{name} {size}" for name, size in sizes.items())


def _table(rows: list[Row], seed: int) -> Table:
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
    from studies.calibration.shares import share

    found = share(row.covered, row.located)
    return "–" if found.low is None else f"{found.count} of {found.n} ({found.low:.2f}–{found.high:.2f})"


def _looks_table(rows: list[LookRow], truths: dict[str, Scenario], seed: int) -> Table:
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


def _line(name: str, share: Share) -> str:
    words = name.replace("_", " ")
    if share.estimate is None or share.low is None or share.high is None:
        return f"{words}: not measured by these scenarios"
    low, high = 100 * share.low, 100 * share.high
    return f"{words}: {share.count} of {share.n} ({100 * share.estimate:.1f} %, 95 % {low:.1f} to {high:.1f})"
