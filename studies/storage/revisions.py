"""The revision of a study: a number that rises with every visible change of it, and that clients poll.

This is the only file that writes rows of `golden_studies`, so that no change can forget to raise the revision, nor to
give notice of a study that completed or failed. A revision never comes again under the same name: a study that is
submitted anew counts from above all that were deleted.

The functions work inside the caller's transaction. The rows of trials, sweeps and Optuna studies that a change needs
are locked before (`schema`: order of locks).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import notices
from studies.storage.schema import counters, studies

RETIRED_SUM, RETIRED_HIGHEST = "retired_revisions", "retired_highest"  # names among the counters


def insert_study(connection: Connection, values: Mapping[str, Any]) -> sa.Row[Any]:
    """Store a new study, its revision one more than any deleted study had, and return its row.

    So what any process kept of a deleted namesake is never taken for the new study. The highest deleted revision is
    read by the statement that inserts: a namesake's deletion is committed by then, or its name would be taken.

    Raises:
        sqlalchemy.exc.IntegrityError: a study of this name exists.
    """
    highest = sa.select(sa.func.coalesce(sa.func.max(counters.c.value), 0) + 1).where(
        counters.c.name == RETIRED_HIGHEST
    )
    statement = sa.insert(studies).values(**values, revision=highest.scalar_subquery())
    return connection.execute(statement.returning(studies)).one()


def change_study(connection: Connection, which: sa.ColumnElement[bool], **values: Any) -> bool:
    """Set columns of the study that meets a condition and raise its revision; False where no study meets it."""
    statement = sa.update(studies).where(which).values(**values, revision=studies.c.revision + 1)
    if values.get("state") not in notices.EVENTS:
        return connection.execute(statement).rowcount == 1
    changed = connection.execute(statement.returning(studies)).one_or_none()
    if changed is not None:
        notices.write(connection, changed)
    return changed is not None


def touch_study(connection: Connection, study_id: int, **added: int) -> None:
    """Add to the counters of a study and raise its revision."""
    counts = {name: studies.c[name] + amount for name, amount in added.items()}
    change_study(connection, studies.c.id == study_id, **counts)


def delete_study(connection: Connection, study: sa.Row[Any]) -> None:
    """Delete a locked study with its sweeps, trials and runs, and remember its revision."""
    connection.execute(sa.delete(studies).where(studies.c.id == study.id))
    _retire(connection, study.revision)


def _retire(connection: Connection, revision: int) -> None:
    """Remember a deleted study's revision: in the sum, so that `overview.revisions` keeps rising, and as the highest.

    The deletion itself is a change, so the sum grows by one more.
    """
    value = counters.c.value
    for name, updated in ((RETIRED_SUM, value + revision + 1), (RETIRED_HIGHEST, _larger(value, revision))):
        connection.execute(
            sa.text("INSERT INTO golden_counters (name, value) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING"),
            {"name": name},
        )
        connection.execute(sa.update(counters).where(counters.c.name == name).values(value=updated))


def _larger(column: sa.ColumnElement[int], value: int) -> sa.ColumnElement[int]:
    return sa.case((column < value, value), else_=column)
