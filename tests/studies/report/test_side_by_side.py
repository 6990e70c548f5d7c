"""Old and new verdict side by side: what changed is named with its reason, what did not is not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from filled_answers import NO, answered

from studies.language.claim import Claim
from studies.report.side_by_side import FIELDS, render_beside, side_by_side
from studies.verdict.exchange import from_json
from studies.verdict.model import Outcome, StudyVerdict

RESULTS = Path(__file__).parents[3] / "docs/results"


@pytest.fixture(scope="module")
def old() -> StudyVerdict:
    return from_json(json.loads((RESULTS / "landscape.json").read_text("utf-8"))["verdict"])


@pytest.fixture(scope="module")
def new(old: StudyVerdict) -> StudyVerdict:
    first, second, third = old.sweeps
    assert second.sigma and second.margin
    judged = replace(answered(second, Outcome.REFUTED, "regret", NO), sigma=second.sigma / 3, margin=second.margin / 3)
    return replace(old, sweeps=(first, judged, third), analysis_version=5)


def test_the_same_verdict_twice_changes_nothing(old: StudyVerdict) -> None:
    found = side_by_side(old, old)
    assert found.said == "Inconclusive under analysis 4 and under analysis 4."
    assert len(found.sweeps) == 3
    assert not any(change.changed or change.said for sweep in found.sweeps for change in sweep.changes)


def test_every_change_has_its_reason(old: StudyVerdict, new: StudyVerdict) -> None:
    _, sweep, _ = side_by_side(old, new, Claim()).sweeps
    changes = {change.field: change for change in sweep.changes}
    assert (changes["Verdict"].old, changes["Verdict"].new) == ("inconclusive", "refuted")
    assert changes["Verdict"].said == "It was inconclusive (edge). The reason regret in words."
    assert changes["Runs that did not train"].new == "12 collapsed, 5 untrained, 31 diverged"
    assert "fell to 1/3.0 of what it was" in changes["σ of the seeds"].said
    assert "it follows σ" in changes["Margin"].said
    assert not changes["Optimum’s η"].changed
    assert [line.key for line in sweep.lines] == ["as_good", "there", "matters"]


def test_a_number_that_moved_by_rounding_is_unchanged(old: StudyVerdict) -> None:
    first, *others = old.sweeps
    assert first.sigma
    moved = replace(old, sweeps=(replace(first, sigma=first.sigma * 1.005), *others))
    assert not any(change.changed for change in side_by_side(old, moved).sweeps[0].changes)


def test_the_study_says_its_answers_in_one_sentence(old: StudyVerdict, new: StudyVerdict) -> None:
    found = side_by_side(old, replace(new, outcome=Outcome.SUPPORTED))
    assert found.said == "Inconclusive under analysis 4, supported under analysis 5."


@pytest.mark.parametrize("field", ["study", "claim_hash", "objective"])
def test_verdicts_on_different_things_are_refused(field: str, old: StudyVerdict) -> None:
    with pytest.raises(ValueError, match=field.split("_")[0]):
        side_by_side(old, replace(old, **{field: "another"}))
    with pytest.raises(ValueError, match="sweeps"):
        side_by_side(old, replace(old, sweeps=old.sweeps[:1]))


def test_the_page_needs_nothing_but_itself(old: StudyVerdict, new: StudyVerdict) -> None:
    page = render_beside(side_by_side(old, new, Claim()), "<b>title</b>")
    assert "&lt;b&gt;title" in page and "<b>title" not in page
    assert not re.findall(r"<(?:script|link|img|iframe)", page)
    assert page.count("<tr") == 3 * (len(FIELDS) + 1)
    assert "unchanged" in page and "Is the optimum there?" in page


def test_a_verdict_without_numbers_is_compared_as_well(old: StudyVerdict) -> None:
    first = old.sweeps[0]
    bare = replace(first, sigma=None, margin=None, margin_points=None, region=None, comparisons=(), reasons=(), runs=0)
    found = side_by_side(replace(old, sweeps=(bare,)), replace(old, sweeps=(first,)))
    assert "None" not in render_beside(found, "t")
    assert "None" not in render_beside(side_by_side(found.new, found.old), "t")
