"""What the workers page says of speed and memory."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from studies.storage import queue, workers
from studies.storage.engine import Database
from studies.storage.records import WorkerStatus

HEADERS = {"Accept": "text/html"}


def cells(api: TestClient, label: str) -> list[str]:
    """What stands under a heading, worker by worker."""
    text = api.get("/workers", headers=HEADERS).text
    return [re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(rf'data-label="{label}">(.*?)</td>', text)]


def test_a_rate_only_of_workers_that_live_and_a_peak_only_on_a_cpu(api: TestClient, database: Database) -> None:
    status = WorkerStatus(state="training", trainings_per_second=12.3, memory_bytes=700 * 2**20)
    for name, device in (("a", "cpu x2"), ("b", "cuda:0 NVIDIA H100"), ("c", "cpu x2")):
        workers.register(database, name=name, host="h", pid=1, device=device, version="1")
        queue.heartbeat(database, name, {}, lease_seconds=60, status=status)
    workers.retire(database, "c")
    assert sorted(cells(api, "Trainings/s")) == ["12.3", "12.3", "–"]
    assert sorted(cells(api, "Memory")) == ["700 MiB", "700 MiB peak", "700 MiB peak"]
