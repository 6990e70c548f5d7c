"""One study, one copy of its data: the first worker to open a data set for a study notes its digest, others must match.

Files that were damaged, cut off or exchanged on one machine would otherwise put numbers into a study that belong to
other data, unseen. The digests alone do not say which copy is the wrong one. The whole digest of the first copy becomes
a provenance note, for reports.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import schema
from studies.storage.audit import DATA
from studies.storage.engine import Database
from studies.storage.provenance import note_once

PREFIX = "data-"  # of their names among the counters: data-<study id>-<data set>
DIGITS = 15  # of the digest, hexadecimal: as many as fit into the column
counter = schema.counters.c


def same_data(database: Database, study: str, dataset: str, sha256: str, *, worker: str = "") -> bool:
    """True where a study's other workers have the same copy of a data set, or where there is no such study.

    The copy of the first worker that asks is the one that others are compared with.

    Args:
        sha256: of the whole data set, hexadecimal.
        worker: name of the worker that asks; kept with the digest where it is the first.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    mine = int(sha256[:DIGITS], 16)

    def work(connection: Connection) -> bool:
        found = sa.select(schema.studies.c.id).where(schema.studies.c.name == study)
        study_id = connection.execute(found).scalar_one_or_none()
        if study_id is None:
            return True
        name = f"{PREFIX}{study_id}-{dataset}"
        note = sa.text("INSERT INTO golden_counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
        connection.execute(note, {"name": name, "value": mine})
        same = bool(connection.execute(sa.select(counter.value).where(counter.name == name)).scalar_one() == mine)
        if same:
            note_once(connection, study, action=DATA, detail=f"{dataset} {sha256}", actor=worker)
        return same

    return database.write(work)


def forget(connection: Connection, study_id: int) -> None:
    """Drop the notes of a study that is deleted."""
    connection.execute(sa.delete(schema.counters).where(counter.name.startswith(f"{PREFIX}{study_id}-")))
