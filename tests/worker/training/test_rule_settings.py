"""A rule's own parameters: defaults, what a set-up states, what a lane has instead, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch

from worker.training.lanes import Lane, Setup
from worker.training.rule_settings import check, choices_of, columns_of, numbers_of
from worker.training.rules import names

LANE = Lane(0.1, 0.0, "sse", 0)


def test_a_lane_goes_before_the_setup_and_the_setup_before_the_default() -> None:
    setup = Setup(update_rule="adam", rule_settings=(("beta1", 0.8), ("beta2", 0.99)))
    lane = Lane(0.1, 0.0, "sse", 0, own=(("beta1", 0.7),))
    assert numbers_of(lane, setup) == {"beta1": 0.7, "beta2": 0.99, "epsilon": 1e-8}
    assert numbers_of(LANE, setup)["beta1"] == 0.8
    own, rest = columns_of([LANE, lane], setup, torch.empty(0))
    assert own["beta1"].flatten().tolist() == pytest.approx([0.8, 0.7])
    assert rest["beta2"].flatten().tolist() == pytest.approx([0.01, 0.01], rel=1e-7), "rounded once"


def test_words_and_flags_are_shared() -> None:
    assert choices_of(Setup(update_rule="dlr")) == {"side": "pre", "warm_start": True}
    settings = (("warm_start", False), ("a", 0.2), ("side", "post"))
    assert choices_of(Setup(update_rule="dlr", rule_settings=settings)) == {"side": "post", "warm_start": False}


@pytest.mark.parametrize("name", names())
def test_a_rule_trains_by_its_defaults(name: str) -> None:
    check([Lane(1.0, 0.0, "sse", 0)], Setup(update_rule=name))


@pytest.mark.parametrize(
    ("setup", "lane", "words"),
    [
        (Setup(update_rule="os.path"), LANE, "`update_rule` must be one of adadelta"),
        (Setup(update_rule="__init__"), LANE, "`update_rule`"),
        (Setup(update_rule="adam", rule_settings=(("rho", 0.9),)), LANE, "rho"),
        (Setup(rule_settings=(("beta1", 0.9),)), LANE, "none"),
        (Setup(update_rule="adam", rule_settings=(("beta1", "high"),)), LANE, "beta1 of adam"),
        (Setup(update_rule="adam", rule_settings=(("beta1", True),)), LANE, "beta1 of adam"),
        (Setup(update_rule="adam", rule_settings=(("beta1", math.nan),)), LANE, "beta1 of adam"),
        (Setup(update_rule="dlr", rule_settings=(("side", "left"),)), LANE, "one of pre, post"),
        (Setup(update_rule="dlr", rule_settings=(("warm_start", 1.0),)), LANE, "warm_start"),
        (Setup(update_rule="dlr"), Lane(0.1, 0.0, "sse", 0, own=(("side", 1.0),)), "`own`"),
        (Setup(update_rule="adam"), Lane(0.1, 0.0, "sse", 0, own=(("beta1", math.inf),)), "`own`"),
        (Setup(), Lane(0.1, 0.0, "sse", 0, own=(("a", 0.4),)), "`own`"),
        (Setup(update_rule="sgd"), Lane(0.1, 0.5, "sse", 0), "`alpha` must be 0: sgd"),
        (Setup(update_rule="yamadam"), Lane(0.1, 0.0, "sse", 0), "`eta` must be 1: yamadam"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_its_field(setup: Setup, lane: Lane, words: str) -> None:
    with pytest.raises(ValueError, match="`") as caught:
        check([lane], setup)
    assert words in str(caught.value)
