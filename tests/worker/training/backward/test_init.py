"""The folder of backward rules: what is found there, and that nothing in it is without a proof."""

from __future__ import annotations

import pytest

from worker.training.backward import names, rule
from worker.training.derivatives import DERIVATIVES
from worker.training.solo_backward import CHANGES, FORMULAS


def test_a_rule_is_its_file() -> None:
    assert {"backpropagation", "substitute", "feedback_alignment"} <= set(names())
    assert not {"__init__", "derivatives"} & set(names())


def test_every_rule_and_derivative_has_a_solo_reference() -> None:
    assert set(CHANGES) == set(names())
    assert set(FORMULAS) == set(DERIVATIVES)


@pytest.mark.parametrize("name", names())
def test_every_rule_has_what_the_engine_asks_of_it(name: str) -> None:
    found = rule(name)
    assert all(choices and all(isinstance(choice, str) for choice in choices) for choices in found.CHOICES.values())
    assert isinstance(found.FIXED, bool)
    assert all(isinstance(number, float) for number in found.NUMBERS.values())
    first = {setting: choices[0] for setting, choices in found.CHOICES.items()}
    assert isinstance(found.keeps_z(first), bool)
    assert found.__doc__ and ":" in found.__doc__.splitlines()[0], "its docstring gives the formula"
    assert callable(found.hidden_gradient)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`backward_rule` must be one of .*substitute.*, got 'os'"):
        rule("os")


def test_z_is_kept_only_where_its_sign_is_not_enough() -> None:
    kept = {d for d in DERIVATIVES if rule("substitute").keeps_z({"layer": "first", "derivative": d})}
    assert kept == set(DERIVATIVES) - {"relu", "leaky_relu", "identity"}
