"""Rates that follow from measurements, in the stack: they move, each layer by itself, and reach the steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from solo_schedules import VARIANTS, noisy
from stacked import weights_of

from worker.training.engine import train
from worker.training.information import entropy, information
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Fold, Lane, Setup
from worker.training.measured import layers_of
from worker.training.networks import build_network
from worker.training.rates import layer_of
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
MEASURING = [name for name, (schedule, _) in VARIANTS.items() if schedule == "mi_decay"]
every_variant = pytest.mark.parametrize("variant", MEASURING)


def setup_of(variant: str, **others: object) -> Setup:
    schedule, settings = VARIANTS[variant]
    setup = Setup(schedule=schedule, schedule_settings=settings, epochs=8, batch_size=48, order_seed=3)
    return dataclasses.replace(setup, **others)  # type: ignore[arg-type]


@every_variant
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_eta_falls_stays_in_its_bounds_and_never_rises(
    make_fold: MakeFold, backend: str, variant: str, network: str
) -> None:
    fold, setup = noisy(make_fold(), "mi_decay"), setup_of(variant, network=network)
    lanes = [Lane(0.01 + 0.005 * n, 0.5, LOSSES[n % 5], n) for n in range(6)]
    stack = Stack(lanes, setup, fold)
    etas = []
    for epoch in range(1, 9):
        assert stack.eta is not None
        etas.append(stack.eta)
        stack.run_epoch(epoch)
    start = np.array([[lane.eta] for lane in lanes])
    assert np.array_equal(etas[0], np.broadcast_to(0.9 * start, etas[0].shape))
    assert np.array_equal(etas[0], etas[1]), "one measurement is no change"
    assert all((after <= before).all() for before, after in pairwise(etas))
    assert (etas[-1] >= 0.05 * start * (1 - 1e-12)).all()
    assert (etas[-1] < etas[0]).any(axis=1).sum() >= 4, "most have fallen"
    layers = layers_of(stack.network, setup)
    assert etas[-1].shape == (6, len(layers))
    for number, result in enumerate(stack.results()):
        kept = {layer: result.eta_last_curve if layer == "last" else result.eta_curve for layer in layers}
        for column, layer in enumerate(layers):
            trained = np.array([rates[number, column] for rates in etas], dtype=np.float32)
            assert np.array_equal(kept[layer], trained), "the rates of the epochs are recorded"
        assert len(result.eta_last_curve) == (8 if "last" in layers else 0)


@every_variant
def test_test_images_decide_nothing(make_fold: MakeFold, backend: str, variant: str) -> None:
    """Other test images, other results, the same weights to the bit."""
    fold = noisy(make_fold(dtype=torch.float32), "mi_decay")
    flipped = dataclasses.replace(fold, test_images=1.0 - fold.test_images, test_labels=9 - fold.test_labels)
    setup, lanes = setup_of(variant, epochs=6), [Lane(0.02, 0.5, "golden", n) for n in range(3)]
    stacks = [Stack(lanes, setup, each) for each in (fold, flipped)]
    for stack in stacks:
        for epoch in range(1, 7):
            stack.run_epoch(epoch)
    first, other = stacks
    for number in range(3):
        assert torch.equal(weights_of(first, number), weights_of(other, number))
        assert first.results()[number].correct != other.results()[number].correct


def test_a_layer_without_a_rate_stands_still(make_fold: MakeFold) -> None:
    """lo = 0 and codes that know all of the label: eta of a layer is 0 from then on, and the layer is left alone."""
    settings = (("lo", 0.0), ("tau", 1.0), ("held", 0.2), ("layers", "each"))
    setup = dataclasses.replace(setup_of("mi_decay"), network="mlp", schedule_settings=settings, weight_decay=0.0)
    stack = Stack([Lane(0.02, 0.5, "golden", 1)], setup, make_fold())
    for epoch in range(1, 4):
        stack.run_epoch(epoch)
    assert stack.eta is not None
    still = [layer for layer, eta in zip(("first", "last"), stack.eta[0], strict=True) if eta == 0.0]
    before = stack.parameters(0)
    stack.run_epoch(4)
    after = stack.parameters(0)
    assert still, "clusters that the codes tell apart"
    for name, value in before.items():
        assert torch.equal(value, after[name]) == (layer_of(name) in still), name


@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_the_codes_of_all_layers_as_one_are_the_classes_predicted(
    make_fold: MakeFold, backend: str, network: str
) -> None:
    """Held-back images that are the test images: as many are predicted right as the evaluation counts."""
    fold = make_fold()
    apart = dataclasses.replace(fold, held_images=fold.test_images, held_labels=fold.test_labels)
    lanes = [Lane(0.02, 0.5, LOSSES[n % 5], n) for n in range(11)]
    stack = Stack(lanes, setup_of("mi_decay", network=network, epochs=2), apart)
    stack.run_epoch(1)
    codes, scores = stack._backend.codes(), stack._backend.evaluate(own_loss=False)
    assert codes.shape == (11, 1, 70)
    assert ((codes[:, 0] == fold.test_labels.numpy()).sum(axis=1) == scores.correct).all()
    labels = fold.test_labels.numpy()
    assert all(information(code, labels) <= entropy(labels) for code in codes[:, 0])


def test_parameters_belong_to_the_layers_that_have_rates() -> None:
    for name in BY_EVERY_LOSS:
        network = build_network(name, (1, 8, 8), 10)
        layers = list(dict.fromkeys(map(layer_of, network.parameter_shapes)))
        assert tuple(layers) == layers_of(network, setup_of("mi_decay-each"))
        assert layers_of(network, setup_of("mi_decay")) == ("all",)


def test_a_threshold_that_nothing_reaches_trains_as_constant_rates_do_on_the_same_images(make_fold: MakeFold) -> None:
    """Bits of the torch path; hi = 1 leaves a lane its own eta."""
    fold = make_fold(dtype=torch.float32)
    settings = (("tau", 1e-12), ("held", 0.2))
    setup = setup_of("mi_decay", network="mlp", epochs=2, schedule_settings=settings)
    lanes = [Lane(0.02, 0.5, "golden", n) for n in range(3)]
    stack = Stack(lanes, setup, fold)
    kept = dataclasses.replace(
        fold, train_images=stack._backend._fold.train_images, train_labels=stack._backend._fold.train_labels
    )
    plain = dataclasses.replace(setup, schedule="constant", schedule_settings=())
    for measured, still in zip(train(lanes, setup, fold), train(lanes, plain, kept), strict=True):
        assert measured.loss_curve.tobytes() == still.loss_curve.tobytes()
        assert measured.correct == still.correct


def test_one_training_image_is_too_few(make_fold: MakeFold) -> None:
    with pytest.raises(ValueError, match="`schedule` mi_decay needs two training images, one to measure on, got 1"):
        train([Lane(0.02, 0.5, "golden", 1)], setup_of("mi_decay"), make_fold(n_train=1))
    assert len(train([Lane(0.02, 0.5, "golden", 1)], setup_of("mi_decay", batch_size=1), make_fold(n_train=2))) == 1
