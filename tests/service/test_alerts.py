"""The alert rules: that they can fire, and name only labels that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from promql_labels import Expression, UnmatchedError

from studies.storage import workers
from studies.storage.engine import Database

FILE = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(FILE.read_text("utf-8"))["groups"] for rule in group["rules"]
]
TARGET = frozenset({"job", "instance"})  # every scraped series has them


@pytest.fixture
def metrics(api: TestClient, database: Database) -> dict[str, frozenset[str]]:
    """The labels of every series, as Prometheus would have them."""
    workers.register(database, name="w1", host="h", pid=1, device="cpu", version="0.0.1")
    api.get("/api/v1/studies")
    families = text_string_to_metric_families(api.get("/metrics").text)
    found = {sample.name: TARGET | sample.labels.keys() for family in families for sample in family.samples}
    return {"up": TARGET, **found}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_rule_can_fire(metrics: dict[str, frozenset[str]], rule: dict[str, Any]) -> None:
    labels = Expression(rule["expr"], metrics).labels()
    assert labels is not None, "a scalar alerts nobody"
    texts = " ".join(rule["annotations"].values())
    assert set(re.findall(r"\$labels\.(\w+)", texts)) <= labels
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["for"]


@pytest.mark.parametrize(
    "text",
    [
        "golden_queue_depth > 0 and sum(increase(golden_worker_runs_total[1h])) == 0",
        "golden_queue_depth > golden_worker_last_seen_seconds",
        "sum by (worker) (golden_worker_runs_total) and golden_queue_depth",
        "golden_no_such_metric > 0",
        "(golden_queue_depth > 0",
    ],
)
def test_rules_that_can_never_fire_are_found(metrics: dict[str, frozenset[str]], text: str) -> None:
    with pytest.raises(UnmatchedError):
        Expression(text, metrics).labels()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_rules() -> None:
    subprocess.run(["promtool", "check", "rules", str(FILE)], check=True)
