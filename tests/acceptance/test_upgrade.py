"""A database of every earlier release is upgraded in the middle of a study, and the study ends as it would have."""

from __future__ import annotations

import warnings
from pathlib import Path

import forked_programs
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from chaos import finished, submit
from invariants import check_at_rest, evidence_bytes
from leases import LEASE, pass_time
from noop_worker import turn
from old_schemas import copy_rows, load_dump, make_tables, revisions
from planning import planned_on
from processes import BIN, environment

from service.verdicts.cache import VerdictCache
from studies.errors import SchemaError
from studies.judgement import judge
from studies.storage import overview, queue, schema, studies
from studies.storage.engine import Database, open_database
from studies.storage.migrate import VERSION_TABLE, require_current
from studies.verdict.exchange import to_text

FIRST_RELEASE = Path(__file__).parent / "fixtures" / "first_release.sql"  # `sqlite3 golden.db .dump`, revision 0001


def work(db: Database, *, turns: int = 1000) -> None:
    """The work of workers, without training: results follow from points and seeds alone."""
    for _ in range(turns):
        if not planned_on(lambda: turn(db, "worker", limit=16, lease=60.0, seconds=0.0), db):
            return


def upgrade(url: str, folder: Path) -> None:
    """As an operator does it; what it cannot do, it says."""
    done = forked_programs.run([str(BIN / "golden"), "db", "upgrade"], env=environment(url), cwd=folder)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def matches_the_program(db: Database) -> bool:
    """True if the tables are those that this program declares, column by column and index by index."""
    options = {
        "version_table": VERSION_TABLE,
        "include_name": lambda name, kind, _: kind != "table" or str(name).startswith("golden_"),
    }
    with db.read() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        return compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata) == []


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """URLs of a database with this program's tables and of an empty one, both of one kind."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url"), f"sqlite:///{tmp_path / 'old.db'}"
    return request.getfixturevalue("postgres_url"), request.getfixturevalue("empty_postgres_url")


@pytest.mark.parametrize("revision", revisions())
def test_a_study_that_was_half_done_ends_with_the_report_of_one_never_upgraded(
    pair: tuple[str, str], revision: str, tmp_path: Path
) -> None:
    database_url, empty_url = pair
    database = open_database(database_url)
    submit(database)
    work(database, turns=3)
    assert queue.claim(database, worker="dies", limit=3, lease_seconds=LEASE) is not None
    pass_time(database)
    half = overview.get(database, "small").summary
    assert 0 < half.runs_done < half.runs_expected
    old = open_database(empty_url)
    make_tables(old, revision)
    assert copy_rows(database.engine, old) > 100
    with pytest.raises(SchemaError, match="golden db upgrade"):
        require_current(old)
    upgrade(empty_url, tmp_path)
    require_current(old)
    assert matches_the_program(old)
    for each in (old, database):
        work(each)
        assert finished(each, "small") == "complete"
        check_at_rest(each, "small")
    assert evidence_bytes(old, "small") == evidence_bytes(database, "small")
    for each in (old, database):
        each.dispose()


def test_the_first_releases_database_goes_on(empty_url: str, tmp_path: Path) -> None:
    dump = load_dump(FIRST_RELEASE, tmp_path / "first.db")
    if empty_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'first.db'}"
    else:
        url = empty_url
        old = open_database(url)
        make_tables(old, "0001")
        assert copy_rows(dump, old) > 500
        old.dispose()
    dump.dispose()
    upgrade(url, tmp_path)
    db = open_database(url)
    require_current(db)
    assert matches_the_program(db)
    kept = overview.get(db, "small").summary
    assert (kept.runs_done, kept.trials_running, kept.state) == (40, 3, "running")
    done_before = evidence_bytes(db, "done")
    judgings: list[float] = []
    said = [to_text(VerdictCache(db, on_judged=judgings.append).verdict("done").verdict) for _ in range(2)]
    assert (said, len(judgings)) == ([to_text(judge(db, "done"))] * 2, 1), "made once, then read"
    work(db)
    assert finished(db, "small") == "complete"
    check_at_rest(db, "small")
    assert evidence_bytes(db, "done") == done_before
    studies.delete(db, "done")
    submit(db, name="done")
    assert overview.revision(db, "done") > 1, "what was kept of the deleted one is not taken for it"
    db.dispose()
