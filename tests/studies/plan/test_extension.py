"""Extensions: the further trials are those that a larger design would have had, and a locate design has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from planted_study import make, planted

from studies import golden
from studies.errors import SpecError, StateError
from studies.language.spec import StudySpec
from studies.plan.extension import extension
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import overview, studies
from studies.storage.engine import Database, open_database
from studies.storage.read_models import StudyDetail

SEARCH = {"kind": "search", "sampler": "sobol", "trials": 6, "replicates": 2, "claim_replicates": 5}
CROSS = {
    "kind": "cross_validation",
    "repeats": 2,
    "points": [
        {"eta": golden.ETA, "alpha": golden.ALPHA},
        {"eta": 0.1, "alpha": 0.5},
        {"eta": 0.2, "alpha": 0.5, "loss": "sse"},
    ],
}


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()


def submitted(db: Database, design: dict[str, Any]) -> StudyDetail:
    spec = make(design=design)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    return overview.get(db, spec.name)


def larger(spec: StudySpec, **changes: int) -> StudySpec:
    return make(design={**spec.design.model_dump(mode="json"), **changes})


@pytest.mark.parametrize("sampler", ["sobol", "random", "tpe"])
def test_a_search_goes_on_as_a_longer_one_would_have(db: Database, sampler: str) -> None:
    detail = submitted(db, {**SEARCH, "sampler": sampler})
    plans, runs = extension(detail, 4)
    whole = first_plans(larger(detail.spec, trials=10))
    assert runs == 2 * 4 * 2, "two losses, four trials, two replicates"
    for name, planned in first_plans(detail.spec).items():
        assert [*planned, *plans[name]] == whole[name]


def test_a_cross_validation_gets_further_repeats_of_each_losss_points(db: Database) -> None:
    detail = submitted(db, CROSS)
    plans, runs = extension(detail, 3)
    assert {name: len(found) for name, found in plans.items()} == {"golden@digits": 3 * 2, "sse@digits": 3 * 3}
    assert runs == 3 * (2 + 3) * 3, "three repeats, five points, three folds"
    whole = first_plans(larger(detail.spec, repeats=5))
    for name, planned in first_plans(detail.spec).items():
        assert [*planned, *plans[name]] == whole[name]


@pytest.mark.parametrize("design", [None, {**SEARCH, "sampler": "grid"}], ids=["locate", "grid"])
def test_designs_of_a_fixed_size_are_refused(db: Database, design: dict[str, Any] | None) -> None:
    detail = submitted(db, design or make().design.model_dump(mode="json"))
    with pytest.raises(StateError, match="fixed size"):
        extension(detail, 1)


def test_a_search_that_has_begun_to_confirm_is_refused(db: Database) -> None:
    detail = submitted(db, {**SEARCH, "confirm_blocks": 2})
    planted((0.05, 0.8)).work_off(db)
    with pytest.raises(StateError, match="begun to confirm"):
        extension(overview.get(db, detail.spec.name), 1)


def test_a_study_does_not_grow_beyond_what_a_document_may_ask_for(db: Database) -> None:
    detail = submitted(db, SEARCH)
    with pytest.raises(SpecError) as caught:
        extension(detail, 20_000)
    assert caught.value.problems[0][0] == "more"
