"""A report says which data, software and seeds its rows come from, and a wrong seed is reported."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from planted_study import LOCATE, make, planted

from studies.judgement import report
from studies.plan.procedure import expected_runs, first_plans
from studies.report.document import verify_report
from studies.report.provenance import provenance
from studies.storage import studies
from studies.storage.engine import Database
from studies.storage.fingerprints import same_data
from studies.storage.provenance import note_software

DIGEST, SOFTWARE = "ab" * 32, "golden-study 1, torch 2, cpu, native kernels"
SWEEP = "golden@digits"


@pytest.fixture
def made(database: Database) -> dict[str, Any]:
    """The report of a study whose box was widened, with its provenance."""
    design = {**LOCATE["design"], "map_points": 24, "search": {"sampler": "tpe", "trials": 3}}
    spec = make(losses=["golden"], design=design)
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    same_data(database, spec.name, "digits", DIGEST)
    note_software(database, spec.name, worker="w", software=SOFTWARE)
    planted((2.5, 0.8)).work_off(database)
    plain = report(database, spec.name)
    return {**plain, "provenance": provenance(database, plain)}


def test_every_rows_seeds_follow_from_the_document(made: dict[str, Any]) -> None:
    stated, runs = made["provenance"], made["sweeps"][0]["runs"]
    assert stated["data"] == {"digits": {"dataset": "digits", "sha256": DIGEST}}
    assert stated["software"] == [SOFTWARE]
    assert set(runs["phase"]) == {"map", "search", "widen", "zoom", "confirm", "controls"}
    assert {len(column) for column in stated["seeds"][SWEEP].values()} == {len(runs["trial"])}
    assert verify_report(made) == []
    for i, phase in enumerate(runs["phase"]):
        for column in ("split", "fold", "order_seed", "init_seed"):
            if runs["phase"][i - 1] != phase:  # the first row of each phase is enough
                changed = copy.deepcopy(made)
                changed["provenance"]["seeds"][SWEEP][column][i] += 1
                (line,) = verify_report(changed)
                assert line.startswith(f"provenance.seeds.{SWEEP}.{i}: ")


@pytest.mark.parametrize(
    "change",
    [
        lambda stated: stated["data"]["digits"].update(dataset="mnist"),
        lambda stated: stated["data"]["digits"].update(sha256="ab"),
        lambda stated: stated["seeds"][SWEEP]["split"].pop(),
        lambda stated: stated["seeds"].clear(),
    ],
)
def test_verify_reports_rows_that_the_document_does_not_make(
    made: dict[str, Any], change: Callable[[dict[str, Any]], object]
) -> None:
    assert verify_report({**made, "verdict": made["verdict"]}) == []
    change(made["provenance"])
    assert verify_report(made)


def test_the_report_carries_it_in_both_forms(api: TestClient, database: Database, measured: str) -> None:
    same_data(database, measured, "digits", DIGEST)
    note_software(database, measured, worker="w", software=SOFTWARE)
    answer = api.get(f"/api/v1/studies/{measured}/report.json").json()
    assert answer["provenance"]["data"]["paper"]["sha256"] == DIGEST
    assert verify_report(answer) == []
    page = api.get(f"/api/v1/studies/{measured}/report.html").text
    assert DIGEST in page and SOFTWARE in page
