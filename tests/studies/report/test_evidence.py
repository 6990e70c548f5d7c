"""The evidence in a report's rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studies.language.spec import restored
from studies.report.evidence import evidence_in, evidence_of, sweep_summary
from studies.verdict.decide import decide_sweep
from studies.verdict.exchange import to_json

REPORT = Path(__file__).parents[3] / "docs/results/landscape.json"


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(REPORT.read_text("utf-8"))
    return read


def test_it_is_what_the_reports_verdict_was_given(report: dict[str, Any]) -> None:
    spec, sweep = restored(report["spec"]), report["sweeps"][1]
    found = replace(evidence_of(spec, sweep), objective=report["verdict"]["objective"])
    stated = next(v for v in report["verdict"]["sweeps"] if v["sweep"] == sweep["name"])
    again = to_json(decide_sweep(found))
    assert again["eta"] == pytest.approx(stated["eta"])
    assert again["runs"] == stated["runs"] == len(found.runs)


def test_every_sweep_has_its_own(report: dict[str, Any]) -> None:
    found = evidence_in(restored(report["spec"]), report)
    assert [each.sweep for each in found] == [sweep["name"] for sweep in report["sweeps"]]
    assert [len(each.runs) for each in found] == [sweep["rows"] for sweep in report["sweeps"]]


@pytest.mark.parametrize("field", ["phases", "rounds", "space"])
def test_a_sweep_that_states_too_little_is_refused(report: dict[str, Any], field: str) -> None:
    sweep = {key: value for key, value in report["sweeps"][0].items() if key != field}
    with pytest.raises(LookupError, match=field):
        sweep_summary(restored(report["spec"]), sweep)
