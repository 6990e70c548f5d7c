"""Scores of a tile's lanes on test images, against the plain module of each lane."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from worker.training.evaluate import evaluate
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Lane, Setup
from worker.training.losses import per_example
from worker.training.minibatches import PatchSource, patch_moments
from worker.training.networks import build_network, plain_module
from worker.training.rules import rule
from worker.training.state import LaneState, initial_row, layout_of
from worker.training.tile import Tile, Workspace

SHAPE = (1, 8, 8)
LANES = [Lane(0.1, 0.5, loss, seed) for seed, loss in enumerate(LOSSES)]


@pytest.mark.parametrize("own_loss", [True, False])
@pytest.mark.parametrize("name", BY_EVERY_LOSS)
def test_scores_are_those_of_the_plain_module(name: str, own_loss: bool) -> None:
    generator = torch.Generator().manual_seed(4)
    images = torch.rand(60, *SHAPE, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 10, (60,), generator=generator)
    train, test = torch.arange(40), torch.arange(40, 60)
    network = build_network(name, SHAPE, 10)
    source = PatchSource(images, labels, network, columns=16)
    weights = torch.stack([initial_row(network, lane.init_seed) for lane in LANES])
    state = LaneState.start(LANES, weights, rule("heavy_ball"), layout_of(network))
    tile = Tile(network, Setup(network=name), state, Workspace(network, len(LANES), 16, images))
    moments = patch_moments(source.chunks(train))
    (scores,) = evaluate([tile], moments, source.chunks(test), own_loss=own_loss)
    for number, lane in enumerate(LANES):
        logits = _plain_logits(plain_module(network, lane.init_seed), images[train], images[test])
        assert int(scores.correct[number]) == int((logits.argmax(dim=1) == labels[test]).sum())
        for found, loss in ((scores.cross_entropy, "cross_entropy"), (scores.own_loss, lane.loss)):
            expected = float(per_example(loss, logits, labels[test]).sum())
            if own_loss or found is scores.cross_entropy:
                assert float(found[number]) == pytest.approx(expected, rel=1e-9)
            else:
                assert float(found[number]) == 0.0, "only where it was asked for"


@torch.no_grad()
def _plain_logits(module: nn.Sequential, train: torch.Tensor, test: torch.Tensor) -> torch.Tensor:
    """With batch norm's statistics those of all training images."""
    norm = getattr(module, "norm", None)
    if isinstance(norm, nn.BatchNorm2d):
        outputs = module.get_submodule("first")(train)
        norm.get_buffer("running_mean").copy_(outputs.mean(dim=(0, 2, 3)))
        norm.get_buffer("running_var").copy_(outputs.var(dim=(0, 2, 3), correction=0))
    logits: torch.Tensor = module.eval()(test)
    return logits
