"""A study as its report states it."""

from __future__ import annotations

import json
from pathlib import Path

from studies.records import StudyState
from studies.report.stated import stated_detail

RESULTS = Path(__file__).parents[3] / "docs/results"


def test_counts_boxes_and_sweeps_are_those_of_the_report() -> None:
    report = json.loads((RESULTS / "landscape-full-rotated-mnist.json").read_text("utf-8"))
    detail = stated_detail(report)
    assert (detail.summary.name, detail.summary.state) == (report["study"], StudyState.COMPLETE)
    assert detail.summary.runs_done == sum(sweep["rows"] for sweep in report["sweeps"]) == 1904
    assert detail.summary.created_at.isoformat() == report["submitted_at"]
    assert [sweep.name for sweep in detail.sweeps] == [sweep["name"] for sweep in report["sweeps"]]
    boxes = [None if sweep.space is None else sweep.space.document() for sweep in detail.sweeps]
    assert boxes == [sweep["space"] for sweep in report["sweeps"]]
    assert any(boxes), "one was widened"
