"""A study's detail is counted once a revision, and never outlives what it says."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from asked import asked_of
from storage_farm import claim_some, results_of, submit

from studies.storage import finishing, kept_details, overview, studies
from studies.storage.engine import Database, open_database


def counted(database: Database) -> AbstractContextManager[list[str]]:
    """The statements inside that read trials."""
    return asked_of(database, lambda statement: "golden_trials" in statement)


def test_trials_are_counted_again_only_after_a_change(database: Database) -> None:
    submit(database, "kept", points=4)
    first = overview.get(database, "kept")
    with counted(database) as statements:
        assert overview.get(database, "kept") is first
    assert statements == []
    trials = claim_some(database, limit=2).trials
    assert overview.get(database, "kept").summary.trials_running == len(trials)
    assert all(finishing.finish(database, results_of(trials)))
    again = overview.get(database, "kept")
    assert again.summary.revision > first.summary.revision
    assert sum(p.complete for s in again.sweeps for p in s.phases) == len(trials)


def test_a_change_by_another_process_is_seen(database: Database, database_url: str) -> None:
    submit(database, "kept", points=2)
    before = overview.get(database, "kept")
    other = open_database(database_url)
    studies.pause(other, "kept")
    other.dispose()
    assert overview.get(database, "kept").summary.state != before.summary.state


def test_a_namesake_gets_its_own(database: Database) -> None:
    submit(database, "kept", points=2)
    overview.get(database, "kept")
    studies.delete(database, "kept")
    submit(database, "kept", points=5)
    sweep = overview.get(database, "kept").sweeps[0]
    assert sum(p.waiting for p in sweep.phases) == 5


def test_only_so_many_are_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_details, "CAPACITY", 1)
    for name in ("one", "two"):
        submit(database, name, points=1)
    one = overview.get(database, "one")
    overview.get(database, "two")
    again = overview.get(database, "one")
    assert again is not one and again == one
