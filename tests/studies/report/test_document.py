"""The report: complete, deterministic, self-contained, and verifiable from its own rows."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from earlier_version import of_version_2
from planted_worker import Planted

from studies.judgement import runs_of as runs_in
from studies.judgement import verdict_on
from studies.language import catalogue
from studies.language.spec import canonical_json, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.records import Runs
from studies.report.columns import columns_of, runs_of
from studies.report.differences import differences
from studies.report.document import build_report, caution, field_differences, render_html, verify_report
from studies.report.measurements import measurement_differences
from studies.storage import overview, studies
from studies.storage.engine import open_database
from studies.storage.migrate import migrate
from studies.storage.read_models import StudyDetail
from studies.verdict.methods import METHODS

SWEEP = "golden@digits"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyDetail, Runs]:
    """A small study without a zoom, planned by the planners and measured on a planted surface; and its runs."""
    return _studied(tmp_path_factory, catalogue.load("quickstart").model_dump(mode="json"))


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyDetail, Runs]:
    """The same of version 2, judged by analysis 4."""
    return _studied(tmp_path_factory, of_version_2(catalogue.load("quickstart").model_dump(mode="json")))


def _studied(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> tuple[StudyDetail, Runs]:
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('document') / 'study.db'}")
    migrate(db)
    sizes = {"map_points": 60, "claim_replicates": 8, "zoom_points": 0, "confirm_blocks": 4}
    design = {"kind": "locate", **sizes, "opposite": False, "mates": [], "folklore": False}
    spec = parse({**document, "losses": ["golden"], "design": design, "title": "<script>alert(1)</script>"})
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    Planted((0.05, 0.8)).work_off(db)
    detail = overview.get(db, spec.name)
    measured = runs_in(db, detail)[SWEEP]
    db.dispose()
    return detail, measured


@pytest.fixture(scope="module")
def report(study: tuple[StudyDetail, Runs]) -> dict[str, Any]:
    return _report(*study)


def _report(detail: StudyDetail, measured: Runs) -> dict[str, Any]:
    runs = {SWEEP: measured}
    return build_report(detail, runs, verdict_on(detail, runs))


@pytest.fixture(scope="module")
def page(report: dict[str, Any]) -> str:
    return render_html(report)


def test_report_survives_json_and_verifies(report: dict[str, Any]) -> None:
    again = json.loads(canonical_json(report))
    assert again == report
    assert verify_report(again) == []


def test_a_report_verifies_under_the_analysis_that_it_states(study: tuple[StudyDetail, Runs]) -> None:
    """The plan is that of the document's own analysis; a verdict under another one is said to be made again."""
    detail, measured = study
    runs = {SWEEP: measured}
    own = detail.spec.analysis_version
    for analysis in METHODS:
        again = json.loads(canonical_json(build_report(detail, runs, verdict_on(detail, runs, analysis=analysis))))
        assert again["analysis_version"] == again["verdict"]["analysis_version"] == analysis
        assert verify_report(again) == []
        assert caution(again).startswith("Judged again") == (analysis != own)


@pytest.mark.parametrize("place", ["report", "verdict"])
def test_a_report_that_states_another_analysis_than_it_was_judged_under_is_refused(
    report: dict[str, Any], place: str
) -> None:
    changed = copy.deepcopy(report)
    (other,) = set(METHODS) - {report["analysis_version"]}
    (changed if place == "report" else changed["verdict"])["analysis_version"] = other
    assert verify_report(changed)


@pytest.mark.parametrize("analysis", [None, "4", 4.5, [], {}, 99, True])
def test_an_analysis_that_there_is_not_is_said(report: dict[str, Any], analysis: Any) -> None:
    (line, *_) = verify_report({**report, "analysis_version": analysis})
    assert "analysis_version is" in line


def test_page_says_what_alpha_costs_and_how_far_the_odds_moved(page: str, report: dict[str, Any]) -> None:
    (sweep,) = report["verdict"]["sweeps"]
    assert sweep["bayes_factor"] is not None
    assert len(sweep["ridge_drops"]) == 2
    assert page.count("Loss at the neighbourhood’s edge α = ") == 2
    assert "Bayes factor of the neighbourhood" in page


def test_page_says_that_every_context_has_the_whole_level(page: str, report: dict[str, Any]) -> None:
    several = copy.deepcopy(report)
    several["spec"]["contexts"].append({**several["spec"]["contexts"][0], "name": "other"})
    assert "may be up to 2 times the level" in render_html(several)
    assert "times the level" not in page


def test_report_is_deterministic(report: dict[str, Any], study: tuple[StudyDetail, Runs]) -> None:
    assert canonical_json(_report(*study)) == canonical_json(report)


def test_rows_come_back_without_losing_a_digit(planted_rows: Runs) -> None:
    back = runs_of(json.loads(json.dumps(columns_of(planted_rows), allow_nan=False)))
    for name in ("eta", "alpha", "accuracy", "epochs_to_target", "arm", "diverged"):
        np.testing.assert_array_equal(getattr(back, name), getattr(planted_rows, name))


def _change_row(report: dict[str, Any]) -> None:
    report["sweeps"][0]["runs"]["eta"][3] += 1e-12


