"""Deliveries: a row for each notice and webhook, from the moment when a service makes them out until one has arrived.

Promises
- A delivery is held by one service at a time, under a lease on the database's clock, and its outcome is fenced by the
  number of its attempt. A service that dies holds it until the lease ends; then it is tried again.
- Of one study's notices, a webhook is sent a later one only when each earlier one has arrived or was given up.
- A webhook hears of nothing that happened before a service first knew it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import DeliveryState
from studies.storage import schema
from studies.storage.engine import Database, now
from studies.storage.notices import notice_of
from studies.storage.read_models import ClaimedDelivery, WebhookStanding

GIVEN_UP_AFTER = timedelta(hours=24)  # from when a delivery was made out
ORPHANED_AFTER = GIVEN_UP_AFTER + timedelta(hours=1)  # no service tries it, as none knows its webhook
ERROR_LIMIT = 300  # characters

deliveries, notices, webhooks = schema.deliveries, schema.notices, schema.webhooks
_HEARD_FROM = sa.text("INSERT INTO golden_webhooks (name, since) VALUES (:name, :since) ON CONFLICT (name) DO NOTHING")


def register(database: Database, names: Collection[str]) -> None:
    """Note when webhooks were first known; those that are known already stay as they are.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """

    def work(connection: Connection) -> None:
        known = set(connection.execute(sa.select(webhooks.c.name)).scalars())
        statement = _HEARD_FROM.bindparams(sa.bindparam("since", type_=schema.UtcDateTime))
        for name in sorted(set(names) - known):
            connection.execute(statement, {"name": name, "since": now(connection)})

    database.write(work)


def dispatch(database: Database, number: int, names: Collection[str]) -> int:
    """Make out a notice's deliveries to these webhooks; of several services that do so, one does.

    Returns:
        How many deliveries were made out.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """

    def work(connection: Connection) -> int:
        wanted = sa.select(notices).where(notices.c.id == number, schema.UNDISPATCHED)
        notice = connection.execute(wanted.with_for_update()).one_or_none()
        if notice is None:
            return 0
        at = now(connection)
        in_time = sa.select(webhooks.c.name).where(webhooks.c.name.in_(names), webhooks.c.since <= notice.at)
        chosen = list(connection.execute(in_time.order_by(webhooks.c.name)).scalars())
        shared = {"notice_id": number, "study_id": notice.study_id, "created_at": at, "due_at": at}
        for name in chosen:
            connection.execute(sa.insert(deliveries).values(webhook=name, **shared))
        connection.execute(sa.update(notices).where(notices.c.id == number).values(dispatched=sa.true()))
        return len(chosen)

    return database.write(work)


def due(database: Database, names: Collection[str]) -> list[str]:
    """Those of these webhooks for which some delivery is due.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        asked = sa.select(deliveries.c.webhook).where(_is_due(now(connection)), deliveries.c.webhook.in_(names))
        return sorted(connection.execute(asked.distinct()).scalars())


def claim(database: Database, webhook: str, *, lease_seconds: float) -> ClaimedDelivery | None:
    """Lease the webhook's delivery that is due for longest; None where none is due.

    After a lost connection, call again: a claim that did go through runs out unused.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> ClaimedDelivery | None:
        at = now(connection)
        chosen = sa.select(deliveries).where(_is_due(at), deliveries.c.webhook == webhook)
        chosen = chosen.order_by(deliveries.c.due_at, deliveries.c.notice_id).limit(1)
        row = connection.execute(chosen.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        values = {"attempts": row.attempts + 1, "due_at": at + timedelta(seconds=lease_seconds)}
        connection.execute(sa.update(deliveries).where(*_is(row.notice_id, webhook)).values(**values))
        notice = connection.execute(sa.select(notices).where(notices.c.id == row.notice_id)).one()
        return ClaimedDelivery(notice_of(notice), notice.verdict, webhook, row.attempts + 1)

    return database.write(work)


def record(
    database: Database, delivery: ClaimedDelivery, *, status: int | None, error: str = "", retry_after: float = 0.0
) -> DeliveryState | None:
    """Record the outcome of an attempt; one that failed is repeated until it is given up.

    Args:
        delivery: as claimed.
        status: of the answer, None where there was none.
        error: why it failed; "" where it arrived.
        retry_after: seconds until the next attempt; an attempt that would come after `GIVEN_UP_AFTER` is made then.
            Infinity: give up at once.

    Returns:
        The delivery's state, None where it was claimed again meanwhile: nothing is changed then.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """

    def work(connection: Connection) -> DeliveryState | None:
        mine = _is(delivery.notice.number, delivery.webhook)
        own = sa.and_(*mine, deliveries.c.attempts == delivery.attempt, schema.WAITING)
        row = connection.execute(sa.select(deliveries).where(own).with_for_update()).one_or_none()
        if row is None:
            return None
        at = now(connection)
        state, values = _outcome(row, at, error=error, retry_after=retry_after)
        values |= {"state": state.value, "status": status, "error": error[:ERROR_LIMIT]}
        connection.execute(sa.update(deliveries).where(own).values(**values))
        return state

    return database.write(work)


