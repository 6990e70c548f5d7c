"""Studies to measure, and the samples of Prometheus' text format."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import studies
from studies.storage.engine import Database


def store(db: Database, document: dict[str, Any]) -> None:
    """Store a study as a submission does."""
    spec = parse(document)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))


def samples(text: str) -> dict[tuple[str, str], float]:
    """Samples by name and the values of their labels."""
    families = text_string_to_metric_families(text)
    return {(s.name, ",".join(s.labels.values())): s.value for family in families for s in family.samples}
