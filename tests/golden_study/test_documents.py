"""Documents from what a script says, and the direction of their measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from own_plans import CLAIM, SPACE, own_study

from golden_study.documents import read_document, spec_of
from studies.errors import SpecError
from studies.language.spec import StudySpec


def made(measure: Any = None, *, maximised: bool = True, **fields: Any) -> StudySpec:
    return spec_of(claim=CLAIM, space=SPACE, measure=measure, study=None, maximised=maximised, fields=fields)


@pytest.mark.parametrize(
    ("measure", "maximised", "found"),
    [
        (None, True, ("value", "maximize", "real", None)),
        (None, False, ("value", "minimize", "positive", None)),
        ("val_acc:share:100", True, ("val_acc", "maximize", "share", 100)),
        ("odd", False, ("odd", "minimize", "positive", None)),
        ("loss", False, ("loss", "minimize", "positive", None)),
        ("loss:maximize:real", True, ("loss", "maximize", "real", None)),
        ({"name": "f1", "kind": "share", "test_size": 50}, True, ("f1", "maximize", "share", 50)),
    ],
)
def test_the_direction_is_the_values_own(measure: Any, maximised: bool, found: tuple[Any, ...]) -> None:
    spec = made(measure, maximised=maximised)
    assert spec.measure is not None
    assert (spec.measure.name, spec.measure.direction, spec.measure.kind, spec.measure.test_size) == found


@pytest.mark.parametrize(
    ("measure", "maximised", "text"),
    [
        ("loss", True, "the study maximizes, and loss is usually minimized; write loss:maximize if that is meant"),
        ("loss:minimize", True, "loss is minimized, and the study maximizes"),
        ({"name": "x", "kind": "real", "direction": "minimize"}, True, "x is minimized, and the study maximizes"),
        ("val_acc:often", True, "'often' is no part of a measure"),
        ("val_acc:share", True, "test_size"),
    ],
)
def test_a_measure_that_goes_the_other_way_is_refused(measure: Any, maximised: bool, text: str) -> None:
    with pytest.raises(SpecError, match=text):
        made(measure, maximised=maximised)


def test_further_fields_are_the_documents() -> None:
    assert made(seed=7, tolerance=3.0).claim.tolerance_factor == 3.0
    with pytest.raises(SpecError, match="unknown field"):
        made(sead=7)


def test_documents_are_read_from_files_and_mappings(tmp_path: Path) -> None:
    spec = own_study()
    json_file, toml_file = tmp_path / "study.json", tmp_path / "study.toml"
    json_file.write_text(spec.model_dump_json())
    toml_file.write_text('name = "x"\nlosses = ["golden"]\n')
    assert read_document(json_file) == read_document(str(json_file)) == read_document(spec) == spec
    assert read_document(toml_file).name == "x"
    with pytest.raises(FileNotFoundError):
        read_document(tmp_path / "none.toml")
