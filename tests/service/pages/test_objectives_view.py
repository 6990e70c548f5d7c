"""The page that compares all objectives."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx2
from site_studies import Site


def test_every_objective_stands_beside_the_claims_own(get: Any, settled: Any, site: Site) -> None:
    text = settled("/studies/measured/objectives", until="η ")
    while "data-pending" in text:
        time.sleep(0.5)
        text = get("/studies/measured/objectives").text
    heads = re.findall(r'<th scope="col">([^<]+)', text)
    assert heads[:2] == ["Loss", "Test accuracy"]
    assert len(heads) == 7
    cross = httpx2.get(f"{site.url}/api/v1/studies/measured/verdict?objective=cross_entropy", timeout=60.0).json()
    cell = re.search(r'data-label="Test cross-entropy">.*?</td>', text, re.DOTALL)
    assert cell is not None
    assert cross["outcome"].capitalize() in cell[0]
    assert "objective=cross_entropy" in cell[0]
