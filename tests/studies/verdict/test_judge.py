from __future__ import annotations

from dataclasses import replace

import pytest

from studies.verdict import judge
from studies.verdict.decide import decide_sweep
from studies.verdict.findings import Findings, gather
from studies.verdict.grounds import Grounds
from studies.verdict.model import Evidence


@pytest.mark.parametrize(("analysis", "kind"), [(4, Findings), (5, Grounds)])
def test_each_analysis_has_its_tests_and_its_rule(refuted: Evidence, analysis: int, kind: type) -> None:
    evidence = replace(refuted, analysis=analysis)
    tests = judge.tests_of(gather(evidence))
    assert isinstance(tests, kind)
    found, verdict = judge.decision(tests, tests.support(), tests.refute()), decide_sweep(evidence)
    assert (found.outcome, found.codes) == (verdict.outcome, tuple(reason.code for reason in verdict.reasons))
    assert (verdict.answers is None) is (analysis == 4)
    assert judge.wanted(tests, found) == verdict.needed


def test_an_adjustment_is_passed_on_as_a_factor(grounds: Grounds) -> None:
    p = grounds.support()
    assert p is not None
    factors = judge.raised(grounds, 2 * p, grounds.refute())
    assert (factors.support, factors.refute) == (pytest.approx(2.0), pytest.approx(1.0))
