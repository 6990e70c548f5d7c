"""Everything that a verdict of analysis 5 says beside its outcome, in rows and sentences."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from filled_answers import DECOYS, NO, answered

from studies.figures.answers_table import AnswersInfo, answers_info
from studies.figures.paired import paired_info
from studies.verdict.model import Outcome, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


@pytest.fixture
def info(make_verdict: MakeVerdict) -> Callable[..., AnswersInfo]:
    def made(code: str = "regret", **changes: object) -> AnswersInfo:
        found = answers_info(answered(make_verdict(), Outcome.REFUTED, code, NO, **changes))
        assert found is not None
        return found

    return made


def test_an_earlier_analysis_has_none(make_verdict: MakeVerdict) -> None:
    assert answers_info(make_verdict()) is None
    assert answers_info(None) is None


def test_everything_is_said(info: Callable[..., AnswersInfo]) -> None:
    found = info()
    assert len(found.lines) == 3
    assert [rule.code for rule in found.rules if rule.decided] == ["regret"]
    assert found.terms == "Terms that are not the default: tolerance factor 3 (default 2); level 0.1 (default 0.05)."
    assert found.decoys_said == "The same terms also support 1 of 3 decoys."
    assert [row.supported for row in found.decoys] == [True, False, False]
    assert found.blocks == "20 of at most 40 paired blocks were used."
    assert "0.11" in found.scatter and "0.24" in found.scatter
    assert found.vague == ""


def test_nothing_is_said_of_what_is_not_there(info: Callable[..., AnswersInfo]) -> None:
    found = info(terms=(), decoys=(), blocks=None, seed_deviation=None, split_deviation=None)
    assert (found.terms, found.decoys_said, found.blocks, found.scatter) == ("", "", "", "")


@pytest.mark.parametrize(
    ("decoys", "said"),
    [
        (DECOYS[1:], "The same terms support none of 2 decoys."),
        (DECOYS[:1], "The same terms also support the one decoy."),
        (DECOYS[1:2], "The same terms do not support the one decoy."),
    ],
)
def test_decoys_are_counted(decoys: object, said: str, info: Callable[..., AnswersInfo]) -> None:
    assert info(decoys=decoys).decoys_said == said


def test_a_vague_claim_says_why(info: Callable[..., AnswersInfo]) -> None:
    assert info(vague="N takes 54 % of the box.").vague == (
        "The claim says too little to be tested: N takes 54 % of the box."
    )


def test_the_chance_to_beat_the_claim_stands_beside_its_arm(make_verdict: MakeVerdict) -> None:
    plain, filled = paired_info(make_verdict()), paired_info(answered(make_verdict(), Outcome.REFUTED, "regret", NO))
    assert not plain.has_chances
    assert filled.has_chances
    chances = {row.name: row.beats for row in filled.rows}
    assert chances["best fitted point"] is not None
    assert chances["best fitted point"].probability == 0.62
    assert chances["α 0, same η/(1−α)"] is None
