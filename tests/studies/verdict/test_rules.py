from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies.verdict.findings import Findings, gather
from studies.verdict.model import Evidence, Outcome
from studies.verdict.rules import Decision, decide, everyday_default, is_specific, mates, not_identified
from studies.verdict.sentences import reasons

SURE, NEVER = 0.001, 0.999


@pytest.fixture(scope="module")
def findings(supported: Evidence) -> Findings:
    """Findings whose every p-value is then set by hand: nothing decided, nothing wrong."""
    return _with(
        gather(supported),
        location={"p_in": NEVER, "p_out": NEVER, "pi_inside": 0.7, "edge_mass": 0.0},
        regret={
            name: NEVER for test in ("equivalent", "worse", "better", "crossed") for name in (test, f"{test}_flip")
        },
        p_surface_regret=NEVER,
    )


def _with(findings: Findings, *, location: dict[str, Any] | None = None, **changes: Any) -> Findings:
    regret = {**changes.pop("regret", {}), **changes.pop("tests", {})}
    evidence = changes.pop("evidence", {})
    return replace(
        findings,
        location=replace(findings.location, **(location or {})),
        regret=replace(findings.regret, **regret),
        evidence=replace(findings.evidence, **evidence),
        **changes,
    )


def _both_ways(**p_values: float) -> dict[str, float]:
    return {name + tail: p for name, p in p_values.items() for tail in ("", "_flip")}


def _decide(findings: Findings) -> Decision:
    return decide(findings, p_support=findings.support(), p_refute=findings.refute())


INSIDE = {"p_in": SURE, "pi_inside": 0.95}
FAR = {"pi_inside": 0.1}
OUTSIDE = {"p_out": SURE, "pi_inside": 0.1}
CASES: list[tuple[str, Outcome, dict[str, Any]]] = [
    ("power", Outcome.INCONCLUSIVE, {}),
    ("incomplete", Outcome.INCONCLUSIVE, {"evidence": {"phases_done": ("map", "zoom")}}),
    ("data", Outcome.INCONCLUSIVE, {"evidence": {"failed_runs": 9}}),
    ("not_specific", Outcome.SUPPORTED, {"location": INSIDE, "regret": _both_ways(equivalent=SURE)}),
    ("fragile", Outcome.INCONCLUSIVE, {"location": INSIDE, "regret": {"equivalent": SURE, "equivalent_flip": 0.2}}),
    ("fragile", Outcome.INCONCLUSIVE, {"location": OUTSIDE, "regret": {"worse": 0.2, "worse_flip": SURE}}),
    ("flat", Outcome.INCONCLUSIVE, {"regret": _both_ways(equivalent=SURE)}),
    ("flat", Outcome.INCONCLUSIVE, {"location": {"p_in": SURE}, "regret": _both_ways(equivalent=SURE)}),
    ("edge", Outcome.INCONCLUSIVE, {"location": {"edge_mass": 0.2}}),
    ("regret", Outcome.REFUTED, {"location": {"pi_inside": 0.1}, "regret": _both_ways(worse=SURE)}),
    (
        "regret",
        Outcome.REFUTED,
        {"location": {"pi_inside": 0.1}, "p_surface_regret": SURE, "regret": _both_ways(better=SURE)},
    ),
    ("location", Outcome.REFUTED, {"location": OUTSIDE, "regret": _both_ways(crossed=SURE)}),
    ("near_not_at", Outcome.INCONCLUSIVE, {"location": {"pi_inside": 0.8}, "regret": _both_ways(worse=SURE)}),
    ("model", Outcome.INCONCLUSIVE, {"model_fails": True, "location": INSIDE, "regret": _both_ways(equivalent=SURE)}),
    (
        "regret",
        Outcome.REFUTED,
        {"model_fails": True, "location": {"pi_inside": 0.1}, "regret": _both_ways(worse=SURE)},
    ),
    (
        "flat",
        Outcome.INCONCLUSIVE,
        {
            "location": {"pi_inside": 0.1},
            "p_surface_regret": SURE,
            "regret": _both_ways(better=SURE, equivalent=SURE),
        },
    ),
    ("adaptive", Outcome.INCONCLUSIVE, {"evidence": {"fixed_design": False}, "location": {"p_in": None}}),
    ("flat", Outcome.INCONCLUSIVE, {"constant": True}),
]


@pytest.mark.parametrize(("code", "outcome", "changes"), CASES)
def test_first_rule_that_applies_decides(
    findings: Findings, code: str, outcome: Outcome, changes: dict[str, Any]
) -> None:
    decision = _decide(_with(findings, **changes))
    assert (decision.codes[0], decision.outcome) == (code, outcome)


def test_surface_alone_refutes_nothing(findings: Findings) -> None:
    without_pairs = _with(findings, location=OUTSIDE, p_surface_regret=SURE)
    assert _decide(without_pairs).outcome is Outcome.INCONCLUSIVE


def test_pairs_that_contradict_the_surface_close_its_route_and_say_so(findings: Findings) -> None:
    """The best point found beats the claim, and by less than the margin: no other point is known to do better."""
    regret = _both_ways(better=SURE, equivalent=SURE)
    found = _with(findings, location={"pi_inside": 0.1}, p_surface_regret=SURE, regret=regret)
    decision = _decide(found)
    assert decision.outcome is Outcome.INCONCLUSIVE
    assert "do not bear out" in reasons(found, decision)[0].text
    at_odds = replace(found, regret=replace(found.regret, equivalent_flip=0.2))
    assert _decide(at_odds).codes[0] == "fragile", "where only one of the two tests shows it, neither decides"
    by_place = _with(found, location=OUTSIDE, regret=_both_ways(crossed=SURE))
    assert _decide(by_place).codes[0] == "location", "a good point may still lie far from the best place"


