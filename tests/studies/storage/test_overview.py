"""Studies as clients see them."""

from __future__ import annotations

import pytest
from storage_farm import claim_some, results_of, submit

from studies.errors import SpecError, StudyNotFoundError
from studies.records import StudyState
from studies.storage import finishing, listing, overview, studies
from studies.storage.engine import Database


def test_list_pages_newest_first_and_stays_stable(database: Database) -> None:
    for i in range(5):
        submit(database, f"study-{i}", points=1)
    first = overview.list_page(database, limit=2)
    submit(database, "latecomer", points=1)
    second = overview.list_page(database, limit=2, cursor=first.next_cursor)
    third = overview.list_page(database, limit=2, cursor=second.next_cursor)
    names = [s.name for page in (first, second, third) for s in page.items]
    assert names == ["study-4", "study-3", "study-2", "study-1", "study-0"]
    assert third.next_cursor is None
    studies.pause(database, "study-3")
    assert [s.name for s in overview.list_page(database, state=StudyState.PAUSED).items] == ["study-3"]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WyJhIl0", "WzFlOTld", "bnVsbA", "W3RydWVd", "é", "[" * 500])
def test_foreign_cursor_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(SpecError, match="cursor"):
        overview.list_page(database, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_page_size_is_bounded(database: Database, limit: int) -> None:
    with pytest.raises(SpecError, match="limit"):
        overview.list_page(database, limit=limit)


def test_get_of_an_unknown_study_says_so(database: Database) -> None:
    for call in (overview.get, overview.revision, studies.pause, studies.resume, studies.cancel, studies.delete):
        with pytest.raises(StudyNotFoundError, match="no study is named 'nobody'"):
            call(database, "nobody")


def test_a_study_is_found_with_its_progress_and_its_best_point(database: Database) -> None:
    spec = submit(database, points=3, runs=2)
    assert all(finishing.finish(database, results_of(claim_some(database, 4).trials)))
    detail = overview.get(database, "first")
    assert detail.spec == spec
    (phase,) = detail.sweeps[0].phases
    assert (phase.complete, phase.waiting, phase.runs_done, phase.runs_planned) == (2, 1, 4, 6)
    rows = listing.trials_page(database, "first", sweep="golden@paper", sort="-value").items
    best = detail.sweeps[0].best
    assert best is not None
    assert (best.trial, best.value) == (rows[0].number, rows[0].value)
    assert overview.stamp(database, "first") == (detail.summary.id, overview.revision(database, "first"))
