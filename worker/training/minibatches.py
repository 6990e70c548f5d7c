"""Minibatches as patches, which the lanes of a stack share in a step.

A chunk holds some images as a matrix of patches, one column per (position, image), the image index fastest:

    patches (k + 1, P * n)   k pixels of a patch and a last row of ones, which carries the layer's bias

so that the first layer of any number of lanes is one matrix product, and its output (L, c * P, n) meets the last
layer without a transposition. The number of columns is padded with zeros to a fixed multiple; see `column_multiple`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from worker.training.batch_norm import Moments
from worker.training.lanes import Setup
from worker.training.networks import Network

VECTOR = 32  # float32 numbers in two AVX-512 registers, the unit in which torch's CPU loops run


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some images of a minibatch."""

    patches: Tensor  # (k + 1, P * n)
    is_true: Tensor  # (K, n) bool, True at the class of each image; all False in padding columns
    weight: Tensor  # (n,) 1 for an image, 0 for padding


@dataclass(frozen=True, slots=True)
class Minibatch:
    """The images of one step, in chunks, with the moments that batch norm needs."""

    chunks: list[Chunk]
    moments: Moments
    size: int  # images, padding not counted


def column_multiple(classes: int) -> int:
    """Multiple to which a chunk's columns are padded, so that one lane's (K, n) logits fill whole vectors.

    torch's CPU loops run a scalar tail after their last whole vector, and exp or log may differ there in the last
    bit. Without a tail a lane's bits do not depend on its place among other lanes.
    """
    return VECTOR // math.gcd(VECTOR, classes)


def effective_batch(setup: Setup, n_train: int) -> int:
    """Images per step: the batch size, or the whole fold where that is smaller."""
    return min(setup.batch_size, n_train)


def steps_per_epoch(setup: Setup, n_train: int) -> int:
    """Steps in an epoch; the last partial batch counts unless it is dropped."""
    batch = effective_batch(setup, n_train)
    return n_train // batch if setup.drop_last else math.ceil(n_train / batch)


def orders(setup: Setup, n_train: int) -> Iterator[Tensor]:
    """Order of the training images for each epoch, (N,) int64 on the CPU; the same each time without reshuffling."""
    generator = torch.Generator().manual_seed(setup.order_seed)
    order = torch.randperm(n_train, generator=generator)
    for epoch in range(setup.epochs):
        if setup.reshuffle and epoch > 0:
            order = torch.randperm(n_train, generator=generator)
        yield order


def batches_of(order: Tensor, setup: Setup) -> list[Tensor]:
    """Splits an epoch's order into the image numbers of its steps."""
    batch = effective_batch(setup, len(order))
    steps = steps_per_epoch(setup, len(order))
    return [order[step * batch : (step + 1) * batch] for step in range(steps)]


class PatchSource:
    """Cuts patches out of images that lie on the device, (C, H, W, N) with the image index fastest."""

    def __init__(self, images: Tensor, labels: Tensor, network: Network, *, columns: int) -> None:
        """Lays the images out once.

        Args:
            images: (N, C, H, W).
            labels: (N,) int64.
            network: gives kernel and classes.
            columns: images per chunk, a multiple of `column_multiple`.
        """
        self._images = images.permute(1, 2, 3, 0).contiguous()
        self._labels = labels
        self._network = network
        self._columns = columns

    def chunks(self, indices: Tensor) -> Iterator[Chunk]:
        """Chunks of the images `indices`, in order; the last one is padded to the multiple, not to the full width."""
        for part in torch.split(indices.to(self._labels.device), self._columns):
            yield self._chunk(part)

    def minibatch(self, indices: Tensor) -> Minibatch:
        """The images `indices` as one step's minibatch."""
        chunks = list(self.chunks(indices))
        moments = patch_moments(chunks) if self._network.batch_norm else Moments.none(self._images)
        return Minibatch(chunks, moments, len(indices))

    def _chunk(self, indices: Tensor) -> Chunk:
        network, device = self._network, self._labels.device
        multiple = column_multiple(network.classes)
        padded = math.ceil(len(indices) / multiple) * multiple
        height, width = network.kernel
        images = self._images.index_select(3, indices)  # (C, H, W, n)
        windows = images.unfold(1, height, 1).unfold(2, width, 1)  # (C, oh, ow, n, kh, kw)
        patches = images.new_zeros(network.patch_size + 1, network.positions, padded)
        target = patches[:-1, :, : len(indices)]
        target.copy_(windows.permute(0, 4, 5, 1, 2, 3).reshape(target.shape))
        patches[-1, :, : len(indices)] = 1.0
        is_true = torch.zeros(network.classes, padded, dtype=torch.bool, device=device)
        classes = torch.arange(network.classes, device=device)
        is_true[:, : len(indices)] = self._labels.index_select(0, indices) == classes.unsqueeze(1)
        weight = images.new_zeros(padded)
        weight[: len(indices)] = 1.0
        return Chunk(patches.view(network.patch_size + 1, -1), is_true, weight)


def patch_moments(chunks: Iterator[Chunk] | list[Chunk]) -> Moments:
    """Mean and population covariance of all patches, accumulated in float64 because the moments cancel."""
    products: Tensor | None = None
    dtype = torch.float64
    for chunk in chunks:
        patches = chunk.patches.double()
        dtype = chunk.patches.dtype
        product = patches @ patches.mT  # (k + 1, k + 1); last row and column: sums and the count, from the ones
        products = product if products is None else products + product
    if products is None:
        raise ValueError("`chunks` must hold at least one image")
    mean = products[-1, :-1] / products[-1, -1]
    covariance = products[:-1, :-1] / products[-1, -1] - torch.outer(mean, mean)
    return Moments(mean.to(dtype), covariance.to(dtype))


class EpochBatches:
    """The minibatches of each epoch; those of an unchanging order are kept if they fit in `cache_bytes`."""

    def __init__(self, source: PatchSource, setup: Setup, *, cache_bytes: int) -> None:
        self._source = source
        self._setup = setup
        self._left = cache_bytes
        self._kept: dict[int, Minibatch] = {}
        self._moments: dict[int, Moments] = {}

    @property
    def complete(self) -> bool:
        """True if every minibatch of the unchanging order is kept, so that all epochs are the same work."""
        return len(self._kept) > 0 and len(self._kept) == len(self._moments)

    def epoch(self, order: Tensor, part: range | None = None) -> Iterator[Minibatch]:
        """The minibatches of one epoch, in order, or of a part of its steps."""
        batches = batches_of(order, self._setup)
        for step in part or range(len(batches)):
            indices = batches[step]
            kept = self._kept.get(step)
            yield kept if kept is not None else self._build(step, indices)

    def _build(self, step: int, indices: Tensor) -> Minibatch:
        if self._setup.reshuffle:
            return self._source.minibatch(indices)
        if step in self._moments:
            return Minibatch(list(self._source.chunks(indices)), self._moments[step], len(indices))
        minibatch = self._source.minibatch(indices)
        self._moments[step] = minibatch.moments
        size = sum(chunk.patches.numel() * chunk.patches.element_size() for chunk in minibatch.chunks)
        if size <= self._left:
            self._kept[step] = minibatch
            self._left -= size
        return minibatch
