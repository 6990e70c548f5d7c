"""KEDA's query on a real PostgreSQL with a planted queue: it counts the trials that wait or run, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from noop_worker import finished, submit_points

from studies.storage import finishing, queue, studies
from studies.storage.engine import Database, open_database
from studies.storage.read_models import Batch

MANIFEST = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes" / "workers-keda.yaml"


@pytest.fixture
def query() -> str:
    scaled = next(d for d in yaml.safe_load_all(MANIFEST.read_text("utf-8")) if d["kind"] == "ScaledJob")
    return str(scaled["spec"]["triggers"][0]["metadata"]["query"])


def count(db: Database, query: str) -> int:
    with db.read() as connection:
        return int(connection.execute(sa.text(query)).scalar_one())


def claim(db: Database) -> Batch:
    batch = queue.claim(db, worker="w", limit=4, lease_seconds=60)
    assert batch is not None
    return batch


def test_the_scaling_query_counts_what_waits_and_what_runs(postgres_url: str, query: str) -> None:
    db = open_database(postgres_url)
    assert count(db, query) == 0, "nothing to do: no worker"
    submit_points(db, "one", points=20, limits={"max_attempts": 1, "max_failed_share": 1.0})
    submit_points(db, "two", points=5)
    assert count(db, query) == 50
    first, second = claim(db), claim(db)
    assert count(db, query) == 50, "a worker that trains is not counted out"
    assert all(finishing.finish(db, finished(first.trials)))
    assert count(db, query) == 46
    queue.fail_together(db, second.trials, kind="raised", message="it did")
    assert count(db, query) == 42, "what has failed for good is no work"
    db.dispose()


def test_the_scaling_query_leaves_out_studies_that_nobody_may_work_on(postgres_url: str, query: str) -> None:
    db = open_database(postgres_url)
    submit_points(db, "one", points=10)
    submit_points(db, "two", points=5)
    studies.pause(db, "one")
    assert count(db, query) == 10
    studies.resume(db, "one")
    assert count(db, query) == 30
    studies.cancel(db, "two")
    assert count(db, query) == 20
    db.dispose()
