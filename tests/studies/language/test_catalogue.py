"""The shipped studies: each is sound, has its own name, and is found by it."""

from __future__ import annotations

import math

import pytest
from closed_forms import annealed, steps_to_leave, variance_after

from studies.errors import StudyNotFoundError
from studies.language import catalogue
from studies.language.compare import CompareDesign
from studies.language.spec import parse


def test_the_one_to_start_with_comes_first() -> None:
    names = [entry.name for entry in catalogue.entries()]
    assert names[:4] == ["quickstart", "golden-landscape", "table-1", "golden-across-rules"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)
def test_an_entry_is_a_study_of_its_own_name_that_says_what_it_shows(entry: catalogue.CatalogueEntry) -> None:
    assert entry.spec == parse(entry.toml, form="toml") == catalogue.load(entry.name)
    assert entry.spec.name == entry.name
    assert entry.title and entry.description
    assert catalogue.entry(entry.name) is entry


def test_the_closed_forms_of_annealing_are_those_of_the_recursion() -> None:
    """Quadratic: 128 coordinates' variance; saddle: 256, at curvature 2, with minibatches of 4; looks every 2 steps."""
    spec = catalogue.load("annealing")
    assert isinstance(spec.design, CompareDesign)
    for arm in spec.design.arms:
        assert arm.at is not None
        point, schedule = {"alpha": 0.0, **arm.at}, (arm.schedule or "constant")
        moves = str(getattr(schedule, "name", schedule)).removeprefix("anneal_").replace("constant", "")
        stated = {(cell.context, cell.objective): cell.mean for cell in arm.paper}
        assert len(stated) == len(arm.paper) == 5 and {cell.origin for cell in arm.paper} == {"theory"}
        for network, count, curvature, noise, steps in (
            ("quadratic", 128, 1.0, 1, 8_000),
            ("saddle", 256, 2.0, 2 / 4, 2_000),
        ):
            rates = annealed(point["eta"], point["alpha"], moves, steps // 4)
            added = count * variance_after(rates, curvature=curvature, noise=noise * 2 / 256 / 4)
            assert stated[network, "cross_entropy"] == pytest.approx(0.25 + added, abs=1e-6)
        for network, start in (("saddle", 1e-2), ("saddle-nearer", 1e-6)):
            taken = steps_to_leave(point["eta"], point["alpha"], start=start, left=math.log(2) - 0.25)
            assert stated[network, "epochs_to_target"] == pytest.approx(2 * math.ceil(taken / 2) / 2_000)


def test_an_unknown_entry_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(StudyNotFoundError, match="no study 'nope'; it has quickstart, golden-landscape"):
        catalogue.entry("nope")
