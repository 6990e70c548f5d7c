"""The torch backend: lanes trained together on tiles, on a CPU or a CUDA device."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from worker.training import backward
from worker.training.backend import Rows, Scores
from worker.training.backward_settings import choices_of
from worker.training.batch_norm import Moments
from worker.training.codes import signs
from worker.training.evaluate import evaluate, layer_codes, predicted
from worker.training.fused import hidden_ops
from worker.training.fused.self_check import recomputes, usable
from worker.training.fused_tile import FusedTile
from worker.training.graph import EpochGraph
from worker.training.lanes import LOSSES, Fold, Lane, Setup
from worker.training.logistic_tile import LogisticTile
from worker.training.measured import Codes, by_layer, first_rates
from worker.training.minibatches import (
    Chunk,
    EpochBatches,
    Minibatch,
    PatchSource,
    column_multiple,
    effective_batch,
    patch_moments,
    steps_per_epoch,
)
from worker.training.networks import Network
from worker.training.recomputing_tile import RecomputingTile
from worker.training.rules import rule
from worker.training.schedules import has_tables
from worker.training.state import LaneState, Parameters, feedback_row, initial_row, layout_of
from worker.training.threads import lane_threads
from worker.training.tile import Tile, Workspace
from worker.training.timetable import Timetable, length_of

CPU_TILE_BYTES = 6 << 20  # hidden activations of a tile: a few times a level-2 cache; smaller tiles pay more overhead
CUDA_TILE_BYTES = 256 << 20  # enough work per kernel to hide its launch
CPU_LANES = 8  # widest tile on a CPU; more lanes save no overhead worth the cache they take
CUDA_LANES = 128
CPU_CACHE_BYTES = 512 << 20  # patches kept between epochs
MOST_RECORDED = 5_000  # steps of an epoch that is recorded as a CUDA graph; each is 20 to 120 kernels
CUDA_CACHE_SHARE = 4  # one fourth of the free memory for the same

Item = TypeVar("Item")


class TiledLanes:
    """Lanes cut into tiles of constant width; those of one loss are neighbours."""

    name = "torch"

    def __init__(
        self, network: Network, setup: Setup, fold: Fold, lanes: Sequence[Lane], *, fused: bool | None = None
    ) -> None:
        """Cuts them.

        Args:
            network: of every lane.
            setup: what they share.
            fold: the data.
            lanes: in any order.
            fused: whether loss and batch norm are a kernel each, `fused_tile.py`; None: where the device can.
        """
        images = fold.train_images
        self._fused = usable(images) if fused is None else fused
        suits = hidden_ops.suits(network, setup, images.dtype)
        self._recomputes = self._fused and suits and (fused is True or recomputes(images, setup.precision))
        n_train = len(fold.train_labels)
        self._network, self._setup, self._fold, self._lanes = network, setup, fold, len(lanes)
        self._backward = backward.rule(setup.backward_rule)
        self._width, columns = tile_shape(network, effective_batch(setup, n_train), images)
        self._columns = columns
        source = PatchSource(images, fold.train_labels, network, columns=columns)
        self._batches = EpochBatches(source, setup, cache_bytes=_cache_bytes(images.device))
        self._test = PatchSource(fold.test_images, fold.test_labels, network, columns=columns)
        self._test_chunks: list[Chunk] | None = None
        self._held: PatchSource | None = None
        if fold.held_images is not None and fold.held_labels is not None:
            self._held = PatchSource(fold.held_images, fold.held_labels, network, columns=columns)
        with lane_threads(1):
            self._moments = _fold_moments(network, source, images)
        self._numbers: list[int] = []  # which lane each row of each tile holds, tile after tile; padding repeats one
        self._tiles: list[Tile] = []
        self._losses: list[Tensor] = []  # of each tile, (steps, width)
        self._graph: EpochGraph | None = None
        self._records = steps_per_epoch(setup, n_train) <= MOST_RECORDED
        self._threads = 1
        self._dropped: set[int] = set()
        self._scheduled = has_tables(setup.schedule)
        self._length = length_of(setup, n_train)
        # Steps taken so far, which scheduled rates need; a tensor, since a recorded epoch is to count them too.
        self._position = torch.zeros(1, dtype=torch.int64, device=images.device)
        grouped = sorted(range(len(lanes)), key=lambda number: LOSSES.index(lanes[number].loss))
        self._pack(grouped, self._initial_state([lanes[number] for number in grouped], images))

    def train(self, order: Tensor, part: range | None = None) -> Rows:
        """See `Backend`."""
        work = partial(self._epoch, order.to(self._fold.train_images.device), part)
        if part is None and self._records and self._graph is not None and self._batches.complete:
            self._graph.run(work)  # the second epoch is recorded, later ones are replayed
        else:
            work()
        rows: Rows = torch.cat(self._losses, dim=1).double().cpu().numpy()  # the only wait for the device
        return self._by_lane(rows if part is None else rows[part.start : part.stop])

    def evaluate(self, *, own_loss: bool, numbers: Sequence[int] | None = None, least: int = 0) -> Scores:
        """See `Backend`; every lane is scored, whichever are asked about."""
        groups = self._groups(self._tiles)
        with lane_threads(len(groups)) as for_each:
            chunks = self._chunks_of_test()
            parts = for_each(lambda tiles: evaluate(tiles, self._moments, chunks, own_loss=own_loss), groups)
        sums = [parts[tile % len(groups)][tile // len(groups)] for tile in range(len(self._tiles))]
        columns = torch.cat([torch.stack([s.correct, s.cross_entropy, s.own_loss]) for s in sums], dim=1)
        return Scores(*self._by_lane(columns.cpu().numpy()))

    def codes(self) -> Codes:
        """See `Backend`."""
        labels, held = self._fold.held_labels, self._held
        assert held is not None and labels is not None
        chunks, n = list(held.chunks(torch.arange(len(labels)))), len(labels)
        code = partial(predicted, moments=self._moments, chunks=chunks, n=n)
        if by_layer(self._setup):
            projection = signs(self._network.features, self._setup, self._fold.train_images)
            code = partial(layer_codes, moments=self._moments, chunks=chunks, n=n, projection=projection)
        groups = self._groups(self._tiles)
        with lane_threads(len(groups)) as for_each:
            parts = for_each(lambda tiles: [code(tile) for tile in tiles], groups)
        by_row = torch.cat([parts[tile % len(groups)][tile // len(groups)] for tile in range(len(self._tiles))])
        found = by_row.cpu().numpy()
        codes: Codes = np.zeros((self._lanes, *found.shape[1:]), dtype=np.int64)
        for number, row in self._rows().items():
            codes[number] = found[row]
        return codes

    def set_rates(self, eta: Rows) -> None:
        """See `Backend`."""
        rates = torch.from_numpy(eta.copy())
        rates[sorted(self._dropped)] = 0.0
        rates = rates[self._numbers].to(self._fold.train_images.dtype).to(self._fold.train_images.device)
        for tile, part in zip(self._tiles, torch.split(rates, self._width), strict=True):
            tile.set_rates(part)

    def drop(self, numbers: Sequence[int]) -> None:
        """Freezes lanes; once dropped ones would fill a tile, repacks the living ones into fewer tiles."""
        self._dropped.update(numbers)
        living = [(row, number) for number, row in self._rows().items()]
        if math.ceil(len(living) / self._width) < len(self._tiles):
            self._repack(living)
        elif numbers:
            gone = torch.tensor([number in self._dropped for number in self._numbers])
            parts = torch.split(gone.to(self._fold.train_images.device), self._width)
            for tile, dead in zip(self._tiles, parts, strict=True):
                tile.freeze(dead)

    def parameters(self, number: int) -> dict[str, Tensor]:
        """See `Backend`."""
        row = self._numbers.index(number)
        tile, within = divmod(row, self._width)
        weights = self._tiles[tile].state.weights[within : within + 1].clone()
        return {name: view[0] for name, view in Parameters(self._network, weights).views.items()}

    def _epoch(self, order: Tensor, part: range | None = None) -> None:
        """One epoch of steps on the device, or a part of it; leaves each step's losses in `_losses`."""
        groups = self._groups(list(zip(self._tiles, self._losses, strict=True)))
        with lane_threads(len(groups)) as for_each:
            for step, minibatch in enumerate(self._batches.epoch(order, part), start=part.start if part else 0):
                for_each(partial(_step, step, minibatch), groups)
                if self._scheduled:
                    self._position.add_(1)

    def _rows(self) -> dict[int, int]:
        """Row of each living lane, padding left out."""
        rows: dict[int, int] = {}
        for row, number in enumerate(self._numbers):
            if number not in self._dropped:
                rows.setdefault(number, row)
        return rows

    def _by_lane(self, rows: Rows) -> Rows:
        """From one column per row of the tiles to one per lane."""
        lanes: Rows = np.full((len(rows), self._lanes), np.nan)
        for number, row in self._rows().items():
            lanes[:, number] = rows[:, row]
        return lanes

    def _repack(self, living: list[tuple[int, int]]) -> None:
        if not living:
            self._tiles, self._numbers = [], []
            return
        whole = LaneState.joined([tile.state for tile in self._tiles])
        self._pack([number for _, number in living], whole.select([row for row, _ in living]))

    def _pack(self, numbers: list[int], state: LaneState) -> None:
        """Cuts the lanes into tiles, filling the last one up by repeating its last lane."""
        rows = list(range(len(numbers)))
        rows += [rows[-1]] * (-len(rows) % self._width)
        self._numbers = [numbers[row] for row in rows]
        parts = [rows[start : start + self._width] for start in range(0, len(rows), self._width)]
        images = self._fold.train_images
        steps = steps_per_epoch(self._setup, len(images))
        self._losses = [images.new_zeros(steps, self._width) for _ in parts]
        self._graph = EpochGraph() if images.device.type == "cuda" else None
        self._threads = min(torch.get_num_threads(), len(parts)) if images.device.type == "cpu" else 1
        keeps_z = self._backward.keeps_z(choices_of(self._setup))
        shape = (self._network, self._width, self._columns)
        spaces = [Workspace(*shape, images, keeps_z=keeps_z) for _ in range(self._threads)]
        self._tiles = [
            self._tile(state.select(part), spaces[number % self._threads]) for number, part in enumerate(parts)
        ]
        real = len(numbers) - self._width * (len(parts) - 1)  # in the last tile
        self._tiles[-1].leave_out(torch.arange(self._width, device=images.device) >= real)

    def _tile(self, state: LaneState, space: Workspace) -> Tile:
        timetable = None
        if self._scheduled:
            place, layout = (self._length, self._position, state.weights), layout_of(self._network)
            timetable = Timetable(state.lanes, self._setup, *place, layout)
        return self._kind()(self._network, self._setup, state, space, timetable)

    def _kind(self) -> type[Tile]:
        if self._network.outputs != "softmax":
            return LogisticTile
        if not self._fused:
            return Tile
        return RecomputingTile if self._recomputes else FusedTile

    def _groups(self, items: list[Item]) -> list[list[Item]]:
        """One list per thread of something that there is for each tile: tiles that share a workspace."""
        return [items[thread :: self._threads] for thread in range(min(self._threads, len(items)))]

    def _initial_state(self, lanes: Sequence[Lane], like: Tensor) -> LaneState:
        def rows(draw: Callable[[Network, int], Tensor]) -> Tensor:
            drawn = {seed: draw(self._network, seed) for seed in {lane.init_seed for lane in lanes}}
            return torch.stack([drawn[lane.init_seed] for lane in lanes]).to(like.device, like.dtype)

        fixed = {"feedback": rows(feedback_row)} if self._backward.FIXED else {}
        rates = first_rates(lanes, self._setup, self._network)
        if rates is not None:
            fixed["eta"] = torch.from_numpy(rates).to(like.dtype).to(like.device)
        layout = layout_of(self._network)
        return LaneState.start(lanes, rows(initial_row), rule(self._setup.update_rule), layout, fixed)

    def _chunks_of_test(self) -> list[Chunk]:
        """The test images; kept, since every epoch needs them."""
        if self._test_chunks is None:
            self._test_chunks = list(self._test.chunks(torch.arange(len(self._fold.test_labels))))
        return self._test_chunks


def _step(step: int, minibatch: Minibatch, tiles: list[tuple[Tile, Tensor]]) -> None:
    for tile, losses in tiles:
        tile.step(minibatch, losses[step])


def _fold_moments(network: Network, source: PatchSource, images: Tensor) -> Moments:
    return patch_moments(source.chunks(torch.arange(len(images)))) if network.batch_norm else Moments.none(images)


def tile_shape(network: Network, batch: int, images: Tensor) -> tuple[int, int]:
    """(lanes, images) that a tile works on at once: a function of shapes, dtype and kind of device only.

    It does not look at the stack, so neither do the shapes of the matrix products, and so neither do a lane's bits.
    """
    on_cpu = images.device.type == "cpu"
    budget, widest = (CPU_TILE_BYTES, CPU_LANES) if on_cpu else (CUDA_TILE_BYTES, CUDA_LANES)
    multiple = column_multiple(network.classes)
    columns = math.ceil(batch / multiple) * multiple
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
