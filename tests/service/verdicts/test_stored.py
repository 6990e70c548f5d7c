"""Verdicts on ended studies outlive the process; whatever is wrong with a stored one, the answer is the same."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from captured_logs import captured_logs
from chaos import submit
from leases import LEASE
from noop_worker import turn, work_off
from small_disk import small_disk, why_no_disk

from service.verdicts.cache import VerdictCache
from service.verdicts.objectives import by_every_objective
from service.webhooks.judging import judged
from studies.language.claim import Objective
from studies.language.versions import ANALYSIS_OF_SCHEMA
from studies.storage import notices, overview, schema, studies, verdicts
from studies.storage.engine import Database, open_database
from studies.storage.patience import SERVICE
from studies.verdict.exchange import to_text
from studies.verdict.model import ANALYSIS_VERSION

TINY = {"kind": "search", "sampler": "random", "trials": 3, "claim_replicates": 2}
OBJECTIVES = get_args(Objective)
WHY_NOT = why_no_disk()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url, patience=SERVICE)
    yield opened
    opened.dispose()


class Restarted:
    """The cache of a service that has just started, and how often it had to judge."""

    def __init__(self, db: Database) -> None:
        self.judgings: list[float] = []
        self.cache = VerdictCache(db, on_judged=self.judgings.append)

    def says(self, name: str = "small", objective: Objective | None = None) -> str:
        return to_text(self.cache.verdict(name, objective).verdict)


def complete(db: Database, **changes: Any) -> None:
    submit(db, **{"design": TINY, **changes})
    work_off(db)


def change(db: Database, **values: object) -> None:
    with db.begin() as connection:
        connection.execute(sa.update(schema.verdicts).values(**values))


def body_of(db: Database) -> str:
    with db.read() as connection:
        return str(connection.execute(sa.select(schema.verdicts.c.body)).scalar_one())


def count(db: Database) -> int:
    with db.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(schema.verdicts)).scalar_one())


def assert_kept_from_now_on(db: Database, said: str) -> None:
    """The verdict is made once, and not again after the next restart."""
    for judgings in (1, 0):
        service = Restarted(db)
        assert (service.says(), len(service.judgings)) == (said, judgings)


def test_a_restart_makes_no_verdict_anew(db: Database) -> None:
    complete(db)
    before = Restarted(db)
    said = [to_text(found.verdict) for found in by_every_objective(before.cache, "small", "accuracy")]
    report = before.cache.report("small")
    assert len(before.judgings) == len(OBJECTIVES) == count(db)
    after = Restarted(db)
    assert [to_text(found.verdict) for found in by_every_objective(after.cache, "small", "accuracy")] == said
    assert after.cache.report("small") == report
    assert after.says("small", "accuracy") == said[0], "the claim's own objective by its name is the same row"
    assert after.judgings == []


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_every_way_to_end_counts(db: Database, end: str) -> None:
    submit(db, design=TINY, limits={"max_attempts": 1, "max_failed_share": 0.0})
    turn(db, "worker", limit=2, lease=LEASE, seconds=0.0)
    with db.begin() as connection:
        connection.execute(sa.update(schema.studies).values(state=end, revision=schema.studies.c.revision + 1))
    said = Restarted(db).says()
    after = Restarted(db)
    assert (after.says(), after.judgings) == (said, [])


def test_a_running_study_is_never_stored(db: Database) -> None:
    submit(db)
    turn(db, "worker", limit=8, lease=LEASE, seconds=0.0)
    for act in (lambda: None, lambda: studies.pause(db, "small"), lambda: studies.resume(db, "small")):
        act()
        service = Restarted(db)
        service.says()
        assert (len(service.judgings), count(db)) == (1, 0)


def test_an_extended_study_never_gets_the_old_one(db: Database) -> None:
    complete(db)
    old = Restarted(db).says()
    studies.grant(db, "small", 10)
    service = Restarted(db)
    assert (service.says() == old, len(service.judgings)) == (True, 1), "the same rows say the same, judged anew"
    work_off(db)
    with db.begin() as connection:
        connection.execute(sa.update(schema.studies).values(state="complete", revision=schema.studies.c.revision + 1))
    assert_kept_from_now_on(db, old)


def test_a_namesake_never_gets_the_old_one(db: Database) -> None:
    complete(db)
    old = Restarted(db).says()
    studies.delete(db, "small")
    assert count(db) == 0
    complete(db, seed=7)
    new = Restarted(db)
    assert (new.says() == old, len(new.judgings)) == (False, 1)


@pytest.mark.parametrize("schema_version", ANALYSIS_OF_SCHEMA)
def test_a_verdict_under_the_documents_own_analysis_is_stored_whatever_the_newest_is(
    db: Database, schema_version: int
) -> None:
    complete(db, schema_version=schema_version)
    said = Restarted(db).says()
    service = Restarted(db)
    assert (service.says(), len(service.judgings)) == (said, 0)
    assert json.loads(said)["analysis_version"] == ANALYSIS_OF_SCHEMA[schema_version]


def test_a_verdict_under_another_analysis_is_neither_stored_nor_given_for_the_own_one(db: Database) -> None:
    complete(db, schema_version=2)
    service = Restarted(db)
    again = service.cache.verdict("small", None, 5).verdict
    assert (again.analysis_version, count(db)) == (5, 0)
    assert service.cache.verdict("small", None, 5).verdict is again
    assert service.cache.verdict("small").verdict.analysis_version == 4
    assert (len(service.judgings), count(db)) == (2, 1)


def test_a_row_under_another_analysis_is_made_anew(db: Database) -> None:
    complete(db, schema_version=2)
    said = Restarted(db).says()
    change(db, analysis_version=5)
    assert_kept_from_now_on(db, said)


def _without(name: str, text: str) -> str:
    document = json.loads(text)
    del document[name]
    return json.dumps(document, separators=(",", ":"))


DAMAGES = {
    "empty": lambda text: "",
    "cut": lambda text: text[:-1],
    "no JSON": lambda text: "<html>",
    "not a verdict": lambda text: "[1, 2, 3]",
    "nested": lambda text: "[" * 100_000,
    "a newer release's": lambda text: json.dumps({**json.loads(text), "statements": []}, separators=(",", ":")),
    "an older release's": lambda text: _without("drift", text),
    "another outcome": lambda text: text.replace('"outcome":"', '"outcome":"not '),
    "another study's": lambda text: text.replace('"study":"small"', '"study":"other"'),
    "another claim's": lambda text: re.sub('"claim_hash":"[0-9a-f]+"', '"claim_hash":"ab"', text),
    "another analysis'": lambda text: re.sub('"analysis_version":[0-9]+', '"analysis_version":9', text),
    "another objective's": lambda text: text.replace('"objective":"accuracy"', '"objective":"error"'),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("with_digest", [False, True])
def test_a_row_that_cannot_be_read_is_made_anew(db: Database, damage: str, with_digest: bool) -> None:
    complete(db)
    said = Restarted(db).says()
    body = DAMAGES[damage](body_of(db))
    assert body != said
    change(db, body=body, **({"digest": verdicts._digest(body, ANALYSIS_VERSION)} if with_digest else {}))
    assert_kept_from_now_on(db, said)


@pytest.mark.parametrize("column", ["body", "digest"])
@pytest.mark.parametrize("value", ["x'ff00'", "CAST(x'ff00' AS TEXT)", "17"])
def test_a_value_that_is_no_text_is_made_anew(sqlite_url: str, column: str, value: str) -> None:
    db = open_database(sqlite_url)
    complete(db)
    said = Restarted(db).says()
    change(db, **{column: sa.text(value)})
    assert_kept_from_now_on(db, said)
    db.dispose()


@contextmanager
def _read_only(db: Database) -> Iterator[None]:
    """The database takes no changes: its server says so, or another program holds the file."""
    if db.kind == "postgresql":
        name = db.engine.url.database
        with db.begin() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        db.dispose()  # sessions that begin from now on
        yield
        with db.read() as connection:
            connection.execute(sa.text("SET TRANSACTION READ WRITE"))
            connection.execute(sa.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = off'))
        db.dispose()
        return
    other = open_database(db.engine.url.set(drivername="sqlite").render_as_string())
    with other.begin():
        yield
    other.dispose()


def test_a_database_that_takes_no_changes_costs_no_answer(db: Database) -> None:
    complete(db)
    with _read_only(db), captured_logs() as logs:
        service = Restarted(db)
        said = [service.says("small", objective) for objective in OBJECTIVES]
        assert len(said) == len(service.judgings) == len(OBJECTIVES)
        assert [line["event"] for line in logs] == ["verdicts not stored"], "once"
        assert logs[0]["log_level"] == "warning" and "Traceback" not in str(logs)
    assert count(db) == 0
    assert_kept_from_now_on(db, said[OBJECTIVES.index("accuracy")])


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "a small disk can be mounted")
def test_a_full_disk_costs_no_answer(sqlite_template: Path) -> None:
    with small_disk(8) as disk:
        path = disk.folder / "golden.db"
        shutil.copy(sqlite_template, path)
        db = open_database(f"sqlite:///{path}", patience=SERVICE)
        complete(db)
        Restarted(db).says("small", "error")
        disk.fill()
        with captured_logs() as logs:
            service = Restarted(db)
            said = [service.says("small", objective) for objective in OBJECTIVES if objective != "error"]
        assert len(said) == len(service.judgings) == len(OBJECTIVES) - 1
        assert [line["event"] for line in logs] == ["verdicts not stored"], "once"
        assert any(words in logs[0]["reason"] for words in ("no disk space left", "reports an error"))
        assert count(db) == 1
        disk.free()
        assert_kept_from_now_on(db, said[0])
        db.dispose()


def test_two_services_store_at_once(db: Database, database_url: str) -> None:
    complete(db)
    databases = [open_database(database_url, patience=SERVICE) for _ in range(2)]
    services = [Restarted(each) for each in databases]
    with ThreadPoolExecutor(2) as pool:
        for objective in OBJECTIVES:
            said = list(pool.map(lambda service: service.says("small", objective), services))  # noqa: B023
            assert said[0] == said[1]
    assert count(db) == len(OBJECTIVES)
    after = Restarted(db)
    for objective in OBJECTIVES:
        after.says("small", objective)
    assert after.judgings == []
    for each in databases:
        each.dispose()


def test_the_verdict_of_a_notice_is_not_made_anew(db: Database) -> None:
    complete(db)
    Restarted(db).says()
    after = Restarted(db)
    (decided,) = [notice for notice in notices.page(db).items if notice.event == "decided"]
    found = judged(db, after.cache, decided)
    assert found is not None and found.outcome == after.cache.verdict("small").verdict.outcome
    assert after.judgings == []
    assert overview.stamp(db, "small") == (decided.study_id, decided.revision)
