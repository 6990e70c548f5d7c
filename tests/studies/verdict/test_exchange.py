"""Verdicts as JSON: nothing is lost, and what older releases wrote still loads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from filled_answers import filled_answers

from studies.language.claim import OBJECTIVES
from studies.verdict.decide import decide_study, decide_sweep
from studies.verdict.exchange import from_json, from_text, sweep_from_json, to_json, to_text
from studies.verdict.model import (
    Evidence,
    MeasureRecord,
    Needed,
    Outcome,
    ParameterPlace,
    Sentence,
    StudyVerdict,
    SweepVerdict,
    parts_of,
)


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


FILLED = filled_answers(vague="N takes a third of the box")


def test_a_verdict_without_answers_has_no_such_key(study: StudyVerdict) -> None:
    assert all("answers" not in sweep for sweep in _written(study)["sweeps"])


def test_answers_survive_json(study: StudyVerdict) -> None:
    filled = replace(study.sweeps[0], answers=FILLED)
    assert sweep_from_json(_written(filled)) == replace(filled, parts=None)


MEASURE = MeasureRecord("val_acc", "maximize", "share", 1000)
PLACE = ParameterPlace("depth", "linear", 4.0, 2.0, 6.0, 4.5, 3.0, None)


def test_every_record_of_a_verdict_is_read_as_the_record_that_it_was(study: StudyVerdict) -> None:
    needed = Needed(2.0, 24, 12, 144, Outcome.SUPPORTED, True, "Twice as much.")
    sweep = replace(study.sweeps[0], needed=needed, answers=FILLED, parameters=(PLACE,) * 2, measure=MEASURE)
    filled = replace(study, sweeps=(sweep, *study.sweeps[1:]))
    read = from_text(to_text(filled))
    assert read == filled
    assert _dictionaries(read) == _dictionaries(filled) == []
    assert all(getattr(read.sweeps[0], f.name) not in (None, ()) for f in fields(SweepVerdict)), "or it shows nothing"


def _dictionaries(value: object, path: str = "") -> list[str]:
    """Places of a record that hold a plain dictionary instead of another record."""
    if isinstance(value, dict):
        return [path]
    if isinstance(value, tuple):
        return [place for i, part in enumerate(value) for place in _dictionaries(part, f"{path}.{i}")]
    if not is_dataclass(value):
        return []
    return [place for f in fields(value) for place in _dictionaries(getattr(value, f.name), f"{path}.{f.name}")]


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


def test_a_text_has_the_whole_verdict(study: StudyVerdict) -> None:
    read = from_text(to_text(study))
    assert read == study
    assert (read.parts, [sweep.parts for sweep in read.sweeps]) == (study.parts, [s.parts for s in study.sweeps])
    assert asdict(read) == asdict(study)


def test_a_text_has_every_number_as_it_is(study: StudyVerdict) -> None:
    numbers = {"sigma": float("nan"), "margin": float("inf"), "bayes_factor": -0.0, "lack_of_fit": 5e-324, "degree": 2}
    odd = replace(study, sweeps=(replace(study.sweeps[0], **numbers),))
    assert to_text(from_text(to_text(odd))) == to_text(odd)
    (sweep,) = from_text(to_text(odd)).sweeps
    assert (repr(sweep.sigma), sweep.margin, repr(sweep.bayes_factor)) == ("nan", float("inf"), "-0.0")


@pytest.mark.parametrize("records", [lambda d: [d], lambda d: d["sweeps"], lambda d: [d["sweeps"][0]["eta"]]])
def test_a_text_with_other_fields_is_refused(study: StudyVerdict, records: Callable[[Any], list[Any]]) -> None:
    document = json.loads(to_text(study))
    for record in records(document):
        record["new"] = None
    with pytest.raises(ValueError, match="not a verdict"):
        from_text(json.dumps(document))
    document = json.loads(to_text(study))
    del records(document)[0][min(records(document)[0])]
    with pytest.raises(ValueError, match="not a verdict"):
        from_text(json.dumps(document, separators=(",", ":")))


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "3", '"text"', "{}", "[" * 100_000, '{"sweeps": [3]}', "\x00"])
def test_a_text_that_is_no_verdict_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a verdict"):
        from_text(text)


def test_a_text_that_is_cut_off_is_refused(study: StudyVerdict) -> None:
    text = to_text(study)
    for length in range(0, len(text), len(text) // 50):
        with pytest.raises(ValueError, match="not a verdict"):
            from_text(text[:length])


def test_a_value_of_another_kind_causes_no_other_error(study: StudyVerdict) -> None:
    for name in json.loads(to_text(study))["sweeps"][0]:
        for value in ({}, [], [[1]], {"a": 1}):
            document = json.loads(to_text(study))
            if isinstance(document["sweeps"][0][name], dict | list):
                document["sweeps"][0][name] = value
                text = json.dumps(document, separators=(",", ":"))
                try:
                    assert to_text(from_text(text)) == text
                except ValueError as refusal:
                    assert "not a verdict" in str(refusal)


def test_the_process_own_p_values_are_kept_where_two_methods_are_joined(supported: Evidence) -> None:
    joined, alone = (decide_study("s", "hash", [replace(supported, analysis=version)]) for version in (5, 4))
    assert joined.sweeps[0].region is not None and joined.sweeps[0].region.process is not None
    assert from_json(_written(joined)).sweeps[0].region == joined.sweeps[0].region
    assert from_text(to_text(joined)).sweeps[0].region == joined.sweeps[0].region
    assert "process" not in _written(alone)["sweeps"][0]["region"]
