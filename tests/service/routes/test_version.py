"""The versions of the running program."""

from __future__ import annotations

from fastapi.testclient import TestClient

from studies.language.versions import SCHEMA_VERSION
from studies.storage.release import VERSION
from studies.verdict.methods import METHODS


def test_versions_are_those_of_the_program(locked: TestClient) -> None:
    assert locked.get("/version").json() == {
        "name": "golden-study",
        "version": VERSION,
        "api": "v1",
        "analysis_version": max(METHODS),
        "schema_version": SCHEMA_VERSION,
    }
