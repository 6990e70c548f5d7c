"""Notes, tags and priority: beside the document, for those who may, and the priority decides what is claimed next."""

from __future__ import annotations

import pytest
from own_trainers import submit as submit_own
from storage_farm import claim_some, submit

from studies.errors import NotSubmitterError, StudyNotFoundError
from studies.storage import audit, external, overview, standing, studies
from studies.storage.editing import Edit, edit
from studies.storage.engine import Database
from studies.storage.waiting import waiting_studies


def test_a_new_priority_decides_which_study_is_claimed_next(database: Database) -> None:
    for name in ("first", "second", "third"):
        submit(database, name, points=2)
    assert claim_some(database, 1).study == "first"
    edit(database, "third", Edit(priority=5))
    assert claim_some(database, 1).study == "third"
    edit(database, "third", Edit(priority=-5))
    edit(database, "second", Edit(priority=1))
    assert [each.study for each in waiting_studies(database)] == ["second", "first", "third"]
    assert [each.study for each in standing.standings(database)] == ["second", "first", "third"]
    assert claim_some(database, 1).study == "second"


def test_what_is_held_stays_held(database: Database) -> None:
    submit(database, "first", points=1)
    held = claim_some(database, 1)
    edit(database, "first", Edit(priority=-100))
    assert overview.get(database, "first").summary.trials_running == len(held.trials)


def test_it_lies_beside_the_document(database: Database) -> None:
    spec = submit(database, priority=3)
    before = overview.get(database, spec.name)
    edited = edit(database, spec.name, Edit(notes="of Tuesday\nsuspect", tags=["b", "a", "b"], priority=9))
    assert edited == overview.get(database, spec.name)
    assert (edited.notes, edited.summary.tags, edited.summary.priority) == ("of Tuesday\nsuspect", ("a", "b"), 9)
    assert edited.spec == before.spec == spec
    assert (edited.summary.spec_hash, edited.summary.claim_hash) == (spec.spec_hash, spec.claim_hash)
    assert edited.summary.revision == before.summary.revision + 1


def test_each_change_is_on_the_audit_list_and_no_change_is_none(database: Database) -> None:
    submit(database)
    edit(database, "first", Edit(tags=["old", "kept"], notes="x" * 1200), actor="alice")
    edit(database, "first", Edit(tags=["kept", "new"], priority=2), actor="bob")
    revision = overview.revision(database, "first")
    edit(database, "first", Edit(tags=["new", "kept"], priority=2, notes="x" * 1200), actor="carol")
    assert overview.revision(database, "first") == revision
    found = [(e.actor, e.action, e.detail) for e in audit.history(database, "first").items if e.action == "edit"]
    assert found == [
        ("bob", "edit", "priority 0 to 2; tags: with new, without old"),
        ("alice", "edit", "tags: with kept, with old; notes: 1,200 characters, 0 before"),
    ]


def test_parts_can_be_taken_away_and_the_others_stay(database: Database) -> None:
    submit(database)
    edit(database, "first", Edit(tags=["a"], notes="text", priority=1))
    edit(database, "first", Edit(tags=[]))
    edit(database, "first", Edit(notes=""))
    detail = overview.get(database, "first")
    assert (detail.summary.tags, detail.notes, detail.summary.priority) == ((), "", 1)


def test_a_study_that_has_ended_can_be_edited(database: Database) -> None:
    submit(database)
    studies.cancel(database, "first")
    assert edit(database, "first", Edit(tags=["kept"])).summary.tags == ("kept",)


def test_only_the_submitter_edits(database: Database) -> None:
    submit(database)
    with pytest.raises(NotSubmitterError, match="you may not edit study 'first'"):
        edit(database, "first", Edit(priority=1), only_of="bob")
    with pytest.raises(StudyNotFoundError):
        edit(database, "none", Edit(priority=1))
    assert overview.get(database, "first").summary.priority == 0


def test_studies_are_listed_by_tag(database: Database) -> None:
    for name in ("one", "two", "three"):
        submit(database, name, points=1)
    edit(database, "one", Edit(tags=["thesis", "a_b"]))
    edit(database, "three", Edit(tags=["thesis-2", "axb"]))

    def tagged(tag: str) -> list[str]:
        return [each.name for each in overview.list_page(database, tag=tag).items]

    assert (tagged("thesis"), tagged("thesis-2"), tagged("a_b"), tagged("the")) == (["one"], ["three"], ["one"], [])


def test_programs_of_the_users_own_are_served_by_the_priority_in_force(database: Database) -> None:
    for name in ("early", "late"):
        submit_own(database, name=name)
    edit(database, "late", Edit(priority=1))
    batch = external.lease(database, owner="o", worker="w", limit=1, seconds=600.0)
    assert batch is not None
    assert batch.study == "late"
