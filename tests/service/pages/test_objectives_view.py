"""The page that compares all objectives."""

from __future__ import annotations

import re
from typing import Any

import httpx2
from site_studies import Site
from waiting import CEILING, wait_until


def test_every_objective_stands_beside_the_claims_own(get: Any, site: Site) -> None:
    def complete() -> str:
        text: str = get("/studies/measured/objectives").text
        return text if "η " in text and "data-pending" not in text else ""

    text = wait_until(complete, what="every verdict")
    heads = re.findall(r'<th scope="col">([^<]+)', text)
    assert heads[:2] == ["Loss", "Test accuracy"]
    assert len(heads) == 7
    cross = httpx2.get(f"{site.url}/api/v1/studies/measured/verdict?objective=cross_entropy", timeout=CEILING).json()
    cell = re.search(r'data-label="Test cross-entropy">.*?</td>', text, re.DOTALL)
    assert cell is not None
    assert cross["outcome"].capitalize() in cell[0]
    assert "objective=cross_entropy" in cell[0]
