"""Trials: filtered, sorted, a page at a time."""

from __future__ import annotations

from fastapi.testclient import TestClient

STUDY = "/api/v1/studies/measured"


def test_pages_hold_every_trial_once(api: TestClient, measured: str) -> None:
    seen: list[tuple[str, int]] = []
    url = f"{STUDY}/trials?limit=20"
    while url:
        answer = api.get(url)
        seen += [(item["sweep"], item["number"]) for item in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert len(seen) == len(set(seen)) == 56
    assert seen == sorted(seen, key=lambda pair: (pair[0] != "golden@paper", pair[1]))


def test_trials_filter_and_sort(api: TestClient, measured: str) -> None:
    query = {"sweep": "sse@paper", "phase": "search", "state": "complete", "sort": "-value", "limit": 5}
    items = api.get(f"{STUDY}/trials", params=query).json()["items"]
    values = [item["value"] for item in items]
    assert {item["sweep"] for item in items} == {"sse@paper"}
    assert values == sorted(values, reverse=True)
    assert len(values) == 5
