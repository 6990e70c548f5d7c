"""Each schedule that measures over an ordinary module, for the plain loop: what the stacked ones are tested against.

Written apart: images are held back, information counted and rates moved by formulas of its own; nothing is shared with
`schedules`, `held_back`, `information` and `measured`. A new schedule that measures needs its row in `FOLLOWERS`; the
tests fail for a name without one.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn, optim

from worker.training.lanes import Fold, Lane, Setup

Rows = NDArray[Any]


class Follower(Protocol):
    """One lane's rates, which follow from what is measured of it."""

    fold: Fold  # without the images that are held back

    def set_rates(self, optimizer: optim.Optimizer, module: nn.Module) -> None:
        """Sets eta of the epoch that is due."""

    def after_epoch(self, module: nn.Module) -> None:
        """Measures a module in the state in which it is evaluated, and moves the rates."""


def follower(lane: Lane, setup: Setup, fold: Fold) -> Follower | None:
    """The lane's follower, None under a schedule that measures nothing."""
    return FOLLOWERS[setup.schedule](lane, setup, fold) if setup.schedule in FOLLOWERS else None


class MiDecay:
    """Decay by mutual information, a reconstruction."""

    def __init__(self, lane: Lane, setup: Setup, fold: Fold) -> None:
        self._own: dict[str, Any] = {"lo": 0.01, "hi": 1.0, "tau": 0.01, "held": 0.1, "layers": "global"}
        self._own |= dict(setup.schedule_settings)
        kept, held = _parts(fold, self._own["held"], setup.order_seed)
        self.fold = dataclasses.replace(
            fold, train_images=fold.train_images[kept], train_labels=fold.train_labels[kept], train_groups=None
        )
        self._images, self._labels = fold.train_images[held], fold.train_labels[held].tolist()
        self._eta, self._seed = lane.eta, setup.order_seed
        self.rates: dict[str, float] = {}  # by layer, "all" where there is one rate
        self._before: dict[str, float] = {}  # information after the epoch before

    def set_rates(self, optimizer: optim.Optimizer, module: nn.Module) -> None:
        """See `Follower`."""
        if self._own["layers"] == "each":
            _part_by_layer(optimizer, module)
        for group in optimizer.param_groups:
            layer = group.get("layer") or "all"
            group["lr"] = self.rates.setdefault(layer, self._own["hi"] * self._eta)

    @torch.no_grad()
    def after_epoch(self, module: nn.Module) -> None:
        """See `Follower`."""
        outputs = [_outputs(module, part) for part in torch.split(self._images, 512)]
        for layer in self.rates:
            rows = torch.cat([part["last" if layer == "all" else layer] for part in outputs]).double().cpu().numpy()
            codes = rows.argmax(axis=1) if layer == "all" else _means_of(self._projected(rows))
            self._move(layer, codes.tolist())

    def _projected(self, rows: Rows) -> Rows:
        features = rows.shape[1]
        if features <= 64:
            return rows
        coins = np.random.default_rng([self._seed, 3]).integers(0, 2, size=(64, features))
        return np.stack([rows @ np.where(coin == 1, 0.125, -0.125) for coin in coins], axis=1)

    def _move(self, layer: str, codes: Sequence[int]) -> None:
        everything = _entropy(self._labels)
        now = _entropy(codes) + everything - _entropy(list(zip(codes, self._labels, strict=True)))
        before = self._before.get(layer, 0.0)
        if before > 1e-12 and everything > 0 and abs(now - before) < self._own["tau"] * before:
            lo, hi = self._own["lo"] * self._eta, self._own["hi"] * self._eta
            self.rates[layer] = min(self.rates[layer], hi - (hi - lo) * min(1.0, now / everything))
        self._before[layer] = now


def _parts(fold: Fold, share: float, seed: int) -> tuple[list[int], list[int]]:
    """Numbers of the images that are kept and held back; whole originals are drawn until enough images are held."""
    n = len(fold.train_labels)
    originals = list(range(n)) if fold.train_groups is None else fold.train_groups.tolist()
    generator = np.random.default_rng([seed, 2])
    names = sorted(set(originals))
    wanted = min(n - 1, max(1, round(share * n)))
    held: list[int] = []
    for place in generator.permutation(len(names)).tolist()[: len(names) - 1]:
        if len(held) >= wanted:
            break
        held += [number for number in range(n) if originals[number] == names[place]]
    kept = [number for number in range(n) if number not in set(held)]
    return kept, generator.permutation(sorted(held)).tolist()


def _part_by_layer(optimizer: optim.Optimizer, module: nn.Module) -> None:
    """Parts the optimizer's groups, so that each holds parameters of one layer; batch norm is of the first."""
    if any(group.get("layer") for group in optimizer.param_groups):
        return
    names = {parameter: name for name, parameter in module.named_parameters()}
    parted = []
    for group in optimizer.param_groups:
        for layer in ("first", "last"):
            members = [value for value in group["params"] if names[value].startswith("last") == (layer == "last")]
            parted += [{**group, "params": members, "layer": layer}] if members else []
    optimizer.param_groups[:] = parted


def _outputs(module: nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """What leaves each layer: the ReLU, and the last one."""
    found, now = {}, images
    for name, child in module.named_children():
        now = child(now)
        if name in ("flatten", "last"):
            found["first" if name == "flatten" else "last"] = now
    return found


def _means_of(rows: Rows) -> Rows:
    """(n,) nearest of 64 means, which start at the first different rows and move ten times."""
    variance = ((rows - rows.mean(axis=0)) ** 2).sum(axis=1).mean()
    means: list[Rows] = []
    for row in rows[:256]:
        if len(means) < 64 and all(((row - other) ** 2).sum() > 1e-9 * variance for other in means):
            means.append(row)
    means = means or [rows[0]]
    for turn in range(11):
        codes = np.array([((row - np.stack(means)) ** 2).sum(axis=1).argmin() for row in rows])
        if turn < 10:
            means = [rows[codes == k].mean(axis=0) if (codes == k).any() else mean for k, mean in enumerate(means)]
    return codes


def _entropy(values: Sequence[object]) -> float:
    """In nats."""
    n = len(values)
    return sum(-count / n * math.log(count / n) for count in Counter(values).values())


FOLLOWERS: dict[str, Callable[[Lane, Setup, Fold], Follower]] = {"mi_decay": MiDecay}
