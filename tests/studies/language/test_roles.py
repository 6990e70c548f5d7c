"""A trial's two values by name: learning rate, momentum, or a parameter of the rule's own."""

from __future__ import annotations

import pytest

from studies.language.parameters import PAPER, Axes, Parameter
from studies.language.roles import Trained, choices, pair_of, role, scales, trained, varied
from studies.learning import backward_rules
from studies.learning.update_rules import ENTRIES, by_name

RATE = Parameter(name="lr", scale="log", low=1e-4, high=1.0)
BETA = Parameter(name="beta1", scale="log_one_minus", low=0.0, high=0.99)


def test_names_mean_what_the_rule_has() -> None:
    adam, ball = by_name("adam"), by_name("heavy_ball")
    assert [role(name, adam) for name in ("eta", "lr", "beta1", "momentum", "rho")] == [
        "eta",
        "eta",
        "beta1",
        None,
        None,
    ]
    assert [role(name, ball) for name in ("learning_rate", "momentum", "alpha", "beta1")] == [
        "eta",
        "alpha",
        "alpha",
        None,
    ]
    assert role("side", by_name("dlr")) is None, "a text does not vary"
    assert role("eta", by_name("yamadam")) is None


def test_values_go_to_the_training_by_name_in_either_order() -> None:
    adam = by_name("adam")
    expected = Trained(eta=0.001, alpha=0.0, own=(("beta1", 0.9),))
    assert trained(Axes(RATE, BETA, ridge=False), adam, 0.001, 0.9) == expected
    assert trained(Axes(BETA, RATE, ridge=False), adam, 0.9, 0.001) == expected
    assert varied(Axes(BETA, RATE, ridge=False), adam) == {"beta1"}


@pytest.mark.parametrize("rule", ENTRIES, ids=lambda rule: rule.name)
def test_the_papers_pair_reaches_every_rule(rule: object) -> None:
    found = trained(PAPER, rule, 0.01, 0.9)  # type: ignore[arg-type]
    assert found.eta == (0.01 if rule.eta else 1.0)  # type: ignore[attr-defined]
    assert found.alpha == (0.9 if rule.alpha else 0.0)  # type: ignore[attr-defined]
    assert not found.own


def test_what_varies_and_on_which_scales() -> None:
    assert choices(by_name("dlr")) == ["eta", "alpha", "a"]
    assert choices(by_name("yamadam")) == ["epsilon"]
    assert {p.name: scales(p)[0] for p in by_name("adam").own} == {
        "beta1": "log_one_minus",
        "beta2": "log_one_minus",
        "epsilon": "log",
    }


def test_a_parameter_that_may_be_negative_varies_as_it_is() -> None:
    assert [scales(parameter) for parameter in backward_rules.by_name("substitute_network").own] == [
        ("linear", "log")
    ] * 2


def test_learning_rate_and_momentum_of_a_point_by_their_usual_names() -> None:
    assert pair_of(PAPER, 0.1, 0.9) == (0.1, 0.9)
    assert pair_of(Axes(BETA, RATE, ridge=False), 0.9, 0.1) == (0.1, 0.0), "beta1 is no momentum of Eq. 4"
    depth = Parameter(name="depth", scale="linear", low=1.0, high=3.0)
    assert pair_of(Axes(depth, BETA, ridge=False), 1.0, 0.9) == (1.0, 0.0)