def _change_verdict(report: dict[str, Any]) -> None:
    report["verdict"]["sweeps"][0]["eta"]["estimate"] *= 1.001


def _change_outcome(report: dict[str, Any]) -> None:
    report["verdict"]["outcome"] = "supported"


def _change_tolerance(report: dict[str, Any]) -> None:
    report["spec"]["claim"]["tolerance_factor"] = 3.0


def _drop_sweep(report: dict[str, Any]) -> None:
    report["sweeps"].clear()


def _drop_phase(report: dict[str, Any]) -> None:
    report["sweeps"][0]["phases_done"] = []


def _other_format(report: dict[str, Any]) -> None:
    report["format_version"] = 99


def _other_analysis(report: dict[str, Any]) -> None:
    report["analysis_version"] = 99


def _no_rows(report: dict[str, Any]) -> None:
    del report["sweeps"][0]["runs"]["eta"]


def _endless_block(report: dict[str, Any]) -> None:
    report["sweeps"][0]["runs"]["block"][0] = 10**30


def _refuse_spec(report: dict[str, Any]) -> None:
    report["spec"]["seed"] = -1


CHANGES = [
    _change_row,
    _change_verdict,
    _change_outcome,
    _change_tolerance,
    _drop_sweep,
    _drop_phase,
    _other_format,
    _other_analysis,
    _no_rows,
    _endless_block,
    _refuse_spec,
]


@pytest.mark.parametrize("change", CHANGES)
def test_verify_tells_a_change(report: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> None:
    changed = copy.deepcopy(report)
    change(changed)
    assert verify_report(changed)


@pytest.mark.parametrize("junk", [{}, {"format": 1}, {"format": "golden-study/report", "format_version": 1}])
def test_verify_refuses_what_is_no_report(junk: dict[str, Any]) -> None:
    assert verify_report(junk)[0].startswith(("not a report", "format is"))


def test_differences_name_the_place() -> None:
    assert differences({"a": [1, 2.0]}, {"a": [1, 2.5]}, path="x") == ["x.a.1: stated 2.5, recomputed 2.0"]
    assert differences({"a": 1}, {}, path="x") == ["x.a: stated nothing, recomputed 1"]
    assert differences(1.0, 1.0 + 1e-9, path="x") == []
    assert differences(True, 1, path="x")


def test_page_says_the_verdict_first(page: str, report: dict[str, Any]) -> None:
    body = page[page.index("<body>") :]
    text = re.sub(r"<[^>]+>", " ", body[: body.index("The claim:")])
    assert report["verdict"]["outcome"].capitalize() in text
    assert report["verdict"]["sentence"][:40] in text


def test_page_is_one_file_and_escapes_texts(page: str) -> None:
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    head = page[: page.index('<script type="application/json"')]
    assert not re.search(r'(?:src|href)\s*=\s*"?https?:', head)
    assert "plotly.js v" in page


def test_page_has_figures_for_each_sweep(page: str) -> None:
    data = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert set(json.loads(data[1])) == {"drift", "landscape-0", "paired-0", "slices-0", "history-0"}


def _rows_again(report: dict[str, Any]) -> None:
    """Make the hash of changed rows anew, as a forger would."""
    for sweep in report["sweeps"]:
        sweep["rows_sha256"] = hashlib.sha256(canonical_json(sweep["runs"]).encode()).hexdigest()


def test_rows_of_analysis_4_state_no_cause(earlier: tuple[StudyDetail, Runs]) -> None:
    forged = _report(*earlier)
    assert verify_report(forged) == []
    (sweep,) = forged["sweeps"]
    assert "cause" not in sweep["runs"]
    sweep["runs"]["cause"] = ["untrained" if failed else "" for failed in sweep["runs"]["diverged"]]
    _rows_again(forged)
    assert verify_report(forged) == [f"sweeps.{SWEEP}.runs.cause: no report has this field"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda runs: runs.pop("cause"), "cause: is missing"),
        (lambda runs: runs["cause"].__setitem__(3, "untrained"), "cause.3: is 'untrained', but the run ended above"),
        (lambda runs: runs["cause"].__setitem__(3, "bad luck"), "cause.3: is bad luck; there are '', 'diverged'"),
        (lambda runs: runs["diverged"].__setitem__(3, True), "cause.3: is '', but the run failed"),
    ],
    ids=["left out", "of a run that trained", "of another kind", "left empty"],
)
def test_causes_of_later_analyses_are_checked(
    study: tuple[StudyDetail, Runs], change: Callable[[dict[str, Any]], object], found: str
) -> None:
    detail, measured = study
    spec = parse({**detail.spec.model_dump(mode="json"), "schema_version": 3})
    made = build_report(replace(detail, spec=spec), {SWEEP: measured}, verdict_on(detail, {SWEEP: measured}))
    assert made["sweeps"][0]["runs"]["cause"] == measured.cause.tolist()
    change(made["sweeps"][0]["runs"])
    lines = field_differences(spec, made) or measurement_differences(made["sweeps"][0], epochs=30, spread=1)
    assert any(line.startswith(f"sweeps.{SWEEP}.runs.{found}") for line in lines)
