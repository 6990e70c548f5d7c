"""A stack: lanes that share a fold and a minibatch order, trained together epoch by epoch."""

from __future__ import annotations

import torch
from torch import Tensor

from worker.training import networks
from worker.training.batch_norm import Moments
from worker.training.evaluate import evaluate
from worker.training.lanes import LOSSES, Fold, Lane, LaneResult, Setup
from worker.training.metrics import Curve, History, lane_result
from worker.training.minibatches import (
    Chunk,
    EpochBatches,
    PatchSource,
    column_multiple,
    effective_batch,
    orders,
    patch_moments,
    steps_per_epoch,
)
from worker.training.networks import Network
from worker.training.tile import LaneState, Parameters, Tile, Workspace, initial_row

CPU_TILE_BYTES = 6 << 20  # hidden activations of a tile: a few times a level-2 cache; smaller tiles pay more overhead
CUDA_TILE_BYTES = 256 << 20  # enough work per kernel to hide its launch
CPU_LANES = 8  # widest tile on a CPU; more lanes save no overhead worth the cache they take
CUDA_LANES = 128
CPU_CACHE_BYTES = 512 << 20  # patches kept between epochs
CUDA_CACHE_SHARE = 4  # one fourth of the free memory for the same


class Stack:
    """Trains lanes; see `engine.train` for the one-call form."""

    def __init__(self, lanes: list[Lane], setup: Setup, fold: Fold) -> None:
        images = fold.train_images
        n_train, channels, height, width = images.shape
        self._setup = setup
        self._fold = fold
        self.network = networks.build_network(setup.network, (channels, height, width), fold.classes)
        self.steps_per_epoch = steps_per_epoch(setup, n_train)
        self._histories = [History(lane, setup) for lane in lanes]
        self._width, columns = tile_shape(self.network, effective_batch(setup, n_train), images)
        self._workspace = Workspace(self.network, self._width, columns, images)
        source = PatchSource(images, fold.train_labels, self.network, columns=columns)
        self._batches = EpochBatches(source, setup, cache_bytes=_cache_bytes(images.device))
        self._test = PatchSource(fold.test_images, fold.test_labels, self.network, columns=columns)
        self._test_chunks: list[Chunk] | None = None
        self._orders = orders(setup, n_train)
        self._moments = self._fold_moments(source, n_train)
        self._finished: dict[int, Tensor] = {}  # final weights of lanes that left the stack
        self._numbers: list[int] = []  # which lane each row of each tile holds, tile after tile; padding repeats one
        self._tiles: list[Tile] = []
        grouped = sorted(range(len(lanes)), key=lambda number: LOSSES.index(lanes[number].loss))
        self._pack(grouped, self._initial_state([lanes[number] for number in grouped], images))

    @property
    def alive(self) -> int:
        """Lanes whose losses have all been finite."""
        return sum(history.diverged_at is None for history in self._histories)

    def run_epoch(self, epoch: int) -> None:
        """Trains every living lane for one epoch (1-based) and records its metrics."""
        order = next(self._orders)
        if not self._tiles:
            return
        losses = self._train(order)
        scores = evaluate(self._tiles, self._moments, self._chunks_of_test(), own_loss=epoch == self._setup.epochs)
        correct = torch.cat([score.correct for score in scores]).tolist()
        cross_entropy = torch.cat([score.cross_entropy for score in scores]).tolist()
        own_loss = torch.cat([score.own_loss for score in scores]).tolist()
        n_test = len(self._fold.test_labels)
        for row, number in self._living_rows():
            history = self._histories[number]
            history.record(
                epoch,
                losses[:, row],
                correct=int(correct[row]),
                cross_entropy=cross_entropy[row] / n_test,
                n_test=n_test,
            )
            history.own_loss = own_loss[row] / n_test
        self._retire()

    def results(self) -> list[LaneResult]:
        """Metrics of every lane, in the order in which the lanes were given."""
        n_test, classes = len(self._fold.test_labels), self._fold.classes
        steps = self._setup.epochs * self.steps_per_epoch
        return [
            lane_result(history, self._setup, n_test=n_test, classes=classes, steps=steps)
            for history in self._histories
        ]

    def parameters(self, number: int) -> dict[str, Tensor]:
        """Copies of the present parameters of a living lane, under the names of `Network.parameter_shapes`."""
        row = self._numbers.index(number)
        tile, within = divmod(row, self._width)
        weights = self._tiles[tile].state.weights[within : within + 1].clone()
        return {name: view[0] for name, view in Parameters(self.network, weights).views.items()}

    def _train(self, order: Tensor) -> Curve:
        """One epoch of steps; returns the losses, (steps, rows)."""
        like = self._fold.train_images
        losses = [like.new_zeros(self.steps_per_epoch, self._width) for _ in self._tiles]
        for step, minibatch in enumerate(self._batches.epoch(order)):
            for tile, out in zip(self._tiles, losses, strict=True):
                tile.step(minibatch, out[step])
        result: Curve = torch.cat(losses, dim=1).double().cpu().numpy()
        return result

    def _living_rows(self) -> list[tuple[int, int]]:
        """(row, lane number) of each living lane, padding left out."""
        rows: dict[int, int] = {}
        for row, number in enumerate(self._numbers):
            if self._histories[number].diverged_at is None:
                rows.setdefault(number, row)
        return [(row, number) for number, row in rows.items()]

    def _retire(self) -> None:
        """Freezes diverged lanes; once they would fill a tile, repacks the living ones into fewer tiles."""
        living = self._living_rows()
        if -(-len(living) // self._width) < len(self._tiles):
            self._repack(living)
            return
        dead = [self._histories[number].diverged_at is not None for number in self._numbers]
        if any(dead):
            device = self._fold.train_images.device
            for index, tile in enumerate(self._tiles):
                part = dead[index * self._width : (index + 1) * self._width]
                tile.freeze(torch.tensor(part, device=device))

    def _repack(self, living: list[tuple[int, int]]) -> None:
        if not living:
            self._tiles, self._numbers = [], []
            return
        states = [tile.state for tile in self._tiles]
        whole = LaneState(
            [lane for state in states for lane in state.lanes],
            torch.cat([state.weights for state in states]),
            torch.cat([state.velocity for state in states]),
        )
        self._pack([number for _, number in living], whole.select([row for row, _ in living]))

    def _pack(self, numbers: list[int], state: LaneState) -> None:
        """Cuts the lanes into tiles, filling the last one up by repeating its last lane."""
        rows = list(range(len(numbers)))
        rows += [rows[-1]] * (-len(rows) % self._width)
        self._numbers = [numbers[row] for row in rows]
        parts = [rows[start : start + self._width] for start in range(0, len(rows), self._width)]
        self._tiles = [Tile(self.network, self._setup, state.select(part), self._workspace) for part in parts]

    def _initial_state(self, lanes: list[Lane], like: Tensor) -> LaneState:
        drawn = {seed: initial_row(self.network, seed) for seed in {lane.init_seed for lane in lanes}}
        weights = torch.stack([drawn[lane.init_seed] for lane in lanes]).to(like.device, like.dtype)
        return LaneState(lanes, weights, torch.zeros_like(weights))

    def _fold_moments(self, source: PatchSource, n_train: int) -> Moments:
        if not self.network.batch_norm:
            return Moments.none(self._fold.train_images)
        return patch_moments(source.chunks(torch.arange(n_train)))

    def _chunks_of_test(self) -> list[Chunk]:
        """The test images; kept, since every epoch needs them."""
        if self._test_chunks is None:
            self._test_chunks = list(self._test.chunks(torch.arange(len(self._fold.test_labels))))
        return self._test_chunks


def tile_shape(network: Network, batch: int, images: Tensor) -> tuple[int, int]:
    """(lanes, images) that a tile works on at once: a function of shapes, dtype and kind of device only.

    It does not look at the stack, so neither do the shapes of the matrix products, and so neither do a lane's bits.
    """
    on_cpu = images.device.type == "cpu"
    budget, widest = (CPU_TILE_BYTES, CPU_LANES) if on_cpu else (CUDA_TILE_BYTES, CUDA_LANES)
    multiple = column_multiple(network.classes)
    columns = -(-batch // multiple) * multiple
    per_image = max(1, network.hidden * network.positions) * images.element_size()
    lanes = widest
    while lanes > 4 and lanes * columns * per_image > budget:
        lanes //= 2
    if on_cpu:
        fitting = budget // (lanes * per_image) // multiple * multiple
        columns = min(columns, max(multiple, fitting))
    return lanes, columns


def _cache_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) // CUDA_CACHE_SHARE
    return CPU_CACHE_BYTES
