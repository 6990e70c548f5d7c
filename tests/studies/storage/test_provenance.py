"""Notes of workers on a study, since it was submitted."""

from __future__ import annotations

from storage_farm import submit

from studies.storage import audit, studies
from studies.storage.engine import Database
from studies.storage.fingerprints import same_data
from studies.storage.provenance import Origins, note_software, origins

ONE, OTHER = "ab" * 32, "ac" * 32


def test_the_whole_digest_is_kept_for_reports_and_forgotten_with_the_study(database: Database) -> None:
    submit(database)
    assert origins(database, "first") == Origins({}, ())
    for digest in (ONE, ONE, OTHER):
        same_data(database, "first", "mnist", digest)
    for software in ("torch 1, cpu", "torch 2, cpu", "torch 1, cpu"):
        note_software(database, "first", worker="w", software=software)
    assert origins(database, "first") == Origins({"mnist": ONE}, ("torch 1, cpu", "torch 2, cpu"))
    assert [entry.action for entry in audit.history(database, "first").items] == ["submit"], "notes are no changes"
    studies.delete(database, "first")
    note_software(database, "first", worker="w", software="torch 3, cpu")
    submit(database)
    assert origins(database, "first") == Origins({}, ()), "another study of the same name"
