"""The pictures that the documentation shows follow from the published reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studies.report.picture import render_picture

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", ["landscape-full-rotated-mnist", "landscape-full-synthetic-digits"])
def test_a_published_picture_is_what_its_report_gives(name: str) -> None:
    report = json.loads((DOCS / f"results/{name}.json").read_text("utf-8"))
    assert (DOCS / f"images/{name}.svg").read_text("utf-8") == render_picture(report)
