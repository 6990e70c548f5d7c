"""Answers of the service as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from service.formats import bounded, duration, number, objective_value, size
from service.terminal import cell
from studies.local_time import local_time

if TYPE_CHECKING:  # the models bring numpy, which `golden --help` does without
    from rich.console import JustifyMethod

    from service.schemas import CatalogueItem, PreviewOut
    from studies.calibration.chances import Chance, Power
    from studies.language.spec import StudySpec
    from studies.records import Preview
    from studies.storage.read_models import PhaseProgress, StudyDetail, StudySummary, SweepSummary, WorkerRow
    from studies.verdict.model import Interval, StudyVerdict, SweepVerdict

MARKS = {
    "supported": ("✔ supported", "green"),
    "refuted": ("✘ refuted", "red"),
    "inconclusive": ("? inconclusive", "yellow"),
}
UNSETTLED = "time ran out before each chance was known to ±15 points; the intervals say how little is known"
WHOLE_NAME = 12  # characters of a sweep's name that a table of 80 columns has room for in one line
FAILED = "at chance\nor broken"  # heading of the runs that failed
STATES = {"complete": "green", "running": "cyan", "queued": "", "paused": "yellow", "cancelled": "dim", "failed": "red"}


def new_table(title: str) -> Table:
    """An empty table in the house style."""
    return Table(title=cell(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def outcome(name: str) -> Text:
    """A verdict by mark, word and colour, never by colour alone."""
    text, style = MARKS.get(name, (name, ""))
    return cell(text, style)


def folded_name(name: str) -> str:
    """A sweep's name that a narrow table breaks at its @ and nowhere within a word, where it is long."""
    return name if len(name) <= WHOLE_NAME else name.replace("@", "@\n", 1)


def two_names(named: Iterable[str]) -> tuple[str, str]:
    """The two parameters as the columns of a table call them; those of the paper where no other two are named."""
    names = list(named)
    return (names[0], names[1]) if len(names) == 2 else ("η", "α")


def verdict_table(verdict: StudyVerdict) -> Table:
    """Two lines per sweep: outcome and reasons, the optimum's location, and an arm's lead over the claim."""
    first, second = two_names(place.name for sweep in verdict.sweeps[:1] for place in sweep.parameters)
    measure = verdict.sweeps[0].measure if verdict.sweeps else None
    table = new_table(f"{verdict.study}: by {verdict.objective if measure is None else measure.name}")
    lead = "best" if all(_shown_arm(sweep) == "best" for sweep in verdict.sweeps) else "arm"
    optima = (f"optimum {first}\n[95 %]", f"optimum {second}\n[95 %]")
    for title in ("sweep", "verdict\nwhy", *optima, f"{lead} − claim\n[95 %]", "runs"):
        table.add_column(title, justify="right" if title == "runs" else "left", overflow="fold")
    for sweep in verdict.sweeps:
        reasons, places = "\n".join(reason.code for reason in sweep.reasons), (sweep.eta, sweep.alpha)
        table.add_row(
            folded_name(sweep.sweep),
            outcome(sweep.outcome).append(f"\n{reasons}", style="dim"),
            *(_stacked(place if _has_region(sweep) else replace(place, low=None, high=None)) for place in places),
            _lead(sweep),
            f"{sweep.runs:,}",
        )
    return table


def study_table(studies: Iterable[StudySummary]) -> Table:
    """Studies with state and progress."""
    table = new_table("studies")
    for title in ("name", "state", "runs", FAILED, "created", "by", "title"):
        table.add_column(
            title, justify="right" if title in {"runs", FAILED} else "left", overflow="fold", no_wrap=title == "created"
        )
    for study in studies:
        runs = f"{study.runs_done:,} of {study.runs_expected:,}"
        state = cell(study.state, STATES.get(study.state, ""))
        created = local_time(study.created_at)
        texts = cell(study.submitted_by), cell(study.title)
        table.add_row(study.name, state, runs, _failed(study), created, *texts)
    return table


def sweep_table(study: StudyDetail) -> Table:
    """Sweeps of a study with the progress of each phase."""
    from studies.language.trained_words import shown_sweep

    by = f", submitted by {study.summary.submitted_by}" if study.summary.submitted_by else ""
    table = new_table(f"{study.summary.name}: {study.summary.state}{by}")
    table.collapse_padding = True  # room for the names of the sweeps in 80 columns
    for title in ("sweep", "phase", "trials", "running", "failed", "runs", FAILED, "best\nso far"):
        justify: JustifyMethod = "left" if title in {"sweep", "phase", "best\nso far"} else "right"
        table.add_column(title, justify=justify, overflow="fold", no_wrap=title != "sweep")
    for sweep in study.sweeps:
        for i, phase in enumerate(sweep.phases):
            best = _best(sweep, study.spec) if i == 0 else ""
            table.add_row(shown_sweep(study.spec, sweep.name) if i == 0 else "", *_phase_cells(phase), best)
    return table


def memory(worker: WorkerRow) -> str:
    """Memory of a worker: in use at present on a CUDA device, its peak so far on a CPU."""
    text = size(worker.memory_bytes)
    return f"{text} peak" if worker.memory_bytes and worker.device.startswith("cpu") else text


def worker_table(workers: Iterable[WorkerRow]) -> Table:
    """Workers, the device of each below its name, with speed, memory and present study."""
    table = new_table("workers")
    table.collapse_padding = True
    for title in ("name", "state", "study", "lanes", "trainings\n/s", "memory", "runs\ndone", "last\nseen"):
        table.add_column(title, overflow="fold", no_wrap=title not in {"name", "study", "memory", "last\nseen"})
    for w in workers:
        state = w.state if w.alive else "gone"
        lanes = f"{w.lanes}/{w.stack_limit}" if w.alive else "–"
        cells = (f"{w.name}\n{w.device}", state, w.study or "–", lanes, number(w.trainings_per_second, 3))
        rest = (
            memory(w).replace(" peak", "\npeak"),
            f"{w.runs_done:,}",
            local_time(w.last_seen_at, "seconds").replace(" ", "\n", 1),
        )
        table.add_row(*map(cell, (*cells, *rest)))
    return table


