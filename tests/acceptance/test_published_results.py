"""The reports in docs/results follow from their rows, by this release's analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.commands.results import read_report
from studies.report.document import verify_report

RESULTS = Path(__file__).parents[2] / "docs/results"
LARGEST = 500_000  # bytes
PUBLISHED = [
    "b-functions-search.json.gz",
    "b-functions.json.gz",
    "batch-size-drift.json.gz",
    "dlr-control-paper-scale.json.gz",
    "dlr-control-recording.json.gz",
    "dlr-control.json.gz",
    "dlr-speed-gradient.json.gz",
    "dlr-speed.json.gz",
    "dlr-width.json.gz",
    "golden-across-rules.json.gz",
    "landscape-full-rotated-mnist.json",
    "landscape-full-synthetic-digits.json",
    "landscape.json",
    "rotated-mnist.json",
    "table-1-full-rotated-mnist.json",
    "table-1-full-synthetic-digits.json",
    "width-transfer.json.gz",
    "yamadam.json.gz",
]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_report_verifies(name: str) -> None:
    assert verify_report(read_report(RESULTS / name)) == []
    assert (RESULTS / name).stat().st_size <= LARGEST


def test_every_published_report_is_among_them() -> None:
    assert sorted(path.name for path in RESULTS.glob("*.json*")) == PUBLISHED
