"""Amounts of a verdict turned back into a measure's own unit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studies.verdict.amounts import answers_in_measure, in_measure
from studies.verdict.answer import answers_of
from studies.verdict.findings import Findings
from studies.verdict.grounds import Grounds
from studies.verdict.unit import ONE, Unit

UNIT = Unit(origin=5.0, size=4.0)


def test_where_responses_are_logarithms_records_are_handed_on_as_they_are(grounds: Grounds) -> None:
    findings, answers = grounds.findings, answers_of(grounds)
    assert in_measure(findings) is findings
    assert answers_in_measure(answers, ONE) is answers


def test_what_is_shown_of_findings_is_turned_back_and_the_rest_stays(findings5: Findings) -> None:
    findings5 = replace(findings5, location=findings5.location.mapped())
    shown = in_measure(replace(findings5, sample=replace(findings5.sample, unit=UNIT)))
    assert findings5.sigma and findings5.margin and findings5.location.regret and findings5.location.region
    assert (shown.sigma, shown.margin) == pytest.approx((4.0 * findings5.sigma, 4.0 * findings5.margin))
    pairs = zip(shown.comparisons, findings5.comparisons, strict=True)
    for found, plain in pairs:
        assert found.difference.estimate == pytest.approx(4.0 * (plain.difference.estimate or 0.0))
        assert replace(found, difference=plain.difference) == plain
    location, regret = shown.location, shown.location.regret
    assert regret is not None and regret.estimate == pytest.approx(4.0 * findings5.location.regret.estimate)
    assert location.region is not None and location.region.p == findings5.location.region.p
    known = [
        pair
        for rows in zip(location.region.mean, findings5.location.region.mean, strict=True)
        for pair in zip(*rows, strict=True)
    ]
    assert all((value is None) is (level is None) for value, level in known)
    assert [v for v, _ in known if v is not None] == pytest.approx([5.0 + 4.0 * y for _, y in known if y is not None])
    drops = zip(location.ridge_drops, findings5.location.ridge_drops, strict=True)
    assert all(found.drop.estimate == pytest.approx(4.0 * (plain.drop.estimate or 0.0)) for found, plain in drops)


def test_answers_are_turned_back_with_those_on_decoys(grounds: Grounds) -> None:
    plain = answers_of(grounds)
    good = replace(plain.statements.as_good, loses_at_least=0.25)
    statements = replace(plain.statements, as_good=good)
    shown = answers_in_measure(replace(plain, statements=statements, split_deviation=None), UNIT)
    assert good.loses_at_most is not None and plain.seed_deviation is not None
    most = shown.statements.as_good.loses_at_most
    assert most == pytest.approx(4.0 * good.loses_at_most)
    assert shown.statements.as_good == replace(good, loses_at_most=most, loses_at_least=1.0)
    assert shown.seed_deviation == pytest.approx(4.0 * plain.seed_deviation) and shown.split_deviation is None
    assert shown.statements.there == plain.statements.there
