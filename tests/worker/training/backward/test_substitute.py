"""Substituted derivatives: the ReLU's own is backpropagation, and a factor is a factor on the layer's rate."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from backward_variants import train_alone
from stacked import bits, one_lane_per_loss
from torch import Tensor

from worker.training.derivatives import DERIVATIVES, Derivative
from worker.training.engine import train
from worker.training.lanes import Fold, Setup
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
NETWORKS = [("fig3", None), ("mlp", 1), ("mlp", 64), ("mlp", 100)]


def with_derivative(name: str, **others: object) -> Setup:
    settings = (("layer", "first"), ("derivative", name))
    return Setup(backward_rule="substitute", backward_settings=settings, **others)  # type: ignore[arg-type]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("network", "width"), NETWORKS)
def test_the_relus_own_derivative_is_backpropagation_to_the_bit(
    make_fold: MakeFold, network: str, width: int | None, dtype: torch.dtype
) -> None:
    common = {"network": network, "width": width, "epochs": 3, "batch_size": 48, "drop_last": False}
    fold, lanes = make_fold(dtype=dtype), one_lane_per_loss()
    found = train(lanes, with_derivative("relu", **common), fold)
    expected = train(lanes, Setup(**common), fold)  # type: ignore[arg-type]
    assert [bits(result) for result in found] == [bits(result) for result in expected]


def triple(gradient: Tensor, z: Tensor) -> None:
    """Three times the ReLU's derivative."""
    DERIVATIVES["relu"].multiply(gradient, z)
    gradient.mul_(3.0)


@pytest.mark.parametrize(("rule", "alpha"), [("sgd", 0.0), ("heavy_ball", 0.8), ("nesterov", 0.8)])
@pytest.mark.parametrize(("network", "width"), NETWORKS)
def test_three_times_the_derivative_is_three_times_the_layers_rate(
    make_fold: MakeFold, network: str, width: int | None, rule: str, alpha: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under SGD with or without momentum; batch norm's scale and offset lie before the ReLU as well."""
    monkeypatch.setitem(DERIVATIVES, "triple", Derivative("sign", triple))
    fold, lanes = make_fold(), one_lane_per_loss(0.02, alpha)
    common = {"network": network, "width": width, "update_rule": rule, "batch_size": 48, "weight_decay": 0.0}
    stack = Stack(lanes, with_derivative("triple", **common), fold)
    stack.run_epoch(1)
    for number, lane in enumerate(lanes):
        expected = train_alone(lane, Setup(epochs=1, **common), fold, first_rate=3.0)  # type: ignore[arg-type]
        for name, value in stack.parameters(number).items():
            assert (value - expected[name]).abs().max() <= 1e-9 * expected[name].abs().max(), name


@pytest.mark.parametrize(("network", "width"), NETWORKS)
def test_three_times_the_derivative_changes_nothing_under_adam(
    make_fold: MakeFold, network: str, width: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its steps do not know the gradient's scale, up to epsilon."""
    monkeypatch.setitem(DERIVATIVES, "triple", Derivative("sign", triple))
    fold, lanes = make_fold(), one_lane_per_loss(0.002, 0.0)
    settings = (("epsilon", 1e-30),)
    common = {"network": network, "width": width, "update_rule": "adam", "rule_settings": settings, "batch_size": 48}
    tripled, plain = (
        Stack(lanes, with_derivative(name, weight_decay=0.0, **common), fold) for name in ("triple", "relu")
    )
    for stack in (tripled, plain):
        stack.run_epoch(1)
    for number in range(5):
        expected = plain.parameters(number)
        for name, value in tripled.parameters(number).items():
            assert (value - expected[name]).abs().max() <= 1e-9 * expected[name].abs().max(), name


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
@pytest.mark.parametrize("derivative", ["swish", "identity"])
def test_a_low_precision_stays_near_the_full_one(make_fold: MakeFold, derivative: str, precision: str) -> None:
    fold, lanes = make_fold(dtype=torch.float32), one_lane_per_loss(0.01)
    full, low = (
        train(lanes, with_derivative(derivative, epochs=2, batch_size=50, precision=each), fold)
        for each in ("fp32", precision)
    )
    for one, other in zip(full, low, strict=True):
        assert other.cross_entropy == pytest.approx(one.cross_entropy, rel=0.1)
        assert other.cross_entropy != one.cross_entropy