def catalogue_table(items: Iterable[CatalogueItem]) -> Table:
    """Ready-made studies with their size."""
    table = new_table("catalogue")
    for title in ("name", "runs", "rough time here", "title"):
        table.add_column(title, justify="right" if title == "runs" else "left", overflow="fold")
    for item in items:
        table.add_row(item.name, bounded(item.cost.runs, item.cost.at_most), duration(item.cost.seconds), item.title)
    return table


def preview_table(preview: PreviewOut) -> Table:
    """Size and rough time of a study, and its chances to decide where these were asked for."""
    cost = preview.cost
    table = new_table(f"{preview.study}: before it is submitted")
    table.add_column("")
    table.add_column("", justify="right")
    source = "measured by the workers now alive" if cost.rate_measured else "assumed, no worker has measured it"
    for label, text in (
        ("sweeps", f"{cost.sweeps:,}"),
        ("trials", bounded(cost.trials, cost.at_most)),
        ("runs", _runs(cost)),
        ("image passes", f"{cost.images:.3g}"),
        ("rough time", _rough_time(cost, source)),
        ("claim hash", preview.claim_hash),
        *(_power_lines(preview.power) if preview.power else ()),
        *(("note", note) for note in cost.notes),
    ):
        table.add_row(label, text)
    return table


def _rough_time(cost: Preview, source: str) -> str:
    if cost.external_runs == cost.runs:
        return "not known: trainers of your own train all runs"
    time = f"{duration(cost.seconds)} at {cost.images_per_second:,.0f} images/s ({source})"
    return f"{time}, and {cost.external_runs:,} runs by trainers of your own" if cost.external_runs else time


def _runs(cost: Preview) -> str:
    phases = ", ".join(f"{phase} {count:,}" for phase, count in cost.runs_by_phase.items())
    more = f"; up to {cost.runs_if_widened:,} more if the box widens" if cost.runs_if_widened else ""
    return f"{bounded(cost.runs, cost.at_most)} ({phases}){more}"


def _power_lines(power: Power) -> list[tuple[str, str]]:
    """Chances to decide, each with its n, and the assumptions."""
    assumed = power.assumptions
    surface = f"σ {assumed.sigma:.3g}, curvatures {assumed.across:.3g} and {assumed.along:.3g}"
    return [
        *map(_chance_line, power.chances),
        ("simulated with", f"{surface} ({assumed.source})"),
        *([] if power.settled else [("not settled", UNSETTLED)]),
    ]


def _chance_line(chance: Chance) -> tuple[str, str]:
    share = chance.share
    text = f"{share.count} of {share.n} {chance.right}"
    if share.low is not None and share.high is not None:
        text += f" ({100 * share.low:.0f} to {100 * share.high:.0f} %)"
    return f"optimum {chance.truth}", text


def _phase_cells(phase: PhaseProgress) -> tuple[str, ...]:
    planned = phase.waiting + phase.running + phase.complete + phase.failed + phase.cancelled
    return (
        phase.phase,
        f"{phase.complete:,}/{planned:,}",
        str(phase.running),
        str(phase.failed),
        f"{phase.runs_done:,}/{phase.runs_planned:,}",
        _failed(phase),
    )


def _failed(counted: StudySummary | PhaseProgress) -> str:
    """Runs that ended at chance or broke, a line for each cause."""
    from studies.outcomes import in_words  # brings numpy, which `golden --help` does without

    return "\n".join(in_words(counted.causes)) or "0"


def _best(sweep: SweepSummary, spec: StudySpec) -> str:
    best = sweep.best
    if best is None:
        return "–"
    (first, second), value = spec.axes_in(sweep.context).symbols, objective_value(best.value, spec.judged_by)
    return f"{value}\n{first} {number(best.eta, 3)}\n{second} {number(best.alpha, 3)}"


def _has_region(sweep: SweepVerdict) -> bool:
    """False where the intervals are of a rough posterior alone: no surface fits, or the points were not fixed."""
    return sweep.answers is None or (
        sweep.degree is not None and all(each.code != "adaptive" for each in sweep.reasons)
    )


def _shown_arm(sweep: SweepVerdict) -> str:
    """The arm set beside the claim: the one that a "no" rests on, else the best fitted point."""
    good = None if sweep.answers is None else sweep.answers.statements.as_good
    return good.arm if good is not None and good.answer == "no" and good.arm is not None else "best"


def _lead(sweep: SweepVerdict) -> str:
    """Paired difference of an arm to the claim, in percentage points of accuracy; the arm is named if not the best."""
    arm = _shown_arm(sweep)
    for comparison in sweep.comparisons:
        if comparison.arm == arm and comparison.difference_points.estimate is not None:
            shown = _stacked(comparison.difference_points, digits=2, unit=" points")
            return shown if arm == "best" else f"{shown}\n{arm} − claim"
    return "–"


def _stacked(value: Interval, *, digits: int = 3, unit: str = "") -> str:
    """Estimate, and its interval below it: a table of them fits 80 columns."""
    if value.estimate is None:
        return "–"
    estimate = number(value.estimate, digits) + unit
    if value.low is None or value.high is None:
        return estimate
    return f"{estimate}\n[{number(value.low, digits)}, {number(value.high, digits)}]"
