"""Analyses by version: every schema has one, and an unknown version is refused."""

from __future__ import annotations

from typing import get_args

import pytest

from studies.language.spec import StudySpec
from studies.language.versions import ANALYSIS_OF_SCHEMA, THIRD
from studies.verdict.methods import METHODS, method_of


def test_every_schema_has_an_analysis() -> None:
    accepted = get_args(StudySpec.model_fields["schema_version"].annotation)
    assert set(ANALYSIS_OF_SCHEMA) == set(accepted)
    assert set(ANALYSIS_OF_SCHEMA.values()) <= set(METHODS)


def test_mates_lie_on_the_claims_ridge_from_the_third_schema_on() -> None:
    for schema, analysis in ANALYSIS_OF_SCHEMA.items():
        assert method_of(analysis).own_ridge == (schema >= THIRD)


def test_a_method_knows_its_version() -> None:
    assert all(method_of(version).version == version for version in METHODS)


def test_an_unknown_version_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="analysis_version is 3, this program has 4, 5"):
        method_of(3)
