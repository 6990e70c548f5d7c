"""Trainings that go through every rule, schedule, way back, network and precision, with lanes that leave on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from unittest.mock import patch

import torch
from backward_variants import named, variants
from dry_device import dry_device
from solo_schedules import VARIANTS
from stacked import fitted, moved, trainable

from worker.training import modules, rules, tiled
from worker.training.engine import train_lanes
from worker.training.lanes import LOSSES, NETWORKS, Drop, Fold, Lane, Outcome, Progress, Setup
from worker.training.products import PRECISIONS
from worker.training.schedules import measured

TRAIN, TEST = 100, 10  # images
SIDES = {"simplenet": 16}  # smallest images of networks that cannot do with 8x8
SETUP = Setup(epochs=5, batch_size=64, drop_last=False)  # two steps an epoch, of which the last is a partial batch
FREED = (2, 3)  # epochs after which one lane leaves, and all lanes but two
NARROW = 4  # lanes of a tile, the fewest that the engine takes; a wider one is the same calls
OF_MODULES = 4


@dataclasses.dataclass(frozen=True)
class Watched:
    """What a training on a dry device was seen to do."""

    outcome: Outcome
    calls: int  # of the device in its steps
    parts: int  # of the training in which nothing may cross
    reads: int  # what came back from the device between them


def trainings() -> dict[str, Setup]:
    """Every training by a name."""
    return {f"{kind}: {name}": setup for kind, name, setup in _trainings()}


def _trainings() -> Iterator[tuple[str, str, Setup]]:
    networks = (*NETWORKS, *modules.names())
    for network in networks:
        yield "network", network, dataclasses.replace(SETUP, network=network)
    yield "network", "fig3, reshuffled", dataclasses.replace(SETUP, reshuffle=True)
    yield "network", "fig3, looks within an epoch", dataclasses.replace(SETUP, evaluate_every=64, patience=3)
    for network in NETWORKS:
        for precision in PRECISIONS[1:]:
            yield (
                "precision",
                f"{precision}, {network}",
                dataclasses.replace(SETUP, network=network, precision=precision),
            )
    for rule in rules.names():
        yield "rule", rule, dataclasses.replace(SETUP, network="mlp", update_rule=rule)
        yield "rule", f"{rule}, module", dataclasses.replace(SETUP, network="chain", update_rule=rule)
    for variant, (schedule, settings) in VARIANTS.items():
        setup = dataclasses.replace(SETUP, schedule=schedule, schedule_settings=settings)
        yield "schedule", variant, setup
        if measured(schedule) is None:
            yield "schedule", f"{variant}, module", dataclasses.replace(setup, network="chain")
    for variant in variants():
        rule, settings = variant
        yield "backward", named(variant), dataclasses.replace(SETUP, backward_rule=rule, backward_settings=settings)


def train_dry(setup: Setup, device: str = "meta", width: int = NARROW) -> Watched:
    """Trains on a device without numbers, from the engine's one call to its results.

    One epoch is launched, one would be recorded; then a lane is frozen, one epoch is replayed; then all lanes but two
    leave, which are packed anew, so that one epoch is recorded and the last one replayed.

    Args:
        setup: of five epochs.
        device: see `dry_device`.
        width: most lanes of a tile; the stack is two tiles.

    Raises:
        AssertionError: something crossed between host and device within the steps, or a replayed epoch would differ.
    """
    with dry_device(device) as watched, patch.object(tiled, "CUDA_LANES", width):
        outcome = train_lanes(_lanes(setup, width), setup, _fold(setup, device), on_epoch=_leaving)
    return Watched(outcome, len(watched.calls), watched.steps_watched, watched.reads)


def _leaving(progress: Progress) -> bool | Drop:
    first, most = FREED
    if progress.epoch == first:
        return Drop(frozenset({1}))
    return Drop(frozenset(range(progress.lanes - 2))) if progress.epoch == most else True


def _lanes(setup: Setup, width: int) -> list[Lane]:
    count = OF_MODULES if setup.network in modules.names() else width + 2
    lanes = [Lane(0.01, 0.5, LOSSES[number % len(LOSSES)], number % 3) for number in range(count)]
    return trainable(setup.network, fitted(setup.update_rule, lanes))


def _fold(setup: Setup, device: str) -> Fold:
    side = SIDES.get(setup.network, 8)

    def images(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.rand(n, 1, side, side), torch.arange(n).remainder(10)

    return moved(Fold(*images(TRAIN), *images(TEST), classes=10), device)