def give_up_orphans(database: Database) -> int:
    """Give up what no service has tried in all its time, as none knows its webhook any more; returns how many.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """

    def orphaned(connection: Connection) -> sa.ColumnElement[bool]:
        at = now(connection)
        return sa.and_(schema.WAITING, deliveries.c.created_at < at - ORPHANED_AFTER, deliveries.c.due_at < at)

    values = {"state": DeliveryState.GIVEN_UP.value, "error": "no service knew this webhook"}
    with database.read() as connection:
        if connection.execute(sa.select(deliveries.c.notice_id).where(orphaned(connection)).limit(1)).first() is None:
            return 0
    return database.write(
        lambda connection: (
            connection.execute(
                sa.update(deliveries).where(orphaned(connection)).values(**values, finished_at=now(connection))
            ).rowcount
        )
    )


def standings(database: Database, names: Sequence[str] | None = None) -> list[WebhookStanding]:
    """Remembered deliveries by webhook, by name; of these webhooks, or of all that have any.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        rows = connection.execute(_counts()).all()
        found = {row.webhook: _standing(row, _failing(connection, row)) for row in rows}
    empty = {name: WebhookStanding(name, 0, 0, 0, None, None, "") for name in names or ()}
    every = {**empty, **found}
    return [every[name] for name in sorted(every) if names is None or name in empty]


def _is(number: int, webhook: str) -> tuple[sa.ColumnElement[bool], ...]:
    return deliveries.c.notice_id == number, deliveries.c.webhook == webhook


def _is_due(at: datetime) -> sa.ColumnElement[bool]:
    earlier = deliveries.alias("earlier")
    ahead = sa.and_(
        earlier.c.webhook == deliveries.c.webhook,
        earlier.c.study_id == deliveries.c.study_id,
        earlier.c.notice_id < deliveries.c.notice_id,
        sa.text("earlier.state = 'waiting'"),
    )
    first = ~sa.select(sa.literal(1)).select_from(earlier).where(ahead).exists()
    return sa.and_(sa.text("golden_deliveries.state = 'waiting'"), deliveries.c.due_at <= at, first)


def _outcome(row: sa.Row[Any], at: datetime, *, error: str, retry_after: float) -> tuple[DeliveryState, dict[str, Any]]:
    last = row.created_at + GIVEN_UP_AFTER
    if error and at < last and retry_after < float("inf"):
        next_try = min(at + timedelta(seconds=min(retry_after, GIVEN_UP_AFTER.total_seconds())), last)
        return DeliveryState.WAITING, {"due_at": next_try}
    return (DeliveryState.GIVEN_UP if error else DeliveryState.DELIVERED), {"finished_at": at}


def _counts() -> sa.Select[Any]:
    def count(state: DeliveryState) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((deliveries.c.state == state.value, 1), else_=0)).label(state.value)

    waiting_since = sa.case((deliveries.c.state == DeliveryState.WAITING.value, deliveries.c.created_at))
    arrived = sa.case((deliveries.c.state == DeliveryState.DELIVERED.value, deliveries.c.finished_at))
    return sa.select(
        deliveries.c.webhook,
        *(count(state) for state in DeliveryState),
        sa.func.min(waiting_since, type_=schema.UtcDateTime).label("oldest_waiting"),
        sa.func.max(arrived, type_=schema.UtcDateTime).label("last_delivered"),
    ).group_by(deliveries.c.webhook)


def _failing(connection: Connection, counts: sa.Row[Any]) -> str:
    """Why deliveries of a webhook fail: the latest of those that still wait, else of those that were given up."""
    of_webhook = sa.select(deliveries.c.error).where(deliveries.c.webhook == counts.webhook, deliveries.c.error != "")
    latest = deliveries.c.notice_id.desc()
    waiting = of_webhook.where(deliveries.c.state == DeliveryState.WAITING.value).order_by(latest).limit(1)
    given_up = of_webhook.where(deliveries.c.state == DeliveryState.GIVEN_UP.value).order_by(latest).limit(1)
    found: str | None = connection.execute(waiting).scalar() or connection.execute(given_up).scalar()
    return found or ""


def _standing(row: sa.Row[Any], failing: str) -> WebhookStanding:
    return WebhookStanding(
        webhook=row.webhook,
        waiting=int(row.waiting),
        delivered=int(row.delivered),
        given_up=int(row.given_up),
        oldest_waiting=row.oldest_waiting,
        last_delivered=row.last_delivered,
        failing=failing,
    )
