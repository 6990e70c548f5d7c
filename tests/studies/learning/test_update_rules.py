"""Facts of the update rules that decide what can be asked of them."""

from __future__ import annotations

from studies.learning.update_rules import ENTRIES, by_name


def test_the_pair_of_eq_4_is_momentum_sgds_and_that_of_its_kin() -> None:
    assert {rule.name for rule in ENTRIES if rule.pair} == {"heavy_ball", "nesterov", "dlr"}
    assert {rule.name for rule in ENTRIES if not rule.alpha} == {"sgd", "rmsprop", "adam", "adadelta", "yamadam"}
    assert {rule.name for rule in ENTRIES if not rule.eta} == {"yamadam"}
    assert all(rule.eta and rule.alpha for rule in ENTRIES if rule.pair)


def test_what_is_ours_is_said() -> None:
    assert "eta_0" in by_name("dlr").note and "ours" in by_name("dlr").note
