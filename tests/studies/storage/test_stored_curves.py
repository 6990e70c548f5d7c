"""Curves as text: those that every run has, and the rare ones that stand with the loss."""

from __future__ import annotations

import pytest

from studies.storage.stored_curves import RARE, RATES, Curve, curve_of, loss_text, rare_of, text_of

NONE: dict[str, Curve] = dict.fromkeys(RARE, ())


def test_a_curve_comes_back() -> None:
    assert curve_of(text_of((1.0, None, 0.5))) == (1.0, None, 0.5)


def test_a_run_without_rare_curves_is_stored_as_ever() -> None:
    assert loss_text((1.0, None), NONE) == "[1.0,null]"
    assert (curve_of("[1.0,null]"), rare_of("[1.0,null]")) == ((1.0, None), NONE)


@pytest.mark.parametrize("loss", [(), (1.0, None)])
def test_rare_curves_stand_with_the_loss(loss: Curve) -> None:
    rare: dict[str, Curve] = {"implicit_rate": (0.5, None), "harmful": (0.25, 0.0)}
    text = loss_text(loss, rare)
    assert (curve_of(text), rare_of(text)) == (loss, NONE | rare)


def test_mean_rates_have_lists_of_their_own_length() -> None:
    rates: dict[str, Curve] = dict.fromkeys(RATES, (0.5, 0.25, 0.125))
    text = loss_text((1.0,), rates)
    assert (curve_of(text), rare_of(text)) == ((1.0,), NONE | rates)


def test_what_earlier_releases_stored_is_read() -> None:
    text = '{"loss":[1.0],"implicit_rate":[0.5],"harmful":[0.25]}'
    assert rare_of(text) == NONE | {"implicit_rate": (0.5,), "harmful": (0.25,)}


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        text_of((float("nan"),))
