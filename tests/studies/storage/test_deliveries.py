"""Deliveries: made out once, held by one, in each study's order, tried again, given up in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from waiting import wait_until

from studies.records import DeliveryState
from studies.storage import deliveries, notices, schema
from studies.storage.engine import Database, now
from studies.storage.read_models import ClaimedDelivery

HOOKS = ("lab", "ops")
_due = schema.deliveries.c


def note(database: Database, study: int, event: str = "failed") -> int:
    """A notice as `notices.write` stores it; its number."""
    facts = (
        '{"title": "", "state": "failed", "revision": 3, "claim_hash": "", "spec_hash": "", "submitted_by": "", '
        '"runs_expected": 4, "runs_done": 2, "runs_diverged": 0, "trials_failed": 2, "note": "no"}'
    )
    with database.begin() as connection:
        row = {"key": f"msg_{study}_{event}_{uuid4().hex[:12]}", "event": event, "at": now(connection)}
        row |= {"study_id": study, "study": f"s{study}", "facts": facts}
        return int(connection.execute(sa.insert(schema.notices).values(**row)).inserted_primary_key[0])


def moment(database: Database) -> datetime:
    """What the database's clock says."""
    with database.read() as connection:
        return now(connection)


def sent(database: Database, study: int, hooks: tuple[str, ...] = HOOKS) -> int:
    number = note(database, study)
    deliveries.dispatch(database, number, hooks)
    return number


def claim(database: Database, hook: str = "lab", lease: float = 60.0) -> ClaimedDelivery | None:
    return deliveries.claim(database, hook, lease_seconds=lease)


def age(database: Database, **by: float) -> None:
    """Let time pass for every delivery."""
    with database.begin() as connection:
        for row in connection.execute(sa.select(_due.notice_id, _due.webhook, _due.created_at, _due.due_at)).all():
            own = sa.and_(_due.notice_id == row.notice_id, _due.webhook == row.webhook)
            earlier = {"created_at": row.created_at - timedelta(**by), "due_at": row.due_at - timedelta(**by)}
            connection.execute(sa.update(schema.deliveries).where(own).values(**earlier))


@pytest.fixture(autouse=True)
def known(database: Database) -> None:
    deliveries.register(database, HOOKS)


def test_a_notice_is_made_out_once_to_those_that_were_known(database: Database) -> None:
    number = note(database, 1)
    noted = moment(database)
    wait_until(lambda: moment(database) > noted, what="the database's clock to move on")
    deliveries.register(database, ("late", *HOOKS))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: deliveries.dispatch(database, number, ("lab", "ops", "late")), range(4)))
    assert sorted(made) == [0, 0, 0, 2]
    assert notices.undispatched(database, limit=10) == []
    assert deliveries.due(database, ("lab", "ops", "late")) == ["lab", "ops"]


def test_one_service_holds_a_delivery_and_another_takes_it_over_after_its_lease(database: Database) -> None:
    sent(database, 1)
    with ThreadPoolExecutor(4) as pool:
        held = [found for found in pool.map(lambda _: claim(database), range(4)) if found]
    assert len(held) == 1
    assert claim(database) is None
    age(database, seconds=61)
    again = claim(database)
    assert again is not None
    assert (again.notice.key, again.attempt) == (held[0].notice.key, 2)
    assert deliveries.record(database, held[0], status=200) is None, "the first one's outcome comes too late"
    assert deliveries.record(database, again, status=200) == DeliveryState.DELIVERED
    assert claim(database) is None


def test_the_order_within_a_study_is_kept_and_other_studies_go_on(database: Database) -> None:
    first, second, other = sent(database, 1), sent(database, 1), sent(database, 2)
    held = claim(database)
    assert held is not None and held.notice.number == first
    assert deliveries.record(database, held, status=500, error="answered 500", retry_after=600) == "waiting"
    overtaking = claim(database)
    assert overtaking is not None and overtaking.notice.number == other
    assert deliveries.record(database, overtaking, status=200) == "delivered"
    assert claim(database) is None, "the second of study 1 waits for its first"
    age(database, seconds=601)
    again = claim(database)
    assert again is not None and again.notice.number == first
    assert deliveries.record(database, again, status=204) == "delivered"
    last = claim(database)
    assert last is not None and last.notice.number == second


def test_other_webhooks_do_not_wait(database: Database) -> None:
    number = sent(database, 1)
    assert claim(database) is not None
    other = claim(database, "ops")
    assert other is not None and other.notice.number == number


def test_after_a_day_it_is_given_up_and_the_next_one_goes(database: Database) -> None:
    first, second = sent(database, 1), sent(database, 1)
    held = claim(database)
    assert held is not None
    assert deliveries.record(database, held, status=None, error="refused", retry_after=1e9) == "waiting"
    with database.read() as connection:
        row = connection.execute(sa.select(schema.deliveries).where(_due.notice_id == first)).first()
    assert row is not None and row.due_at == row.created_at + deliveries.GIVEN_UP_AFTER, "a last try at the end"
    age(database, hours=24)
    held = claim(database)
    assert held is not None and held.notice.number == first
    assert deliveries.record(database, held, status=None, error="refused", retry_after=5) == "given_up"
    held = claim(database)
    assert held is not None and held.notice.number == second
    assert deliveries.record(database, held, status=410, error="gone", retry_after=float("inf")) == "given_up"
    lab, ops = deliveries.standings(database)
    assert (lab.webhook, lab.waiting, lab.given_up, lab.failing) == ("lab", 0, 2, "gone")
    assert (ops.waiting, ops.given_up, ops.failing, ops.oldest_waiting is None) == (2, 0, "", False)


def test_what_nobody_tries_is_given_up(database: Database) -> None:
    sent(database, 1)
    assert deliveries.give_up_orphans(database) == 0
    age(database, hours=25, seconds=1)
    assert deliveries.give_up_orphans(database) == 2
    assert {standing.failing for standing in deliveries.standings(database)} == {"no service knew this webhook"}


def test_a_deleted_notice_takes_its_deliveries_along(database: Database) -> None:
    sent(database, 1)
    with database.begin() as connection:
        connection.execute(sa.delete(schema.notices))
    assert deliveries.standings(database) == []
    assert [s.webhook for s in deliveries.standings(database, ["lab"])] == ["lab"]
