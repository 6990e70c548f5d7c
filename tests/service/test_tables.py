"""Answers as tables for a terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from service.tables import memory, size, worker_table

WORKER: dict[str, Any] = {
    "name": "host-1-cpu",
    "state": "training",
    "alive": True,
    "device": "cpu x2",
    "study": "quickstart",
    "lanes": 48,
    "stack_limit": 64,
    "runs_done": 1234,
    "trainings_per_second": 12.345,
    "memory_bytes": 700 * 2**20,
    "last_seen_at": "2026-11-20T10:00:00Z",
}


def shown(*workers: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(worker_table(workers))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_worker_shows_stack_speed_and_memory() -> None:
    text = shown(WORKER)
    for part in ("training", "48 of 64", "12.3", "700 MiB", "1,234", "2026-11-20 10:00:00"):
        assert part in text


def test_a_worker_that_is_gone_has_no_stack_and_one_that_measured_nothing_no_speed() -> None:
    text = shown({**WORKER, "alive": False, "trainings_per_second": None, "memory_bytes": None, "study": None})
    assert "gone" in text
    assert "48" not in text
    assert text.count("–") == 4


def test_memory_says_what_it_is() -> None:
    assert memory(WORKER) == "700 MiB peak"
    assert memory({**WORKER, "device": "cuda:0 NVIDIA H100"}) == "700 MiB"
    assert memory({**WORKER, "memory_bytes": None}) == "–"


def test_sizes_are_read_by_people() -> None:
    assert (size(None), size(2**20), size(3 * 2**30)) == ("–", "1 MiB", "3.0 GiB")
