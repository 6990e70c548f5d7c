"""The waiting trials that a claim takes: which study is served first, and which of its trials form one stack.

Our own workers claim trials of built-in contexts, callers over HTTP those of external ones, and neither ever the
other's. A caller trains its trials one by one, so that they share context and failed attempts, and no block.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import StudyState, TrialState
from studies.storage.schema import WAITING, studies, trials

SHRINK = 8  # a stack of trials that failed once is smaller by this factor, twice by its square
CLAIMABLE = (StudyState.QUEUED.value, StudyState.RUNNING.value)

_STACKABLE = ("context", "block", "runs", "attempt")  # what the trials of a stack have in common


def candidates(
    connection: Connection, names: Collection[str] | None, *, external: bool = False
) -> list[tuple[int, int]]:
    """Ids of the studies that have waiting trials, those to be served first in front, each with its `max_attempts`.

    Args:
        names: only these studies; None: any.
        external: for a caller over HTTP; False: for a worker of our own.
    """
    waits = sa.select(sa.literal(1)).where(trials.c.study_id == studies.c.id, _of(external), WAITING).exists()
    statement = sa.select(studies.c.id, studies.c.max_attempts).where(studies.c.state.in_(CLAIMABLE), waits)
    if names is not None:
        statement = statement.where(studies.c.name.in_(names))
    rows = connection.execute(statement.order_by(studies.c.priority.desc(), studies.c.id))
    return [(row.id, row.max_attempts) for row in rows]


def pick(
    connection: Connection, study_id: int, limit: int, *, max_attempts: int, external: bool = False, askers: int = 1
) -> list[int]:
    """Ids of up to `limit` waiting trials of a study that form one stack, locked; empty where others hold them all.

    Args:
        external: as in `candidates`.
        askers: callers that ask for trials at present. Each gets at most its share of what waits, rounded up.
    """
    first = connection.execute(head_of(study_id, external=external)).one_or_none()
    if first is None:
        return []
    if first.eta is None and not external:
        first = connection.execute(_informed(study_id)).one_or_none() or first
    limit = stack_limit(limit, failed=first.attempt, max_attempts=max_attempts)
    if askers > 1:
        limit = min(limit, _share(connection, study_id, external=external, limit=limit, askers=askers))
    stack = leasable_of if external else stack_of
    return list(connection.execute(stack(study_id, first, limit)).scalars())


def may_be_early(connection: Connection, picked: Sequence[int]) -> bool:
    """True where these trials may as well be claimed early: their points are fixed, and none failed before."""
    late = sa.select(trials.c.id).where(trials.c.id.in_(picked), sa.or_(trials.c.eta.is_(None), trials.c.attempt > 0))
    return connection.execute(late.limit(1)).first() is None


def stack_limit(limit: int, *, failed: int, max_attempts: int) -> int:
    """The most trials that may share a stack after `failed` attempts: what killed it is to be found, not spread."""
    if failed == 0:
        return limit
    return 1 if failed >= max_attempts - 1 else max(1, limit // SHRINK**failed)


def head_of(study_id: int, *, external: bool = False) -> sa.Select[Any]:
    """The waiting trial of a study that is to be claimed next; `external` as in `candidates`."""
    columns = [*(trials.c[name] for name in _STACKABLE), trials.c.eta]
    waiting = sa.select(*columns).where(trials.c.study_id == study_id, _of(external), WAITING)
    return waiting.order_by(trials.c.number, trials.c.id).limit(1).with_for_update(skip_locked=True)


def _informed(study_id: int) -> sa.Select[Any]:
    """As `head_of`, but for trials whose sampler would be asked while it does not know all results yet.

    Of two sweeps, each with a sampler of its own, two workers so take one each, and each sampler learns from all of
    its trials before. Where nothing else waits, nobody idles: a sampler is asked all the same.
    """
    other = trials.alias("other")
    of_study, runs = other.c.study_id == study_id, other.c.state == TrialState.RUNNING.value
    running = sa.select(other.c.sweep_id).where(of_study, runs)
    return head_of(study_id).where(sa.or_(trials.c.eta.is_not(None), trials.c.sweep_id.not_in(running)))


def stack_of(study_id: int, head: sa.Row[Any], limit: int) -> sa.Select[Any]:
    """Waiting trials that share context, block, number of runs and of failed attempts with `head`, itself included."""
    same = [trials.c[name] == getattr(head, name) for name in _STACKABLE]
    waiting = sa.select(trials.c.id).where(trials.c.study_id == study_id, *same, WAITING)
    return waiting.order_by(trials.c.number, trials.c.id).limit(limit).with_for_update(skip_locked=True)


def leasable_of(study_id: int, head: sa.Row[Any], limit: int) -> sa.Select[Any]:
    """Waiting trials that one caller may lease together: they share context and failed attempts with `head`.

    Trials whose point a sampler still owes share its block, too, since it learns nothing within one.
    """
    asked = head.eta is None
    same = [trials.c[name] == getattr(head, name) for name in ("context", "attempt", *(("block",) if asked else ()))]
    known = trials.c.eta.is_(None) if asked else trials.c.eta.is_not(None)
    waiting = sa.select(trials.c.id).where(trials.c.study_id == study_id, *same, known, WAITING)
    order = (trials.c.block, trials.c.number, trials.c.id)  # as the index has it
    return waiting.order_by(*order).limit(limit).with_for_update(skip_locked=True)


def _share(connection: Connection, study_id: int, *, external: bool, limit: int, askers: int) -> int:
    """What one of several callers gets of the trials that wait; no more of them are counted than would matter."""
    waiting = sa.select(trials.c.id).where(trials.c.study_id == study_id, _of(external), WAITING)
    some = waiting.limit(limit * askers).subquery()
    return -(-int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()) // askers)


def _of(external: bool) -> sa.ColumnElement[bool]:
    return trials.c.external == (sa.true() if external else sa.false())
