"""The `golden calibrate` command: rates of right verdicts on landscapes whose optimum is known."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.progress import track

from service.commands import calibration_tables as tables
from service.commands.common import AsJson, UsageError, err, out, print_json
from service.commands.completion import scenario_kinds, scenarios
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.methods import METHODS

if TYPE_CHECKING:
    from studies.calibration.chances import Share
    from studies.calibration.error_rates import ErrorRates
    from studies.calibration.scenarios import Planted
    from studies.calibration.verdict_rates import Row
    from studies.language.spec import StudySpec

app = typer.Typer()
SWEEPS = 60  # of scenario A whose errors a planted trend is dealt
QUICK, QUICK_STUDIES = "A,A-two,D,E,plateau-out,random-in", 8  # under a minute on two cores
FULL_STUDIES = 100
MOST_DISTANCE = 2.0  # ln units: farther along the ridge the optimum leaves the box
MOST_PROCESSES = 256
T = TypeVar("T")
Chosen = Annotated[
    str | None,
    typer.Option("--scenario", metavar="KEYS", help="Such as A,tie; default: all.", autocompletion=scenarios),
]
Kinds = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KINDS",
        help="Scenarios of these kinds: published, collapse, shape, noise, random.",
        autocompletion=scenario_kinds,
    ),
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
Trends = Annotated[
    list[str] | None,
    typer.Option(
        "--trend",
        metavar="RATE,MEMORY",
        help="Five batch sizes, the best effective rate and memory these powers of them, dealt the errors of "
        f"{SWEEPS} sweeps of A; repeatable.",
    ),
]
Blocks = Annotated[int | None, typer.Option(min=2, max=1000, help="Paired blocks of a study; default: the design's.")]
Analysis = Annotated[
    int | None,
    typer.Option(min=min(METHODS), max=max(METHODS), help="Version of the analysis; default: that of new documents."),
]
Processes = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_PROCESSES, help="How many simulate at a time; default: one for each CPU."),
]
AsTable = Annotated[bool, typer.Option("--table", help="Print the Markdown tables of docs/calibration.md.")]
KeptIn = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="FILE",
        help="Keep the counts in this file as scenarios are finished; those that it has are not simulated again.",
    ),
]
Against = Annotated[
    Path | None,
    typer.Option("--against", metavar="FILE", help="Kept counts, of another analysis say, to set beside in --table."),
]


@app.command()
def calibrate(
    scenario: Chosen = None,
    kind: Kinds = None,
    distance: Moved = None,
    studies: Many = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same numbers.")] = 7,
    looks: Looks = None,
    drift: Drifts = None,
    trend: Trends = None,
    blocks: Blocks = None,
    analysis: Analysis = None,
    processes: Processes = None,
    quick: Annotated[bool, typer.Option("--quick", help="Six scenarios, 8 studies each: under a minute.")] = False,
    keep: KeptIn = None,
    against: Against = None,
    as_table: AsTable = False,
    as_json: AsJson = False,
) -> None:
    """Run planted landscapes through the planners and the verdict of real studies, and count. Needs no service."""
    from studies.calibration.simulation import shipped

    _refuse(as_table and as_json, "--table and --json are two forms of one answer; leave one out")
    _refuse(against is not None and not as_table, "--against sets counts beside those of --table; add --table")
    _refuse((keep is not None or as_table) and (looks is not None or bool(drift) or bool(trend)), _ONE_LOOK)
    _refuse(bool(drift) and bool(trend), "--drift and --trend are two questions; leave one out")
    count = studies or (QUICK_STUDIES if quick else FULL_STUDIES)
    spec = shipped(analysis) if blocks is None else shipped(analysis, confirm_blocks=blocks)
    at_a_time = processes or len(os.sched_getaffinity(0))
    if drift or trend:
        _refuse(scenario is not None or kind is not None or bool(distance) or looks is not None, _DRIFT_ALONE)
    if trend:
        _trend([_powers(text) for text in trend], count, seed, spec, at_a_time, as_json=as_json)
        return
    if drift:
        _drift([_factors(text) for text in drift], count, seed, spec, at_a_time, as_json=as_json)
        return
    truths = _truths(scenario, kind, distance or [], quick)
    if looks is not None:
        _looks(truths, count, seed, spec, at_a_time, looks=looks, as_json=as_json)
        return
    base = _base(against)
    rows = _rows(truths, count, seed, spec, at_a_time, keep)
    if as_table:
        from studies.calibration.markdown import tables as markdown

        typer.echo(markdown(rows, base))
        return
    _show(rows, count, seed, spec, as_json=as_json)


_ONE_LOOK = "--keep and --table are of verdicts at the first look; leave out --looks, --drift and --trend"
_DRIFT_ALONE = "--drift and --trend plant contexts of their own; leave out --scenario, --kind, --distance and --looks"


def _refuse(wrong: bool, text: str) -> None:
    if wrong:
        raise UsageError(text)


def _rows(
    truths: dict[str, Planted], count: int, seed: int, spec: StudySpec, processes: int, keep: Path | None
) -> list[Row]:
    """Counts of all scenarios in their order; those that are kept already are not simulated."""
    from studies.calibration.kept import Kept, Settings, begin, write
    from studies.calibration.verdict_rates import calibrate as measure

    settings = Settings(count, seed, spec.analysis_version, _sizes(spec))
    kept = Kept(settings) if keep is None else begin(keep, settings)
    if keep is not None:
        write(keep, kept)  # before anything is simulated: a file that cannot be written is no surprise at the end
    missing = [truth for key, truth in truths.items() if key not in kept.rows]
    for row in _tracked(measure(missing, count, seed, spec=spec, processes=processes), len(missing)):
        kept = kept.with_row(row)
        if keep is not None:
            write(keep, kept)
    return [kept.rows[key] for key in truths]


def _tracked(steps: Iterable[T], total: int) -> Iterable[T]:
    """The steps, with a bar in a terminal."""
    return track(steps, "calibrating", total=total, console=err, transient=True, disable=not err.is_terminal)


def _base(against: Path | None) -> dict[str, Row] | None:
    from studies.calibration.kept import read

    return None if against is None else read(against).rows


def _head(studies: int, seed: int, spec: StudySpec) -> dict[str, object]:
    """The settings of a calibration, for its JSON."""
    return {"studies": studies, "seed": seed, "analysis": spec.analysis_version, "design": _sizes(spec)}


def _show(rows: Sequence[Row], count: int, seed: int, spec: StudySpec, *, as_json: bool) -> None:
    from studies.calibration.error_rates import error_rates

    rates = error_rates(rows)
    if as_json:
        scenarios = [{**asdict(row), "rates": asdict(error_rates([row]))} for row in rows]
        print_json({**asdict(rates), **_head(count, seed, spec), "scenarios": scenarios})
        return
    out.print(tables.verdict_table(rows, seed))
    out.print(tables.region_table(rows))
    if rates.statements:
        out.print(tables.statement_table(rows))
    lines = [tables.rate_line(name, share) for name, share in _spread(rates).items()]
    for line in (*tables.LEGEND, _design(spec), *lines):
        out.print(line, markup=False)


def _looks(
    truths: dict[str, Planted], count: int, seed: int, spec: StudySpec, processes: int, *, looks: int, as_json: bool
) -> None:
    from studies.calibration.look_rates import calibrate_looks

    rows = [
        calibrate_looks(each, count, seed, looks=looks, spec=spec, processes=processes)
        for each in _tracked(truths.values(), len(truths))
    ]
    if as_json:
        print_json({**_head(count, seed, spec), "looks": looks, "scenarios": [asdict(row) for row in rows]})
    else:
        out.print(tables.looks_table(rows, truths, seed))


def _drift(
    factors: list[tuple[float, float]], count: int, seed: int, spec: StudySpec, processes: int, *, as_json: bool
) -> None:
    from studies.calibration.drift_rates import drift_rates

    rows = [
        drift_rates(rate, memory, count, seed, spec=spec, processes=processes)
        for rate, memory in _tracked(factors, len(factors))
    ]
    if as_json:
        print_json({**_head(count, seed, spec), "drift": [asdict(row) for row in rows]})
        return
    out.print(tables.drift_table(rows, seed))
    out.print(_design(spec), markup=False)


def _factors(text: str) -> tuple[float, float]:
    """Two factors, each between 1/10 and 10, beyond which the optimum may leave the box."""
    return _two(text, 0.1, 10.0, "--drift takes two factors between 0.1 and 10, such as 2,1")


def _two(text: str, low: float, high: float, wanted: str) -> tuple[float, float]:
    """Two numbers within bounds.

    Raises:
        UsageError: it is no such text.
    """
    try:
        rate, memory = (float(part) for part in text.split(","))
    except ValueError:
        rate = memory = math.nan
    if not all(low <= number <= high for number in (rate, memory)):
        raise UsageError(f"{wanted}; not {text!r}")
    return rate, memory


def _trend(
    powers: list[tuple[float, float]], count: int, seed: int, spec: StudySpec, processes: int, *, as_json: bool
) -> None:
    from studies.calibration.trend_rates import Powers, estimates, trend_rates

    errors = estimates(SWEEPS, seed, spec=spec, processes=processes)
    rows = [row for rate, memory in powers for row in trend_rates(Powers(rate, memory), count, seed, errors)]
    if as_json:
        print_json({**_head(count, seed, spec), "located": len(errors), "trend": [asdict(row) for row in rows]})
        return
    out.print(tables.trend_table(rows, seed))
    out.print(_design(spec), markup=False)


def _powers(text: str) -> tuple[float, float]:
    """Two powers, each between -3 and 3."""
    return _two(text, -3.0, 3.0, "--trend takes two powers between -3 and 3, such as 1,0")


def _spread(rates: ErrorRates) -> dict[str, Share]:
    """The rates with power by truth, not pooled: easy truths would hide the hard ones."""
    from studies.calibration.error_rates import POOLED

    powers = {f"power_in_{key}": share for key, share in rates.power_by_scenario.items() if key in POOLED}
    shown = {
        "coverage": rates.coverage,
        "false_supported": rates.false_supported,
        "false_refuted": rates.false_refuted,
    }
    return {**shown, **(powers or {"power": rates.power})}


def _truths(scenario: str | None, kind: str | None, distances: list[float], quick: bool) -> dict[str, Planted]:
    from studies.calibration.landscapes import displaced
    from studies.calibration.scenarios import KINDS, every_scenario, of_kind

    moved = {truth.key: truth for truth in map(displaced, distances)}
    if kind is not None:
        _refuse(scenario is not None, "--kind and --scenario both choose scenarios; leave one out")
        chosen = [of_kind(each) for each in _named(kind, KINDS, "kind")]
        return {**{key: truth for some in chosen for key, truth in some.items()}, **moved}
    known = every_scenario()
    default = "" if distances else (QUICK if quick else ",".join(known))
    text = scenario if scenario is not None else default
    keys = [] if text == "" and moved else _named(text, list(known), "scenario")
    return {**{key: known[key] for key in keys}, **moved}


def _named(text: str, known: Sequence[str], what: str) -> list[str]:
    """The names in a list with commas, in any case of letters."""
    names = {name.lower(): name for name in known}
    asked = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    unknown = [word for word in asked if word.lower() not in names]
    if unknown or not asked:
        raise UsageError(f"--{what}: there is no {', '.join(unknown) or repr(text)}; there are {', '.join(known)}")
    return list(dict.fromkeys(names[word.lower()] for word in asked))


def _sizes(spec: StudySpec) -> dict[str, int]:
    """The sizes of the simulated design, by the names that a study document has for them."""
    shown = ("map_points", "claim_replicates", "zoom_points", "confirm_blocks")
    return {name: getattr(spec.design, name) for name in shown}


def _design(spec: StudySpec) -> str:
    sizes = ", ".join(f"{name} {size}" for name, size in _sizes(spec).items())
    return f"analysis {spec.analysis_version}, design: {sizes}"
