"""Revisions rise with every change, never come again, and are raised in one file."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from storage_farm import claim_some, drain, results_of, submit

from studies.storage import finishing, overview, queue, revisions, schema, studies
from studies.storage.engine import Database


def test_revision_rises_with_each_change(database: Database) -> None:
    submit(database, points=2)
    seen = [(overview.revision(database, "first"), overview.revisions(database))]

    def note() -> None:
        seen.append((overview.revision(database, "first"), overview.revisions(database)))

    trials = claim_some(database, 1).trials
    note()
    finishing.finish(database, results_of(trials))
    note()
    queue.release(database, claim_some(database, 1).trials)
    note()
    studies.pause(database, "first")
    note()
    assert seen == sorted(set(seen))


def test_a_name_and_a_revision_never_come_again(database: Database) -> None:
    seen: list[tuple[int, int]] = []
    for points in (3, 1, 2):
        submit(database, points=points)
        seen.append(overview.stamp(database, "first"))
        drain(database)
        seen.append(overview.stamp(database, "first"))
        studies.delete(database, "first")
    assert seen == sorted(set(seen))
    assert len({revision for _, revision in seen}) == len(seen), "the revision alone distinguishes them"
    submit(database, "other", points=1)
    studies.delete(database, "other")
    submit(database, points=1)
    assert overview.revision(database, "first") > max(revision for _, revision in seen)


def test_many_deletions_at_once_are_all_counted(database: Database) -> None:
    for number in range(8):
        submit(database, f"study-{number}", points=1)
    before = overview.revisions(database)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(partial(studies.delete, database), [f"study-{number}" for number in range(8)]))
    assert overview.revisions(database) == before + 8


def assigns_revision(node: ast.AST) -> bool:
    """True if a node sets the column `revision`: in a dict, or as an argument of a statement's `values`."""
    if isinstance(node, ast.Dict):
        return any(isinstance(key, ast.Constant) and key.value == "revision" for key in node.keys)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
        return any(keyword.arg == "revision" for keyword in node.keywords)
    return False


def writes_studies(node: ast.AST) -> bool:
    """True if a node inserts, updates or deletes rows of `golden_studies`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    table = node.args[0]
    name = table.attr if isinstance(table, ast.Attribute) else getattr(table, "id", "")
    return node.func.attr in {"insert", "update", "delete"} and name == "studies"


def test_one_file_alone_writes_studies_and_their_revisions() -> None:
    folder = Path(revisions.__file__).parent
    found = {
        path.name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if assigns_revision(node) or writes_studies(node)
    }
    assert found == {"revisions.py"}


def test_a_change_whose_condition_fails_changes_nothing(database: Database) -> None:
    submit(database)
    before = overview.stamp(database, "first")
    which = sa.and_(schema.studies.c.name == "first", schema.studies.c.state == "paused")
    assert not database.write(lambda connection: revisions.change_study(connection, which, note="x"))
    assert overview.stamp(database, "first") == before
    assert database.write(lambda connection: revisions.change_study(connection, ~which, note="x"))
    assert overview.stamp(database, "first") == (before[0], before[1] + 1)
