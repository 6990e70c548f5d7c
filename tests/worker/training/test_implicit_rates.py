"""Implicit rates as a training records them: by autograd on the plain module, in closed cases, and once lanes leave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from backward_variants import Settings, named, variants
from torch import Tensor, nn

from worker.training.engine import train
from worker.training.implicit_rate import ImplicitRates, is_measured
from worker.training.lanes import LOSSES, Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.minibatches import batches_of, orders
from worker.training.networks import Network, plain_module
from worker.training.solo_backward import change_backward
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
Variant = tuple[str, Settings]
OWN = (("w1", 3.0), ("w2", -0.5))
each_variant = pytest.mark.parametrize("variant", variants(), ids=named)


def setup_of(variant: Variant, **others: object) -> Setup:
    rule, settings = variant
    return Setup(backward_rule=rule, backward_settings=settings, **others)  # type: ignore[arg-type]


def loaded(network: Network, parameters: dict[str, Tensor], lane: Lane) -> nn.Sequential:
    """A plain module with a lane's parameters."""
    module = plain_module(network, lane.init_seed)
    own = {name: value for name, value in module.named_parameters() if name != "first.bias" or not network.batch_norm}
    called = {"norm.scale": "norm.weight", "norm.offset": "norm.bias"}
    with torch.no_grad():
        for name, value in parameters.items():
            own[called.get(name, name)].copy_(value.reshape(own[called.get(name, name)].shape))
    return module


def factors(
    network: Network, lane: Lane, setup: Setup, parameters: dict[str, Tensor], images: Tensor, labels: Tensor
) -> Tensor:
    """(features, N) gradient before the ReLU of the sum of losses, by autograd under the set-up's backward rule."""
    module = loaded(network, parameters, lane)
    change_backward(module, network, lane, setup)
    kept: list[Tensor] = []

    def keep(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        given[0].retain_grad()
        kept.append(given[0])

    module.get_submodule("relu").register_forward_pre_hook(keep)
    per_example(lane.loss, module(images), labels).sum().backward()  # type: ignore[no-untyped-call]
    assert kept[0].grad is not None
    return kept[0].grad.flatten(1).T


@pytest.mark.parametrize(("network", "width"), [("fig3", None), ("mlp", 12)])
@each_variant
def test_what_is_recorded_is_the_ratio_of_the_two_gradients(
    make_fold: MakeFold, variant: Variant, network: str, width: int | None
) -> None:
    """Of a trained lane's last minibatch, which is no longer than what is looked at."""
    fold = make_fold(n_train=80)
    setup = setup_of(variant, network=network, width=width, epochs=1, batch_size=24, drop_last=False)
    own = OWN if variant[0] == "substitute_network" else ()
    lanes = [Lane(0.01, 0.5, loss, seed, own) for seed, loss in enumerate(LOSSES)]
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    indices = batches_of(next(orders(setup, 80)), setup)[-1]
    for number, (lane, result) in enumerate(zip(lanes, stack.results(), strict=True)):
        if variant[0] == "backpropagation":
            assert len(result.implicit_rate_curve) == len(result.harmful_curve) == 0
            continue
        data = (stack.parameters(number), fold.train_images[indices], fold.train_labels[indices])
        given, true = (factors(stack.network, lane, each, *data) for each in (setup, Setup()))
        silent = true == 0
        assert result.implicit_rate_curve[0] == pytest.approx(float((given / true)[~silent].median()), rel=1e-5)
        assert result.harmful_curve[0] == pytest.approx(float((silent & (given != 0)).double().mean()), abs=1e-6)


def test_closed_cases(make_fold: MakeFold) -> None:
    """The ReLU's own derivative; the identity, which reaches every silent unit; a steep network's w2."""
    fold, lane = make_fold(), Lane(0.01, 0.5, "golden", 0)
    cases: list[tuple[Variant, float]] = [
        (("substitute", (("layer", "first"), ("derivative", "relu"))), 1.0),
        (("substitute", (("layer", "first"), ("derivative", "identity"))), 1.0),
        (("substitute", (("layer", "first"), ("derivative", "leaky_relu"))), 1.0),
    ]
    harmful = []
    for variant, rate in cases:
        (result,) = train([lane], setup_of(variant, epochs=3), fold)
        assert result.implicit_rate_curve.tolist() == [rate] * 3
        harmful.append(result.harmful_curve[0])
    assert harmful[0] == 0.0 and 0.1 < harmful[1] < 0.9
    (result,) = train([lane], setup_of(("feedback_alignment", ()), epochs=3), fold)
    assert not result.harmful_curve.any(), "a silent unit stays silent"
    steep = Setup(backward_rule="substitute_network", backward_settings=(("layer", "first"), ("w1", 1e6), ("w2", 2.0)))
    (result,) = train([lane], steep, fold)
    assert result.implicit_rate_curve[-1] == pytest.approx(2.0)


def test_a_lane_that_diverges_has_no_rate_from_then_on(make_fold: MakeFold) -> None:
    setup = setup_of(("substitute", (("layer", "first"), ("derivative", "tanh"))), epochs=3)
    lanes = [Lane(0.01, 0.5, "golden", 0), Lane(1e30, 0.9, "cross_entropy", 1)]
    fine, wild = train(lanes, setup, make_fold(dtype=torch.float32))
    assert np.isfinite(fine.implicit_rate_curve).all() and len(fine.implicit_rate_curve) == 3
    assert len(wild.implicit_rate_curve) == 0 or np.isnan(wild.implicit_rate_curve[-1])


def test_a_large_minibatch_is_looked_at_in_part(make_fold: MakeFold) -> None:
    """The part's median lies near that of the whole."""
    fold = make_fold(n_train=200)
    setup = setup_of(("substitute", (("layer", "first"), ("derivative", "sigmoid"))), network="mlp", batch_size=200)
    stack = Stack([Lane(0.01, 0.5, "golden", 0)], setup, fold)
    order = torch.arange(200)
    found = ImplicitRates(stack.network, setup, fold).measure(Lane(0.01, 0.5, "golden", 0), stack.parameters(0), order)
    assert found[0] == pytest.approx(0.235, abs=0.02) and found[1] == pytest.approx(0.5, abs=0.15)


def test_only_a_changed_pass_is_measured() -> None:
    assert not is_measured(Setup())
    assert not is_measured(Setup(network="mlp"))
    assert is_measured(Setup(network="mlp", backward_rule="feedback_alignment"))
