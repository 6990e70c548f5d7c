"""A published report judged again: the document's own verdict is what the report says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studies.errors import SpecError
from studies.report.again import judged_again
from studies.report.differences import differences
from studies.verdict.exchange import to_json

RESULTS = Path(__file__).parents[3] / "docs/results"


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((RESULTS / "rotated-mnist.json").read_text("utf-8"))
    return read


def test_the_own_verdict_is_the_reports_and_the_other_is_marked(report: dict[str, Any]) -> None:
    found = judged_again(report, 5)
    assert differences(report["verdict"], to_json(found.own), path="verdict") == []
    assert (found.own.analysis_version, found.again.analysis_version) == (4, 5)
    assert found.again.claim_hash == report["claim_hash"]


@pytest.mark.parametrize(
    ("report", "analysis", "said"),
    [
        ({}, 7, "analysis: is 7; this program has 4, 5"),
        ({}, 5, "not a report"),
        ({"spec": {}}, 5, "spec.name"),
        ({"spec": [], "verdict": None}, 5, "spec|not a report"),
    ],
)
def test_what_is_no_report_is_refused_by_name(report: dict[str, Any], analysis: int, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        judged_again(report, analysis)


@pytest.mark.parametrize("field", ["spec", "sweeps", "verdict"])
def test_a_damaged_report_is_refused(field: str, report: dict[str, Any]) -> None:
    for value in (None, 3, "text", [], {}, [3]):
        with pytest.raises(SpecError):
            judged_again({**report, field: value}, 5)
