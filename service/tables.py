"""Answers of the service as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

MARKS = {
    "supported": ("✔ supported", "green"),
    "refuted": ("✘ refuted", "red"),
    "inconclusive": ("? inconclusive", "yellow"),
}
STATES = {"complete": "green", "running": "cyan", "queued": "", "paused": "yellow", "cancelled": "dim", "failed": "red"}


def outcome(name: str) -> Text:
    """A verdict by mark, word and colour, never by colour alone."""
    text, style = MARKS.get(name, (name, ""))
    return Text(text, style=style)


def number(value: float | None, digits: int = 4) -> str:
    """A number as read by people; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}g}"


def size(count: int | None) -> str:
    """Bytes in MiB or GiB."""
    if count is None:
        return "–"
    return f"{count / 2**20:.0f} MiB" if count < 2**30 else f"{count / 2**30:.1f} GiB"


def duration(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return "unknown"
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def verdict_table(verdict: dict[str, Any]) -> Table:
    """Two lines per sweep: the answer and why, where the optimum lies, and what the claim's point loses to the best."""
    table = new_table(f"{verdict['study']}: by {verdict['objective']}")
    for title in ("sweep", "verdict\nwhy", "optimum η\n[95 %]", "optimum α\n[95 %]", "best − claim\n[95 %]", "runs"):
        table.add_column(title, justify="right" if title == "runs" else "left", overflow="fold")
    for sweep in verdict["sweeps"]:
        reasons = ", ".join(reason["code"] for reason in sweep["reasons"])
        table.add_row(
            sweep["sweep"],
            outcome(sweep["outcome"]).append(f"\n{reasons}", style="dim"),
            _stacked(sweep["eta"]),
            _stacked(sweep["alpha"]),
            _loss_to_best(sweep),
            f"{sweep['runs']:,}",
        )
    return table


def forecast_lines(forecast: dict[str, Any]) -> list[str]:
    """What would decide a study's sweeps and how long it takes; the command that does it, where one does."""
    lines = outlook_lines(forecast)
    runs = sum(item["grant"] for item in forecast["sweeps"])
    command = f"golden extend {forecast['study']} --until-decided --max-runs {runs}"
    return [*lines, f"To do so: {command}"] if runs else lines


def outlook_lines(forecast: dict[str, Any]) -> list[str]:
    """What would decide a study's sweeps and how long it takes, a sentence each; the same in terminal and page."""
    return [
        f"{item['sweep']}: {item['needed']['runs']:,} runs, about {duration(item['seconds'])} "
        f"{_pace(forecast, item)}, are expected to make it "
        f"{item['needed']['expected']}{'' if item['needed']['by_extension'] else ', in a new study'}."
        for item in forecast["sweeps"]
        if item["needed"]["runs"] is not None
    ]


def _pace(forecast: dict[str, Any], item: dict[str, Any]) -> str:
    if item["rate_measured"]:
        return "on the present workers"
    if forecast["workers"]:
        return "at a rate that no worker has measured yet"
    return "at an assumed rate, as no worker is up"


def study_table(studies: Iterable[dict[str, Any]]) -> Table:
    """Studies with state and progress."""
    table = new_table("studies")
    for title in ("name", "state", "runs", "diverged", "created", "title"):
        table.add_column(title, justify="right" if title in {"runs", "diverged"} else "left", overflow="fold")
    for study in studies:
        runs = f"{study['runs_done']:,} of {study['runs_expected']:,}"
        created = study["created_at"][:16].replace("T", " ")
        state = Text(study["state"], style=STATES.get(study["state"], ""))
        table.add_row(study["name"], state, runs, f"{study['runs_diverged']:,}", created, Text(study["title"]))
    return table


def sweep_table(study: dict[str, Any]) -> Table:
    """Sweeps of a study with the progress of each phase."""
    summary = study["summary"]
    table = new_table(f"{summary['name']}: {summary['state']}")
    for title in ("sweep", "phase", "trials", "running", "failed", "runs", "diverged", "best so far"):
        table.add_column(title, justify="left" if title in {"sweep", "phase", "best so far"} else "right")
    for sweep in study["sweeps"]:
        for i, phase in enumerate(sweep["phases"]):
            table.add_row(sweep["name"] if i == 0 else "", *_phase_cells(phase), _best(sweep) if i == 0 else "")
    return table


def memory(worker: dict[str, Any]) -> str:
    """Memory of a worker: in use at present on a CUDA device, the most it ever took on a CPU."""
    text = size(worker["memory_bytes"])
    return f"{text} peak" if worker["memory_bytes"] and worker["device"].startswith("cpu") else text


def worker_table(workers: Iterable[dict[str, Any]]) -> Table:
    """Workers with what they do."""
    table = new_table("workers")
    for title in ("name", "state", "device", "study", "lanes", "trainings/s", "memory", "runs done", "last seen"):
        table.add_column(title, overflow="fold")
    for w in workers:
        state = w["state"] if w["alive"] else "gone"
        lanes = f"{w['lanes']} of {w['stack_limit']}" if w["alive"] else "–"
        cells = (w["name"], state, w["device"], w["study"] or "–", lanes, number(w["trainings_per_second"], 3))
        rest = (memory(w), f"{w['runs_done']:,}", w["last_seen_at"][:19].replace("T", " "))
        table.add_row(*(Text(cell) for cell in (*cells, *rest)))
    return table


def catalogue_table(items: Iterable[dict[str, Any]]) -> Table:
    """Ready-made studies with their size."""
    table = new_table("catalogue")
    for title in ("name", "runs", "rough time here", "title"):
        table.add_column(title, justify="right" if title == "runs" else "left", overflow="fold")
    for item in items:
        cost = item["cost"]
        table.add_row(item["name"], f"{cost['runs']:,}", duration(cost["seconds"]), item["title"])
    return table


def preview_table(preview: dict[str, Any]) -> Table:
    """What a study would take."""
    cost = preview["cost"]
    table = new_table(f"{preview['study']}: before paying")
    table.add_column("")
    table.add_column("", justify="right")
    phases = ", ".join(f"{phase} {count:,}" for phase, count in cost["runs_by_phase"].items())
    source = "measured by the workers now alive" if cost["rate_measured"] else "assumed, no worker has measured it"
    for label, text in (
        ("sweeps", f"{cost['sweeps']:,}"),
        ("trials", f"{cost['trials']:,}"),
        ("runs", f"{cost['runs']:,} ({phases}){_more(cost)}"),
        ("image passes", f"{cost['images']:.3g}"),
        ("rough time", f"{duration(cost['seconds'])} at {cost['images_per_second']:,.0f} images/s ({source})"),
        ("claim hash", preview["claim_hash"]),
        *_power_lines(preview.get("power")),
    ):
        table.add_row(label, text)
    return table


def _more(cost: dict[str, Any]) -> str:
    more = cost.get("runs_if_widened", 0)
    return f"; up to {more:,} more if the box widens" if more else ""


def _power_lines(power: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Chances to decide, each with its n, and what was assumed."""
    if power is None:
        return []
    assumed = power["assumptions"]
    lines = []
    for chance in power["chances"]:
        share = chance["share"]
        text = f"{share['count']} of {share['n']} {chance['right']}"
        if share["n"]:
            text += f" ({100 * share['low']:.0f} to {100 * share['high']:.0f} %)"
        place = chance["truth"] if chance["truth"].startswith(("at", "on")) else f"at an {chance['truth']}"
        lines.append((f"optimum {place}", text))
    surface = f"σ {assumed['sigma']:.3g}, curvatures {assumed['across']:.3g} and {assumed['along']:.3g}"
    return [*lines, ("simulated with", f"{surface} ({assumed['source']})")]


def new_table(title: str) -> Table:
    """An empty table in the house style."""
    return Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def _phase_cells(phase: dict[str, Any]) -> tuple[str, ...]:
    planned = sum(phase[state] for state in ("waiting", "running", "complete", "failed", "cancelled"))
    return (
        phase["phase"],
        f"{phase['complete']:,} of {planned:,}",
        str(phase["running"]),
        str(phase["failed"]),
        f"{phase['runs_done']:,} of {phase['runs_planned']:,}",
        str(phase["diverged"]),
    )


def _best(sweep: dict[str, Any]) -> str:
    best = sweep["best"]
    return (
        "–" if best is None else f"{number(best['value'])} at η {number(best['eta'], 3)}, α {number(best['alpha'], 3)}"
    )


def _loss_to_best(sweep: dict[str, Any]) -> str:
    """Paired difference of the best arm to the claim, in percentage points of accuracy."""
    for comparison in sweep["comparisons"]:
        if comparison["arm"] == "best" and comparison["difference_points"]["estimate"] is not None:
            return _stacked(comparison["difference_points"], digits=2, unit=" points")
    return "–"


def _stacked(value: dict[str, Any], *, digits: int = 3, unit: str = "") -> str:
    """Estimate, and its interval below it: a table of them fits 80 columns."""
    if value["estimate"] is None:
        return "–"
    estimate = number(value["estimate"], digits) + unit
    if value["low"] is None or value["high"] is None:
        return estimate
    return f"{estimate}\n[{number(value['low'], digits)}, {number(value['high'], digits)}]"
