"""One study, one copy of its data: the first worker to open a data set for a study notes its digest, others must match.

Files that were damaged, cut off or exchanged on one machine would otherwise put numbers into a study that belong to
other data, and nobody would see it. Which copy is the wrong one, nobody can tell from the digests alone. The whole
digest of the copy that is right becomes a provenance note, for reports.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import schema
from studies.storage.audit import DATA
from studies.storage.engine import Database
from studies.storage.provenance import note_once

PREFIX = "data-"  # of their names among the counters: data-<study id>-<data set>
DIGITS = 15  # of the digest, hexadecimal: what fits into the column, and tells copies apart
counter = schema.counters.c


def same_data(database: Database, study: str, dataset: str, sha256: str, *, worker: str = "") -> bool:
    """Whether a study's other workers have the same copy of a data set; the first to ask is right. True for no study.

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
