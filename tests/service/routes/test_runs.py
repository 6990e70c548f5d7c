"""Runs: a page at a time, all sweeps or one."""

from __future__ import annotations

from fastapi.testclient import TestClient

STUDY = "/api/v1/studies/measured"


def test_pages_hold_every_run_once(api: TestClient, measured: str) -> None:
    seen: list[tuple[str, int, int]] = []
    url = f"{STUDY}/runs?limit=20"
    while url:
        answer = api.get(url)
        seen += [(item["sweep"], item["trial"], item["run"]) for item in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert len(seen) == len(set(seen)) == 56
    assert seen == sorted(seen, key=lambda run: (run[0] != "golden@paper", run[1:]))


def test_runs_of_one_sweep(api: TestClient, measured: str) -> None:
    items = api.get(f"{STUDY}/runs", params={"sweep": "sse@paper", "limit": 1000}).json()["items"]
    assert len(items) == 28
    assert {item["sweep"] for item in items} == {"sse@paper"}
    assert all(len(item["result"]["accuracy_curve"]) == 2 for item in items)
