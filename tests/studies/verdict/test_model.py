"""Records of the verdict: what they default to and say of themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studies.language.phases import Phase
from studies.verdict.decide import decide_sweep
from studies.verdict.model import Evidence, Sentence, parts_of


def test_evidence_is_judged_in_the_claims_objective_unless_another_is_named(supported: Evidence) -> None:
    assert supported.objective == supported.claim.objective == "accuracy"
    other = replace(supported, objective="loss_area")
    assert other.objective == "loss_area"
    assert replace(other, objective="").objective == "accuracy"
    assert replace(other, looks=2).objective == "loss_area", "it is kept where other fields change"


def test_a_sweep_is_widened_once_a_strip_is_planned_or_measured(supported: Evidence) -> None:
    assert not supported.is_widened
    assert replace(supported, phases_done=(Phase.MAP, Phase.WIDEN)).is_widened
    runs = supported.runs
    measured = replace(runs, phase=np.where(np.arange(len(runs)) == 0, Phase.WIDEN.value, runs.phase))
    assert replace(supported, runs=measured).is_widened


def test_a_sentence_is_its_parts_with_one_space_between() -> None:
    assert Sentence("A: refuted", "B.", ("C.", "D.")).text == "A: refuted. B. C. D."
    assert Sentence("", "B.").text == "B."
    assert Sentence("", "").text == ""


def test_a_verdict_without_parts_is_all_main(supported: Evidence) -> None:
    verdict = decide_sweep(supported)
    assert parts_of(verdict).text == verdict.sentence
    assert parts_of(replace(verdict, parts=None)) == Sentence("", verdict.sentence)
    assert replace(verdict, parts=None) == verdict, "the parts say nothing that the sentence does not"
