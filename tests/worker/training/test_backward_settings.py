"""Backward rules and settings that cannot be trained: one sentence each, with the field."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from backward_variants import Settings, named, variants

from worker.training import backward_settings
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, Setup
from worker.training.networks import build_network

MakeFold = Callable[..., Fold]
LANES = [Lane(0.1, 0.5, "sse", 0)]
FIRST = ("layer", "first")


@pytest.mark.parametrize("network", ["fig3", "mlp"])
@pytest.mark.parametrize("variant", variants(), ids=named)
def test_what_can_be_trained_passes(variant: tuple[str, Settings], network: str) -> None:
    setup = Setup(network=network, backward_rule=variant[0], backward_settings=variant[1])
    backward_settings.check(setup, build_network(network, (1, 8, 8), 10))
    assert backward_settings.choices_of(setup) == dict(variant[1])


BAD = [
    (Setup(backward_rule="hebb"), "`backward_rule` must be one of .*got 'hebb'"),
    (Setup(backward_settings=(FIRST,)), "`backward_settings`: backpropagation has no 'layer'"),
    (
        Setup(backward_rule="substitute"),
        "`backward_settings`: layer of substitute must be one of first, output, .*got nothing",
    ),
    (Setup(backward_rule="substitute", backward_settings=(FIRST,)), "derivative of substitute must .*got nothing"),
    (
        Setup(backward_rule="substitute", backward_settings=(("layer", "last"), ("derivative", "tanh"))),
        "layer of substitute must be one of first, output, .*got 'last'",
    ),
    (
        Setup(backward_rule="substitute", backward_settings=(FIRST, ("derivative", "mish"))),
        "derivative of substitute must be one of .*, got 'mish'",
    ),
    (
        Setup(backward_rule="feedback_alignment", backward_settings=(("seed", 3.0),)),
        "`backward_settings`: feedback_alignment has no 'seed', its settings: none",
    ),
    (Setup(network="softmax", backward_rule="feedback_alignment"), "`backward_rule` .*hidden layer, softmax has none"),
    (
        Setup(network="softmax", backward_rule="substitute", backward_settings=(FIRST, ("derivative", "tanh"))),
        "`backward_rule` substitute needs a network with a hidden layer, softmax has none",
    ),
    (Setup(network="mlp", width=0), "`width` must be a positive number"),
    (Setup(width=64), "`width` must be a positive number of units of an mlp"),
]


@pytest.mark.parametrize(("setup", "sentence"), BAD)
def test_what_cannot_be_trained_is_refused_before_training(make_fold: MakeFold, setup: Setup, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        train(LANES, setup, make_fold())
