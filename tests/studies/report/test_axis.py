"""The report of a study on an axis: its trend is in the page, and recomputed by whoever verifies it."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from planted_worker import Planted

from studies.judgement import runs_of, verdict_on
from studies.language import catalogue
from studies.language.spec import canonical_json, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.report.document import build_report, render_html, verify_report
from studies.storage import overview, studies
from studies.storage.engine import open_database
from studies.storage.migrate import migrate

SIZES = {"map_points": 48, "claim_replicates": 4, "zoom_points": 0, "confirm_blocks": 4}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('axis') / 'study.db'}")
    migrate(db)
    design = {"kind": "locate", **SIZES, "opposite": False, "mates": [], "folklore": False}
    contexts = [{"name": "batch", "dataset": "digits", "axis": {"batch_size": [16, 32, 64]}}]
    document = {**catalogue.load("quickstart").model_dump(mode="json"), "losses": ["golden"]}
    spec = parse({**document, "design": design, "contexts": contexts})
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    Planted((0.05, 0.8)).work_off(db)
    detail = overview.get(db, spec.name)
    runs = runs_of(db, detail)
    db.dispose()
    made: dict[str, Any] = json.loads(canonical_json(build_report(detail, runs, verdict_on(detail, runs))))
    return made


def test_the_trend_is_recomputed(report: dict[str, Any]) -> None:
    (trend,) = report["verdict"]["trends"]
    assert sorted([*trend["contexts"], *trend["left_out"]]) == ["batch-16", "batch-32", "batch-64"]
    assert verify_report(report) == []
    forged = copy.deepcopy(report)
    forged["verdict"]["trends"][0]["sentence"] = "It grows."
    assert [line.split(":")[0] for line in verify_report(forged)] == ["verdict.trends.0.sentence"]
    del forged["verdict"]["trends"]
    assert [line.split(":")[0] for line in verify_report(forged)] == ["verdict.trends"]


def test_an_axis_that_was_changed_afterwards_is_found(report: dict[str, Any]) -> None:
    forged = copy.deepcopy(report)
    for context in forged["spec"]["contexts"]:
        del context["axis"]
    assert verify_report(forged) != []


def test_the_page_has_its_sentence_and_figure(report: dict[str, Any]) -> None:
    page = render_html(report)
    said = page[page.index("How does it move along the axis?") :]
    assert report["verdict"]["trends"][0]["sentence"].split(":")[0] in said
    data = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert "trend-0" in json.loads(data[1])
    assert 'id="trend-0"' in page
