"""The report: a verdict with the frozen claim, every row it was made from, and the means to recompute it.

The report of a study that compares arms has the comparison in the verdict's place (`build_comparison_report`).

`build_report` makes it, `render_html` shows it as one file, `verify_report` recomputes it. The same rows give the same
report on the same machine, byte for byte in `studies.language.spec.canonical_json`; it holds no time of its making.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

from studies.comparison.exchange import to_json as comparison_json
from studies.comparison.model import ArmComparison
from studies.comparison.of_study import comparison
from studies.errors import SpecError
from studies.evidence import evidence
from studies.language.design import LocateDesign
from studies.language.external import ExternalContext
from studies.language.spec import StudySpec, canonical_json, restored
from studies.records import Runs, TrialPlan
from studies.report.columns import Layout, column_names, columns_of, runs_of
from studies.report.compared_page import render_comparison
from studies.report.differences import differences
from studies.report.looks import look_differences, stated_looks
from studies.report.measurements import measurement_differences, value_differences
from studies.report.page import render_html as render_verdict
from studies.report.progress import progress_differences
from studies.report.provenance import provenance_differences
from studies.report.replay import count_differences, plan_differences, plans_of, round_differences
from studies.report.sweeps import evidence_in
from studies.storage.read_models import PhaseProgress, StudyDetail, SweepSummary
from studies.verdict.decide import decide_study
from studies.verdict.exchange import to_json
from studies.verdict.methods import METHODS, method_of
from studies.verdict.model import Evidence, StudyVerdict
from studies.verdict.widening import replayed

__all__ = ["build_comparison_report", "build_report", "caution", "render_html", "verify_report"]

FORMAT = "golden-study/report"
FORMAT_VERSION = 1
PACKAGES = ("golden-study", "numpy", "scipy")  # those whose numbers a verdict depends on
FIELDS = (
    *("format", "format_version", "study", "state", "submitted_at", "claim", "claim_hash", "spec", "spec_hash"),
    *("analysis_version", "packages", "sweeps", "verdict", "provenance", "drawer"),
)
OF_VERDICTS = frozenset({"verdict", "drawer"})
OF_COMPARISONS = "comparison"
SWEEP_FIELDS = (
    "name",
    "loss",
    "context",
    "space",
    "rounds",
    "phases",
    "phases_done",
    "rows",
    "rows_sha256",
    "runs",
    "looks",
)


def build_report(detail: StudyDetail, runs: Mapping[str, Runs], verdict: StudyVerdict) -> dict[str, Any]:
    """The report of a study, as JSON values.

    Args:
        detail: the study, its document and its progress.
        runs: the runs of each sweep, by its name: exactly those that the verdict was made from.
        verdict: the verdict on them.
    """
    looks = {sweep.name: _looks(detail.spec, sweep, runs[sweep.name]) for sweep in detail.sweeps}
    sweeps = [_sweep(detail.spec, sweep, runs[sweep.name]) | looks[sweep.name] for sweep in detail.sweeps]
    return {**_head(detail, verdict.analysis_version), "sweeps": sweeps, "verdict": to_json(verdict)}


def build_comparison_report(detail: StudyDetail, runs: Mapping[str, Runs]) -> dict[str, Any]:
    """The report of a study that compares arms, as JSON values.

    Args:
        detail: the study, its document and its progress.
        runs: the runs of each sweep, by its name.
    """
    sweeps = [_sweep(detail.spec, sweep, runs[sweep.name]) for sweep in detail.sweeps]
    found = compared_in(detail.spec, sweeps)  # of the rows as they are written
    return {**_head(detail, detail.spec.analysis_version), "sweeps": sweeps, OF_COMPARISONS: comparison_json(found)}


def compared_in(spec: StudySpec, sweeps: Sequence[Mapping[str, Any]]) -> ArmComparison:
    """The comparison that the rows of a report give.

    Raises:
        LookupError, TypeError, ValueError: the rows are damaged.
    """
    rows = {each["name"]: runs_of(each["runs"], spec.axes_in(each["context"]).names) for each in sweeps}
    return comparison(spec, rows)


def _head(detail: StudyDetail, analysis: int) -> dict[str, Any]:
    spec, summary = detail.spec, detail.summary
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "study": spec.name,
        "state": summary.state.value,
        "submitted_at": summary.created_at.isoformat(),
        "claim": spec.claim.model_dump(mode="json"),
        "claim_hash": spec.claim_hash,
        "spec": spec.model_dump(mode="json"),
        "spec_hash": spec.spec_hash,
        "analysis_version": analysis,
        "packages": {name: version(name) for name in PACKAGES},
    }


def render_html(report: Mapping[str, Any], *, plotly: bool = True) -> str:
    """The report as a self-contained page.

    Args:
        report: what `build_report` or `build_comparison_report` made.
        plotly: as of `studies.report.page.render_html`.
    """
    return (render_comparison if OF_COMPARISONS in report else render_verdict)(report, plotly=plotly)


def verify_report(report: Mapping[str, Any]) -> list[str]:
    """Replay the plan and recompute the verdict from the report's own rows; returns what differs, if anything.

    Everything is checked but what no row bears on: `submitted_at`, `packages`, `drawer`, and `state` beyond what the
    trials that are left allow. Nothing is recomputed where the report already contradicts itself.
    """
    try:
        return _verify(report)
    except (SpecError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return [f"not a report of this program: {type(error).__name__}: {error}"]


def caution(report: Mapping[str, Any]) -> str:
    """What the verdict of a report that verifies is worth, where its document did not fix how it was judged; else "".

    Args:
        report: for which `verify_report` found nothing.
    """
    spec = restored(report["spec"])
    return "" if spec.compares else spec.caution(report["verdict"]["objective"], report["analysis_version"])


def _verify(report: Mapping[str, Any]) -> list[str]:
    if (report["format"], report["format_version"]) != (FORMAT, FORMAT_VERSION):
        return [
            f"format is {report['format']} {report['format_version']}, this program reads {FORMAT} {FORMAT_VERSION}"
        ]
    analysis = report["analysis_version"]
    if type(analysis) is not int or analysis not in METHODS:
        known = " and ".join(map(str, METHODS))
        return [f"analysis_version is {analysis}, this program has {known}: verify with the release that made it"]
    spec = restored(report["spec"])
    found = _stated(spec, report)
    if found:  # what does not hold together is not worth recomputing
        return found
    rows = evidence_in(spec, report)
    plans = plans_of(spec, report, rows)
    if spec.compares:
        return _compared_differences(spec, report, plans)
    found = plan_differences(spec, report, plans) or round_differences(spec, report, plans, rows)
    found = found or _box_differences(spec, report, rows)  # before the looks, which read the box
    found = found or look_differences(spec, report, rows) or provenance_differences(spec, report, plans)
    if found:  # a verdict on rows that nobody planned says nothing
        return found
    objective = report["verdict"]["objective"]
    judged = [replace(row, objective=objective, analysis=analysis) for row in rows]  # planned by the document's own
    again = decide_study(spec.name, spec.claim_hash, judged)
    return differences(to_json(again), report["verdict"], path="verdict")


def _compared_differences(
    spec: StudySpec, report: Mapping[str, Any], plans: Mapping[str, Sequence[TrialPlan]]
) -> list[str]:
    """Rows and trials that were not planned so; else what the comparison of the rows is otherwise than stated."""
    found = plan_differences(spec, report, plans) or count_differences(spec, report, plans)
    found = found or provenance_differences(spec, report, plans)
    if found:
        return found
    return differences(
        comparison_json(compared_in(spec, report["sweeps"])), report[OF_COMPARISONS], path=OF_COMPARISONS
    )


def _stated(spec: StudySpec, report: Mapping[str, Any]) -> list[str]:
    """Contradictions between the parts of a report, before anything is recomputed."""
    expected = {
        "study": spec.name,
        "claim": spec.claim.model_dump(mode="json"),
        "claim_hash": spec.claim_hash,
        "spec": spec.model_dump(mode="json"),
        "spec_hash": spec.spec_hash,
    }
    found = field_differences(spec, report)
    found += [line for name, value in expected.items() for line in differences(value, report[name], path=name)]
    found += [line for sweep in report["sweeps"] for line in _check_rows(sweep)]
    found = found or progress_differences(spec, report)
    return found or [line for sweep in report["sweeps"] for line in _check_measurements(spec, sweep)]


def layout(spec: StudySpec, context: str) -> Layout:
    """The columns of the rows: why runs failed stands there under analysis 5 and later, what was reported if external.

    Processor time is what arms are compared by, too; no verdict reads it.

    Args:
        spec: the study.
        context: name of the sweep's context; one that the study does not have counts as built in.
    """
    causes = method_of(spec.analysis_version).typical
    external = any(isinstance(each, ExternalContext) and each.name == context for each in spec.contexts)
    names = spec.axes_in(context).names
    return {"with_cause": causes, "with_value": external, "with_cpu": spec.compares, "parameters": names}


def fields_of(spec: StudySpec) -> tuple[str, ...]:
    """The fields that a report of the study may have."""
    if not spec.compares:
        return FIELDS
    return (*(name for name in FIELDS if name not in OF_VERDICTS), OF_COMPARISONS)


def field_differences(spec: StudySpec, report: Mapping[str, Any]) -> list[str]:
    """Fields that no report has, since a reader might take them for checked, and columns that are missing."""
    columns = {sweep["name"]: column_names(**layout(spec, sweep["context"])) for sweep in report["sweeps"]}
    found = [name for name in report if name not in fields_of(spec)]
    for sweep in report["sweeps"]:
        known = columns[sweep["name"]]
        found += [f"sweeps.{sweep['name']}.{name}" for name in sweep if name not in SWEEP_FIELDS]
        found += [f"sweeps.{sweep['name']}.runs.{name}" for name in sweep["runs"] if name not in known]
    missing = [
        f"sweeps.{sweep['name']}.runs.{name}: is missing"
        for sweep in report["sweeps"]
        for name in columns[sweep["name"]]
        if name not in sweep["runs"]
    ]
    return [f"{name}: no report has this field" for name in found] + missing


def _sweep(spec: StudySpec, sweep: SweepSummary, runs: Runs) -> dict[str, Any]:
    columns = columns_of(runs, **layout(spec, sweep.context))
    return {
        "name": sweep.name,
        "loss": sweep.loss,
        "context": sweep.context,
        "space": None if sweep.space is None else sweep.space.document(),
        "rounds": sweep.rounds,
        "phases": [_phase(phase) for phase in sweep.phases],
        "phases_done": list(sweep.phases_done),
        "rows": len(runs),
        "rows_sha256": _digest(columns),
        "runs": columns,
    }


def _phase(phase: PhaseProgress) -> dict[str, Any]:
    """A phase without its failed runs by cause, which the rows have."""
    return {name: value for name, value in asdict(phase).items() if name != "causes"}


def _looks(spec: StudySpec, sweep: SweepSummary, runs: Runs) -> dict[str, Any]:
    """The looks of a sequential confirmation; nothing where its size is fixed."""
    found = evidence(spec, sweep, runs)
    return {} if found.schedule is None else {"looks": stated_looks(spec, found)}


def _check_rows(sweep: Mapping[str, Any]) -> list[str]:
    name = sweep["name"]
    if _digest(sweep["runs"]) != sweep["rows_sha256"]:
        return [f"sweeps.{name}.runs: the rows are not those that the report was made from (rows_sha256 differs)"]
    return (
        [] if len(sweep["runs"]["trial"]) == sweep["rows"] else [f"sweeps.{name}.rows: states another number of rows"]
    )


def _check_measurements(spec: StudySpec, sweep: Mapping[str, Any]) -> list[str]:
    measure = spec.measure_of(sweep["context"])
    if measure is not None:
        return value_differences(sweep, measure)
    context = spec.built_in_of(sweep["context"])
    return measurement_differences(
        sweep,
        epochs=context.epochs,
        spread=context.fold_spread,
        within_epochs=context.evaluate_every is not None,
        official=context.split == "official",
    )


def _box_differences(spec: StudySpec, report: Mapping[str, Any], rows: Sequence[Evidence]) -> list[str]:
    """One line for each part of a box that the rule of widening does not give."""
    return [line for sweep, row in zip(report["sweeps"], rows, strict=True) for line in _check_space(spec, sweep, row)]


def _check_space(spec: StudySpec, sweep: Mapping[str, Any], row: Evidence) -> list[str]:
    """The box must be what the rule makes of the runs before each look: the study's own or, once, a wider one."""
    widens = isinstance(spec.design, LocateDesign) and spec.design.widen
    due = replayed(row, spec.space) if widens else None
    plain = None if due is None else due.document()
    return differences(plain, sweep["space"], path=f"sweeps.{sweep['name']}.space")


def _digest(columns: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(columns).encode()).hexdigest()
