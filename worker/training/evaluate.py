"""Test metrics of the lanes of a tile.

Batch norm evaluates with the mean and population variance of the whole training fold, as the paper's toolbox does at
the end of training; over a linear layer they follow exactly from the moments of the fold's patches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from worker.training.batch_norm import Moments
from worker.training.codes import codes_of
from worker.training.minibatches import Chunk
from worker.training.tile import Tile


@dataclass(slots=True)
class Scores:
    """Sums over the test images, one number per lane, float64."""

    correct: Tensor  # (L,)
    cross_entropy: Tensor  # (L,) nats
    own_loss: Tensor  # (L,) left at zero unless asked for


def evaluate(tiles: Sequence[Tile], moments: Moments, chunks: Iterable[Chunk], *, own_loss: bool) -> list[Scores]:
    """Scores of every lane of every tile on the images of `chunks`.

    Args:
        tiles: share one workspace.
        moments: of the training fold's patches.
        chunks: the test images.
        own_loss: also sum each lane's own loss.
    """
    fused = [tile.first_weights(moments) for tile in tiles]
    scores = [_zero_scores(tile) for tile in tiles]
    for chunk in chunks:
        for tile, weights, score in zip(tiles, fused, scores, strict=True):
            logits = tile.logits(chunk, weights)
            _add(score, logits, tile.log_outputs(logits), chunk)
            if own_loss:
                values, _ = tile.values_and_gradient(logits, chunk)
                score.own_loss += (values * chunk.weight).sum(dim=1)
    return scores


def predicted(tile: Tile, moments: Moments, chunks: Iterable[Chunk], n: int) -> Tensor:
    """(L, 1, n) class that each lane predicts for each of the n images of `chunks`.

    Args:
        tile: of the lanes.
        moments: of the training fold's patches.
        chunks: the images.
        n: images in them, padding not counted.
    """
    first = tile.first_weights(moments)
    return torch.cat([tile.logits(chunk, first).argmax(dim=1) for chunk in chunks], dim=1)[:, None, :n]


def layer_codes(tile: Tile, moments: Moments, chunks: Iterable[Chunk], n: int, projection: Tensor | None) -> Tensor:
    """(L, layers, n) code of each layer's output for each image; see `codes.py`, and `predicted` for the arguments."""
    first = tile.first_weights(moments)
    parts = [tile.layer_outputs(chunk, first, projection) for chunk in chunks]
    layers = [torch.cat(outputs, dim=2)[:, :, :n].mT for outputs in zip(*parts, strict=True)]  # (L, n, d) each
    return torch.stack([torch.stack([codes_of(own) for own in layer]) for layer in layers], dim=1)


def _zero_scores(tile: Tile) -> Scores:
    zeros = torch.zeros(len(tile.state.lanes), dtype=torch.float64, device=tile.state.weights.device)
    return Scores(zeros, zeros.clone(), zeros.clone())


def _add(score: Scores, logits: Tensor, outputs: Tensor, chunk: Chunk) -> None:
    """Adds a chunk's correct answers, by the logits, and cross-entropy, by a softmax of `outputs`; (L, K, n) each."""
    hit = chunk.is_true.gather(0, logits.argmax(dim=1).view(-1, logits.shape[2]))  # (L, n); padding never hits
    score.correct += hit.sum(dim=1)
    shifted = outputs - outputs.amax(dim=1, keepdim=True)
    log_total = shifted.exp().sum(dim=1).log()
    true_logit = shifted.masked_fill(~chunk.is_true, 0.0).sum(dim=1)
    score.cross_entropy += ((log_total - true_logit) * chunk.weight).double().sum(dim=1)
