"""Sentences of a verdict: a text for every reason, and the parts of which the whole is built."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.landscapes import Scenario
from studies.calibration.simulation import shipped, simulate
from studies.language.space import AlphaRange, EtaRange, SearchSpace
from studies.verdict.findings import Findings, gather
from studies.verdict.model import Evidence, Needed, Outcome, Sentence
from studies.verdict.rules import Decision
from studies.verdict.sentences import REASON_CODES, agreeing, reasons, summarise

BOX = SearchSpace(eta=EtaRange(low=1e-3, high=0.3), alpha=AlphaRange(low=0.5, high=0.97))
NEEDED = Needed(2.0, 24, 6, 66, Outcome.SUPPORTED, True, "More would decide it.")


@pytest.fixture(scope="module")
def findings(supported: Evidence) -> Findings:
    return gather(supported)


@pytest.mark.parametrize("code", REASON_CODES)
def test_every_reason_is_a_sentence(findings: Findings, code: str) -> None:
    decision = Decision(Outcome.INCONCLUSIVE, (code,))
    (reason,) = reasons(findings, decision)
    assert reason.code == code
    assert reason.text.endswith(".")
    assert reason.text in summarise(findings, decision).text
    assert "nan" not in reason.text


def test_summary_says_that_the_default_cannot_be_told_apart(findings: Findings) -> None:
    assert "(η 0.01, α 0.9) lies inside" in summarise(findings, Decision(Outcome.SUPPORTED, ("not_specific",))).text


def test_the_parts_are_the_answer_then_what_decided_it_then_the_rest(findings: Findings) -> None:
    title = "Vers. 2. of a claim. Really"  # full stops of its own
    claim = findings.evidence.claim.model_copy(update={"title": title})
    found = replace(findings, evidence=replace(findings.evidence, claim=claim))
    decision = Decision(Outcome.INCONCLUSIVE, ("power", "diverged"))
    said = summarise(found, decision, NEEDED)
    texts = [reason.text for reason in reasons(found, decision)]
    assert said.about == f"{title}: inconclusive under the golden loss, context planted"
    assert said.main == texts[0]
    assert (said.more[0], said.more[2]) == (NEEDED.sentence, texts[1])
    assert said.more[1].startswith("The accuracy seems best near η = ")
    assert said.text == " ".join([f"{said.about}.", said.main, *said.more])
    assert reasons(found, decision, NEEDED)[0].text == f"{texts[0]} {NEEDED.sentence}"


def test_what_speaks_against_a_flat_response_is_no_part_of_the_main_sentence(findings: Findings) -> None:
    flat = Decision(Outcome.INCONCLUSIVE, ("flat",))
    agreed, doubted = (replace(findings, p_surface_regret=p) for p in (0.9, 1e-6))
    assert summarise(agreed, flat).main == summarise(doubted, flat).main == reasons(agreed, flat)[0].text
    assert "do not bear out" in summarise(doubted, flat).more[0]
    assert reasons(doubted, flat)[0].text == f"{summarise(doubted, flat).main} {summarise(doubted, flat).more[0]}"
    assert "do not bear out" not in summarise(agreed, flat).text


def test_agreeing_verdicts_follow_each_other() -> None:
    one, other = Sentence("A: supported", "It lies there.", ("More.",)), Sentence("B: supported", "So does this.")
    assert agreeing([one]) == one
    assert agreeing([one, other]).text == "A: supported. It lies there. More. B: supported. So does this."


def test_the_edge_sentence_says_whether_the_box_was_widened_already() -> None:
    hill = Scenario("hill", "a round hill", 0.7, 2.0, 0.8, slope=0.8, sharpness=0.05, ridge=0.0)
    specs = (shipped(4, zoom_points=48, confirm_blocks=2, widen=widen) for widen in (False, True))
    boxed = (spec.model_copy(update={"search_space": BOX}) for spec in specs)
    once, again = (gather(simulate(hill, np.random.default_rng(3), spec)) for spec in boxed)
    edge = Decision(Outcome.INCONCLUSIVE, ("edge",))
    assert reasons(once, edge)[0].text.endswith("; widen the space and run again.")
    eta, alpha = again.evidence.space.eta, again.evidence.space.alpha
    assert eta.high == pytest.approx(0.3 * math.sqrt(10.0))
    box = f"η {eta.low:.3g} to {eta.high:.3g}, α {alpha.low:.3g} to {alpha.high:.4g}"
    assert f"widened once, to {box};" in reasons(again, edge)[0].text
