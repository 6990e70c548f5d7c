"""Verdicts as JSON: nothing is lost, and what older releases wrote still loads."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from studies.language.claim import OBJECTIVES
from studies.verdict.decide import decide_study, decide_sweep
from studies.verdict.exchange import from_json, sweep_from_json, to_json
from studies.verdict.model import Evidence, Sentence, StudyVerdict, parts_of


@pytest.fixture(scope="module")
def study(supported: Evidence, refuted: Evidence) -> StudyVerdict:
    other = replace(refuted, loss="sse", sweep="sse@planted")
    return decide_study("s", "hash", [supported, other, replace(supported, context="second")])


def _written(verdict: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(to_json(verdict), allow_nan=False))
    return document


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_sweeps_verdict_survives_json(supported: Evidence, objective: str) -> None:
    verdict = decide_sweep(replace(supported, objective=objective))
    assert sweep_from_json(_written(verdict)) == verdict


def test_a_studys_verdict_survives_json_with_its_nearness_and_drift(study: StudyVerdict) -> None:
    assert study.nearness and study.drift
    assert from_json(_written(study)) == study


def test_numbers_that_are_not_finite_become_null(study: StudyVerdict) -> None:
    odd = replace(study.sweeps[0], sigma=float("nan"), margin=float(np.inf))
    assert (to_json(odd)["sigma"], to_json(odd)["margin"]) == (None, None)


def test_a_sentence_is_written_as_one_text_and_read_as_all_main(study: StudyVerdict) -> None:
    document = _written(study)
    assert "parts" not in document and all("parts" not in sweep for sweep in document["sweeps"])
    read = from_json(document)
    assert (study.parts is None, read.parts) == (False, None)
    assert parts_of(read) == Sentence("", study.sentence)


def test_parts_are_read_where_they_are_given(study: StudyVerdict) -> None:
    document = json.loads(json.dumps(asdict(study), allow_nan=False))
    read = from_json(document)
    assert read.parts == study.parts
    assert [sweep.parts for sweep in read.sweeps] == [sweep.parts for sweep in study.sweeps]


def test_fields_that_older_releases_did_not_write_are_not_needed(study: StudyVerdict) -> None:
    document = _written(study)
    for name in ("nearness", "drift"):
        del document[name]
    for sweep in document["sweeps"]:
        for name in ("needed", "looks", "pairs_needed", "bayes_factor", "ridge_drops", "other_widths"):
            del sweep[name]
    read = from_json(document)
    assert (read.nearness, read.drift, read.sweeps[0].ridge_drops) == ((), (), ())
    assert [sweep.outcome for sweep in read.sweeps] == [sweep.outcome for sweep in study.sweeps]


@pytest.mark.parametrize("missing", ["sweeps", "outcome", "sentence"])
def test_another_document_is_refused(study: StudyVerdict, missing: str) -> None:
    document = _written(study)
    del document[missing]
    with pytest.raises((KeyError, TypeError)):
        from_json(document)
