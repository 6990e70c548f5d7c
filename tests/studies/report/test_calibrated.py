"""The error rates that reports cite are the sums of the published calibration, and are shown where they are known."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from studies.report.calibrated import calibrated, differs
from studies.report.page import render_html

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "docs/results"


@pytest.fixture(scope="module")
def summing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("summing", ROOT / "benchmarks/calibrated.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_packaged_sums_are_those_of_the_published_counts(summing: ModuleType) -> None:
    said = "run python benchmarks/calibrated.py"
    assert (ROOT / "studies/report/calibrated.json").read_bytes() == summing.text(), said


def test_sums_and_intervals_are_right(summing: ModuleType) -> None:
    analysis, found = summing.summed(ROOT / "benchmarks/calibration-5.json")
    rows: dict[str, Any] = json.loads((ROOT / "benchmarks/calibration-5.json").read_text("utf-8"))["rows"]
    assert analysis == 5
    assert (found.scenarios, found.studies) == (len(rows), sum(row["studies"] for row in rows.values()))
    assert found.refuted.count == sum(row["false_refuted"] for row in rows.values())
    assert found.refuted.low < found.refuted.count / found.refuted.n < found.refuted.high
    shares = {row["text"]: row["covered"] / row["located"] for row in rows.values() if row["located"]}
    assert found.covered.worst_count / found.covered.worst_n == min(shares.values()) == shares[found.covered.worst]
    false = [row["false_supported"] / row["unsupportable"] for row in rows.values() if row["unsupportable"]]
    assert found.supported.worst_count / found.supported.worst_n == max(false)


def test_a_report_cites_the_rates_of_its_own_analysis() -> None:
    page = _page("landscape-full-rotated-mnist.json")
    rates = calibrated(5)
    assert rates is not None
    section = page[page.index("How often the procedure is right") : page.index("<h2>Limits</h2>")]
    assert f"{rates.scenarios} kinds of landscape" in section
    assert f"{rates.supported.count} of {rates.supported.n:,}" in section
    assert rates.covered.worst in section
    older = _page("landscape.json")
    assert "How often the procedure is right" not in older or "analysis 4" in older


def test_a_design_of_another_size_is_said() -> None:
    rates = calibrated(5)
    assert rates is not None
    assert differs(rates, {**rates.design, "level": 0.05}) == ()
    assert differs(rates, {**rates.design, "map_points": 24}) == ("24 map points instead of 64",)


def test_an_analysis_that_was_not_simulated_has_no_rates() -> None:
    assert calibrated(1) is None


def _page(name: str) -> str:
    report = json.loads((RESULTS / name).read_text("utf-8"))
    return re.sub(r"\s+", " ", render_html(report, plotly=False))
