"""Verdicts are kept for the very content that they were made from, one for each study and objective."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from chaos import submit
from leases import LEASE
from noop_worker import turn, work_off

from studies.advance import advance
from studies.storage import overview, schema, studies, verdicts
from studies.storage.engine import Database, open_database
from studies.verdict.model import ANALYSIS_VERSION

TINY = {"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2}


@dataclass(frozen=True)
class Made:
    """A verdict's row, as it is stored and as it is asked for."""

    study: int
    revision: int
    claim_hash: str
    looks: int = 2
    version: int = ANALYSIS_VERSION
    objective: str = "accuracy"
    body: str = '{"outcome": "supported"}'

    def keep(self, db: Database) -> bool:
        return verdicts.keep(
            db,
            self.study,
            self.revision,
            objective=self.objective,
            claim_hash=self.claim_hash,
            analysis_version=self.version,
            looks=self.looks,
            body=self.body,
        )

    def find(self, db: Database, *, own: bool = False) -> str | None:
        objective = None if own else self.objective
        found = verdicts.find(db, self.study, self.revision, objective=objective)
        assert found is None or (found.claim_hash, found.objective) == (self.claim_hash, self.objective)
        return found and found.body


def made(db: Database, name: str = "small") -> Made:
    """The row of the study as it is now."""
    summary = overview.get(db, name).summary
    return Made(summary.id, summary.revision, summary.claim_hash)


def complete(db: Database, name: str = "small") -> Made:
    submit(db, name=name, design=TINY)
    work_off(db)
    return made(db, name)


def rows(db: Database) -> list[tuple[int, str]]:
    with db.read() as connection:
        columns = sa.select(schema.verdicts.c.study_id, schema.verdicts.c.objective)
        return sorted((row.study_id, row.objective) for row in connection.execute(columns))


def change(db: Database, **values: object) -> None:
    with db.begin() as connection:
        connection.execute(sa.update(schema.verdicts).values(**values))


def test_a_kept_verdict_is_found(database: Database) -> None:
    row = complete(database)
    assert row.find(database) is None
    assert row.keep(database)
    assert row.find(database) == row.body
    assert row.find(database, own=True) == row.body


def test_the_row_is_replaced(database: Database) -> None:
    row = complete(database)
    for body in ("{}", "[1]"):
        assert replace(row, body=body).keep(database)
    assert replace(row, objective="error", body="{2}").keep(database)
    assert row.find(database) == "[1]"
    assert rows(database) == [(row.study, "accuracy"), (row.study, "error")]


def test_storing_is_no_change_of_the_study(database: Database) -> None:
    row = complete(database)
    before = overview.revisions(database)
    row.keep(database)
    assert overview.revisions(database) == before


def test_another_content_is_not_given_it(database: Database) -> None:
    row = complete(database)
    row.keep(database)
    for other in (
        replace(row, study=row.study + 1),
        replace(row, revision=row.revision + 1),
        replace(row, revision=row.revision - 1),
        replace(row, objective="error"),
    ):
        assert other.find(database) is None, other
    others = (("claim_hash", "0" * 64), ("looks", 3), ("judged_revision", row.revision - 1))
    for column, value in (*others, ("analysis_version", 4)):
        row.keep(database)
        change(database, **{column: value})
        assert row.find(database) is None, column


def test_a_further_look_or_round_ends_it(database: Database) -> None:
    row = complete(database)
    row.keep(database)
    with database.begin() as connection:
        connection.execute(sa.update(schema.sweeps).values(rounds=1))
    assert row.find(database) is None


@pytest.mark.parametrize("body", ["", "{}", '{"outcome": "refuted"}', '{"outcome": "supported"} '])
def test_a_damaged_body_is_not_given(database: Database, body: str) -> None:
    row = complete(database)
    row.keep(database)
    change(database, body=body)
    assert row.find(database) is None


def test_what_an_earlier_edition_of_the_analysis_said_is_not_given(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = complete(database)
    with monkeypatch.context() as earlier:
        earlier.delitem(verdicts.EDITIONS, verdict.version)
        assert verdict.keep(database)
        assert verdict.find(database) == verdict.body
    assert verdict.find(database) is None
    assert verdict.keep(database) and verdict.find(database) == verdict.body


def test_a_body_that_is_no_text_is_not_given(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    row = complete(database)
    row.keep(database)
    change(database, body=sa.text("x'ff00'"))
    assert row.find(database) is None
    database.dispose()


def test_a_study_that_has_not_ended_has_none(database: Database) -> None:
    submit(database)
    row = made(database)
    assert not row.keep(database)
    studies.pause(database, "small")
    assert not made(database).keep(database)
    assert rows(database) == []
    studies.cancel(database, "small")
    assert made(database).keep(database)


def test_an_ended_study_that_runs_again_has_none(database: Database) -> None:
    row = complete(database)
    row.keep(database)
    studies.grant(database, "small", 10)
    again = made(database)
    assert not again.keep(database)
    assert (row.find(database), again.find(database)) == (None, None)
    assert not row.keep(database), "what was judged has changed since"


def test_it_goes_with_its_study(database: Database) -> None:
    row, other = complete(database), complete(database, "other")
    for each in (row, replace(row, objective="error"), other):
        each.keep(database)
    studies.delete(database, "small")
    assert rows(database) == [(other.study, "accuracy")]
    again = complete(database)
    assert (again.find(database), row.find(database)) == (None, None)
    assert not row.keep(database), "one that was judged before its study was deleted comes too late"
    assert rows(database) == [(other.study, "accuracy")]


def test_a_body_beyond_the_limit_is_not_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    row = complete(database)
    monkeypatch.setattr(verdicts, "BODY_LIMIT", len(row.body) - 1)
    assert not row.keep(database)
    assert rows(database) == []


def test_several_at_once_leave_one_row(database: Database, database_url: str) -> None:
    row = complete(database)
    services = [open_database(database_url) for _ in range(4)]
    bodies = [f"[{number}]" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            kept = pool.map(lambda pair: replace(row, body=pair[1]).keep(pair[0]), zip(services, bodies, strict=True))
            assert list(kept) == [True] * 4
    assert rows(database) == [(row.study, "accuracy")]
    assert row.find(database) in bodies
    for service in services:
        service.dispose()


def test_it_does_not_wait_for_a_change_of_the_study(postgres_url: str) -> None:
    database, other = open_database(postgres_url), open_database(postgres_url)
    row = complete(database)
    with other.begin() as connection:
        overview.find(connection, "small", lock=True)
        assert not row.keep(database)
    assert row.keep(database)
    for each in (database, other):
        each.dispose()


def test_a_sweep_that_moves_on_changes_the_revision(database: Database) -> None:
    """A later look and a widened box are steps: the revision, which rows are kept under, rises with each."""
    submit(database)
    before = overview.revision(database, "small")
    while turn(database, "worker", limit=500, lease=LEASE, seconds=0.0):
        pass
    measured = overview.revision(database, "small")
    assert advance(database) > 0
    assert before < measured < overview.revision(database, "small")
