"""The reports in docs/results follow from their rows, by this release's analysis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studies.report.document import verify_report

RESULTS = Path(__file__).parents[2] / "docs/results"
PUBLISHED = [
    "landscape-full-rotated-mnist.json",
    "landscape-full-synthetic-digits.json",
    "landscape.json",
    "rotated-mnist.json",
    "table-1-full-rotated-mnist.json",
    "table-1-full-synthetic-digits.json",
]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_report_verifies(name: str) -> None:
    assert verify_report(json.loads((RESULTS / name).read_text("utf-8"))) == []


def test_every_published_report_is_among_them() -> None:
    assert sorted(path.name for path in RESULTS.glob("*.json")) == PUBLISHED
