"""DLR's mean rate by layer: against plain loops, at looks, on every backend, without a change of the training."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from stacked import bits

from worker.training import mean_rate, outcomes, stack
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.mean_rate import MeanRates, is_due, is_measured
from worker.training.networks import Network
from worker.training.stack import Stack
from worker.training.structure import lane_module

MakeFold = Callable[..., Fold]
DLR = Setup(update_rule="dlr", epochs=2, batch_size=32)
ONLINE = dataclasses.replace(DLR, network="logistic", width=7, batch_size=1, weight_decay=0.0, evaluate_every=16)
LANES = [Lane(0.1, 0.0, "sse", 3), Lane(0.4, 0.0, "sse", 4, own=(("a", 0.05),))]


def by_loop(weight: torch.Tensor, use: list[float], a: float, side: str) -> tuple[float, float]:
    """Both means of a matrix out × in, weight by weight."""
    rows = weight.double().tolist()
    plain = used = total = 0.0
    for row in rows:
        for j, w in enumerate(row):
            others = [r[j] for r in rows] if side == "pre" else row
            rate = (abs(w) + a) / (math.sqrt(sum(other * other for other in others)) + a)
            plain, used, total = plain + rate, used + rate * use[j], total + use[j]
    return plain / weight.numel(), used / total


def inputs_of(network: Network, parameters: dict[str, torch.Tensor], fold: Fold, layer: str) -> list[float]:
    """Mean size of each input of a layer on all training images, through the ordinary module."""
    module = lane_module(network, LANES[0], Setup(network=network.name)).train()
    named = dict(module.named_parameters())
    with torch.no_grad():
        for name, value in parameters.items():
            plain = {"norm.scale": "norm.weight", "norm.offset": "norm.bias"}.get(name, name)
            named[plain].copy_(value.reshape(named[plain].shape))
    seen: list[torch.Tensor] = []
    handle = module.get_submodule(layer).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    module(fold.train_images.double())
    handle.remove()
    x = seen[0].detach()
    if x.dim() == 4:
        x = torch.nn.functional.unfold(x, network.kernel).transpose(1, 2).flatten(0, 1)
    found: list[float] = x.abs().mean(dim=0).tolist()
    return found


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("network", ["fig3", "softmax", "mlp", "logistic"])
def test_both_means_are_those_of_a_plain_loop(
    make_fold: MakeFold, network: str, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mean_rate, "SEEN", 40)  # all images, as the loop
    fold = make_fold(n_train=40)
    base = ONLINE if network == "logistic" else dataclasses.replace(DLR, network=network)
    trained = Stack(LANES, dataclasses.replace(base, rule_settings=(("side", side),)), fold)
    assert isinstance(trained.network, Network)
    trained.run_epoch(1)
    for number, lane in enumerate(LANES):
        parameters = trained.parameters(number)
        found = MeanRates(trained.network, trained._setup, fold).measure(lane, parameters)
        assert set(found) == ({"last"} if network == "softmax" else {"first", "last"})
        for layer, means in found.items():
            use = inputs_of(trained.network, parameters, fold, layer)
            a = dict(lane.own).get("a", 0.4)
            expected = by_loop(parameters[f"{layer}.weight"], use, a, side)
            assert (means.plain, means.used) == pytest.approx(expected, rel=1e-9), layer
            assert 0.0 < means.used <= 1.0 and 0.0 < means.plain <= 1.0


def test_inputs_that_are_never_active_count_in_the_plain_mean_alone() -> None:
    """Of two inputs the silent one has weights of 0, which learn at eta."""
    weights = torch.tensor([[0.0, 3.0], [0.0, -4.0]], dtype=torch.float64)
    found = mean_rate.mean_rate(weights, 1.0, torch.tensor([0.0, 0.7], dtype=torch.float64), "pre")
    assert found.used == pytest.approx((4.0 / 6.0 + 5.0 / 6.0) / 2.0)
    assert found.plain == pytest.approx((1.0 + found.used) / 2.0)
    assert math.isnan(mean_rate.mean_rate(weights, 1.0, torch.zeros(2), "pre").used)


@pytest.mark.parametrize("native", ["1", "0"])
@pytest.mark.parametrize("setup", [DLR, ONLINE], ids=["minibatches", "on-line"])
def test_rates_are_recorded_at_the_start_and_at_looks_and_change_no_bit(
    make_fold: MakeFold, setup: Setup, native: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDEN_NATIVE", native)
    fold = make_fold(n_train=64, dtype=torch.float32)
    results = train(LANES, setup, fold)
    due = [0.0, 1.0, 2.0] if setup is DLR else [k / 4 for k in range(9)]
    for result in results:
        assert result.rate_epochs_curve.tolist() == due
        for curve in (result.first_rate_curve, result.last_rate_curve, result.first_used_rate_curve):
            assert len(curve) == len(due) and (curve > 0.0).all() and (curve <= 1.0).all()
    monkeypatch.setattr(stack.mean_rate, "is_measured", lambda setup: False)
    without = train(LANES, setup, fold)
    assert [bits(result) for result in without] == [bits(result) for result in results]
    assert all(len(result.rate_epochs_curve) == len(result.last_rate_curve) == 0 for result in without)


def test_a_lane_s_rates_depend_on_no_other_lane(make_fold: MakeFold) -> None:
    def rates(result: LaneResult) -> list[bytes]:
        return [getattr(result, f"{name}_curve").tobytes() for name in ("rate_epochs", "first_rate", "last_used_rate")]

    fold = make_fold(n_train=64, dtype=torch.float32)
    for setup in (ONLINE, DLR):
        together = train([Lane(1e30, 0.0, "cross_entropy" if setup is DLR else "sse", 1), *LANES], setup, fold)
        assert rates(together[2]) == rates(train(LANES[1:], setup, fold)[0])
    assert together[0].divergence == "non-finite"
    assert len(together[0].rate_epochs_curve) < len(together[1].rate_epochs_curve)


def test_a_run_that_ends_at_its_target_has_rates_up_to_there(make_fold: MakeFold) -> None:
    setup = dataclasses.replace(ONLINE, target_accuracy=0.05, stop_at_target=True)
    result = train(LANES[:1], setup, make_fold(n_train=64))[0]
    assert result.steps == 16
    assert result.rate_epochs_curve.tolist() == [0.0, 0.25]


def test_only_weights_with_rates_of_their_own_have_mean_rates(make_fold: MakeFold) -> None:
    assert is_measured(DLR)
    assert not is_measured(dataclasses.replace(DLR, update_rule="sgd"))
    assert not is_measured(dataclasses.replace(DLR, network="mlp2"))
    result = train(LANES[:1], dataclasses.replace(ONLINE, update_rule="sgd"), make_fold(n_train=20))[0]
    assert len(result.rate_epochs_curve) == len(result.first_rate_curve) == 0


def test_long_trainings_are_measured_at_the_ends_of_epochs() -> None:
    assert [is_due(epochs) for epochs in (0.0, 0.01, 4.0, 4.01, 7.5, 30.0)] == [True, True, True, False, False, True]


def test_a_layer_s_curve_is_stored_by_its_mean() -> None:
    history = outcomes.History(LANES[0], dataclasses.replace(ONLINE, epochs=1))
    history.rates.append((0.0, {"last": mean_rate.MeanRate(0.5, 0.25)}))
    history.record(1, np.ones(4), correct=5, cross_entropy=2.0, n_test=10)
    result = outcomes.lane_result(history, ONLINE, n_test=10, classes=10, steps=4)
    assert (result.last_rate_curve.tolist(), result.last_used_rate_curve.tolist()) == ([0.5], [0.25])
    assert len(result.first_rate_curve) == 0
