"""The reports in docs/results follow from their rows, by this release's analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.commands.results import read_report
from studies.report.document import verify_report

RESULTS = Path(__file__).parents[2] / "docs/results"
LARGEST = 500_000  # bytes
PUBLISHED = sorted(path.name for path in RESULTS.glob("*.json*"))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_report_verifies(name: str) -> None:
    assert verify_report(read_report(RESULTS / name)) == []
    assert (RESULTS / name).stat().st_size <= LARGEST


def test_every_published_report_is_spoken_of() -> None:
    """Nothing that was run is kept from the page of results."""
    text = (RESULTS.parent / "results.md").read_text("utf-8")
    assert PUBLISHED
    assert [name for name in PUBLISHED if f"results/{name}" not in text] == []
