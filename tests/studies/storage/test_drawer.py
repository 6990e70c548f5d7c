"""The file drawer: studies of one claim are counted, whatever their names and seeds, and deleted ones stay counted."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from chaos import submit

from studies.language.claim import Claim
from studies.language.spec import parse
from studies.storage import schema, studies
from studies.storage.audit import CLAIM
from studies.storage.drawer import digest, drawer
from studies.storage.engine import Database

TINY = {"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2}


def counts(db: Database, **claim: Any) -> tuple[int, int, int]:
    found = drawer(db, parse({"name": "x", "claim": claim}).claim)
    return found.studies, found.complete, found.deleted


def test_studies_of_one_claim_are_counted_whatever_their_names_seeds_and_titles(db: Database) -> None:
    for seed, name in enumerate(("one", "two", "three")):
        submit(db, name=name, seed=seed, design=TINY, claim={"title": name, "eta": 0.02})
    submit(db, name="other", design=TINY, claim={"eta": 0.02, "level": 0.01})
    assert counts(db, eta=0.02) == (3, 0, 0)
    assert counts(db, eta=0.02, level=0.01) == (1, 0, 0)
    assert counts(db, eta=0.03) == (0, 0, 0)


def test_deleted_studies_stay_counted_and_a_namesake_counts_anew(db: Database) -> None:
    for seed in range(3):
        submit(db, name="again", seed=seed, design=TINY)
        studies.delete(db, "again")
    submit(db, name="again", seed=9, design=TINY)
    assert counts(db) == (1, 0, 3)
    studies.cancel(db, "again")
    said = drawer(db, Claim()).sentence
    assert "by 1 study in this database, 0 of them complete, and 3 studies of it were deleted" in said


def test_complete_studies_are_told_apart(db: Database) -> None:
    submit(db, name="one", design=TINY)
    submit(db, name="two", seed=5, design=TINY)
    with db.engine.begin() as connection:
        connection.execute(sa.update(schema.studies).where(schema.studies.c.name == "two").values(state="complete"))
    assert counts(db) == (2, 1, 0)


def test_studies_that_an_earlier_release_stored_are_found_by_their_documents(db: Database) -> None:
    """Release 0.1 noted no claim, and its first documents had no share of a first look."""
    submit(db, name="old", design=TINY, schema_version=1)
    submit(db, name="older", seed=5, design=TINY, schema_version=1)
    with db.engine.begin() as connection:
        connection.execute(sa.delete(schema.events).where(schema.events.c.action == CLAIM))
        text = connection.execute(sa.select(schema.studies.c.spec).where(schema.studies.c.name == "older")).scalar_one()
        document = json.loads(text)
        del document["claim"]["first_look"]
        plain = json.dumps(document, sort_keys=True, separators=(",", ":"))
        connection.execute(sa.update(schema.studies).where(schema.studies.c.name == "older").values(spec=plain))
    found = drawer(db, parse({"name": "x", "schema_version": 1}).claim)
    assert (found.studies, found.deleted) == (2, 0)


def test_the_digest_is_of_the_point_and_the_terms() -> None:
    assert digest(Claim()) == digest(Claim(title="another", primary_loss=None))
    for change in ({"eta": 0.1}, {"alpha": 0.5}, {"tolerance_factor": 3.0}, {"level": 0.01}, {"objective": "error"}):
        assert digest(Claim.model_validate(change)) != digest(Claim())