def test_posterior_must_agree_before_support(findings: Findings) -> None:
    doubtful = _with(findings, location={"p_in": SURE, "pi_inside": 0.8}, regret=_both_ways(equivalent=SURE))
    assert _decide(doubtful).codes[0] == "flat"


def test_routes_share_the_level(findings: Findings) -> None:
    for share, outcome in ((0.399, Outcome.REFUTED), (0.401, Outcome.INCONCLUSIVE)):
        changed = _with(findings, location={"pi_inside": 0.1}, regret=_both_ways(worse=0.9 * 0.05 * share))
        assert _decide(changed).outcome is outcome


def test_later_looks_have_less_of_the_level_to_spend(findings: Findings) -> None:
    for look, outcome in ((1, Outcome.SUPPORTED), (2, Outcome.SUPPORTED), (3, Outcome.SUPPORTED), (4, "inconclusive")):
        changed = _with(findings, location=INSIDE, regret=_both_ways(equivalent=SURE), evidence={"looks": look})
        assert _decide(changed).outcome == outcome, "p is 0.001, the looks have 0.045, 0.0025, 0.00125 and 0.000625"
    specific = _with(findings, evidence={"looks": 4})
    assert not not_identified(_mates(specific, p_alike=SURE))


def test_adjusted_p_value_decides(findings: Findings) -> None:
    changed = _with(findings, location=INSIDE, regret=_both_ways(equivalent=SURE))
    assert decide(changed, p_support=0.06, p_refute=1.0).outcome is Outcome.INCONCLUSIVE


def test_sign_flips_and_routes_rise_by_the_factor_of_holms_step(findings: Findings) -> None:
    won = _with(findings, location=INSIDE, regret=_both_ways(equivalent=0.02))
    raw = won.support()
    assert raw is not None
    assert decide(won, p_support=2 * raw, p_refute=1.0).codes[0] == "not_specific"
    close = _with(won, regret={"equivalent": 0.02, "equivalent_flip": 0.024})
    assert decide(close, p_support=raw, p_refute=1.0).codes[0] == "not_specific"
    assert decide(close, p_support=2 * raw, p_refute=1.0).codes[0] == "fragile"
    both = _with(findings, location=OUTSIDE, regret=_both_ways(worse=0.001, crossed=0.008))
    p = both.refute()
    assert p is not None
    assert decide(both, p_support=None, p_refute=p).codes == ("regret", "location")
    assert decide(both, p_support=None, p_refute=2 * p).codes == ("regret",)


def test_all_runs_diverged(findings: Findings) -> None:
    runs = findings.evidence.runs
    evidence = {"runs": replace(runs, diverged=np.ones(len(runs), dtype=bool))}
    assert _decide(_with(findings, evidence=evidence)).codes[0] == "diverged"


def test_diverging_claim_is_named_beside_the_answer(findings: Findings) -> None:
    changed = _with(findings, location={"pi_inside": 0.1}, regret=_both_ways(worse=SURE), claim_diverged_share=0.9)
    assert _decide(changed) == Decision(Outcome.REFUTED, ("regret", "diverged"))


def _mates(findings: Findings, **p_values: float) -> Findings:
    def change(arm: str) -> dict[str, float]:
        return p_values if arm.startswith("mate:") else {}

    return replace(findings, comparisons=tuple(replace(c, **change(c.arm)) for c in findings.comparisons))


def test_alpha_is_not_identified_where_both_outer_mates_are_equivalent(findings: Findings) -> None:
    alike = _mates(findings, p_alike=SURE)
    assert not_identified(alike)
    assert "alpha_not_identified" in _decide(alike).codes
    assert not not_identified(_mates(findings, p_alike=NEVER))


def test_support_is_specific_where_mates_and_default_lose(findings: Findings) -> None:
    losing = _mates(findings, p_loses=SURE)
    losing = replace(
        losing,
        comparisons=tuple(
            replace(c, difference=replace(c.difference, high=-0.01), p_permutation=SURE) if c.arm == "default" else c
            for c in losing.comparisons
        ),
    )
    assert is_specific(losing)
    won = _with(losing, location=INSIDE, regret=_both_ways(equivalent=SURE))
    assert _decide(won) == Decision(Outcome.SUPPORTED, ("specific",))
    assert not is_specific(_mates(losing, p_loses=0.2))


def test_a_mate_or_default_that_lies_elsewhere_is_none_where_points_are_checked(findings: Findings) -> None:
    """Names alone decide under analysis 4, where stored verdicts keep their words."""
    moved = tuple(
        replace(c, eta=1.01 * c.eta) if c.arm == "default" or c.arm.startswith("mate:") else c
        for c in findings.comparisons
    )
    elsewhere = replace(findings, comparisons=moved)
    for analysis, found in ((4, elsewhere), (5, elsewhere)):
        dated = _with(found, evidence={"analysis": analysis})
        assert bool(mates(dated)) == (analysis == 4)
        assert (everyday_default(dated) is not None) == (analysis == 4)
    in_place = _with(findings, evidence={"analysis": 5})
    assert len(mates(in_place)) == 2
    assert everyday_default(in_place) is not None
