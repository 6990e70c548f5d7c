"""Speed of a worker: seconds by kind of training, measured by the worker, read by previews.

Floating-point operations do not predict the time: small images and small batches leave a processor waiting, and which
kernels train a network decides as much. So a worker measures each kind, that is each network on each shape of image,
and the time of a run follows from four numbers of its kind.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Self

from studies.language.context import DATASET_SHAPES, Context


@dataclass(frozen=True, slots=True)
class Workload:
    """Work of one run, all epochs together."""

    train_images: float
    steps: float
    test_images: float
    epochs: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of wall time per run in a well-filled stack, by what the run does."""

    train_image: float
    step: float
    test_image: float
    epoch: float

    def seconds(self, work: Workload) -> float:
        """Wall time that a run adds to its stack."""
        return (
            self.train_image * work.train_images
            + self.step * work.steps
            + self.test_image * work.test_images
            + self.epoch * work.epochs
        )

    def times(self, factor: float) -> Self:
        """Slower by a factor."""
        return type(self)(*(factor * seconds for seconds in astuple(self)))


Speeds = Mapping[str, Speed]  # by `kind_of`


def kind_of(context: Context) -> str:
    """Network, shape of image and unusual precision, such as "fig3 1x28x28": contexts of a kind share a `Speed`."""
    _, channels, height, width, _ = DATASET_SHAPES[context.dataset]
    kind = f"{context.network} {channels}x{height}x{width}"
    return kind if context.precision == "fp32" else f"{kind} {context.precision}"


def workload(context: Context, *, n_train: float, n_test: float) -> Workload:
    """Work of one run of a context on a fold of the given numbers of images."""
    batch = min(float(context.batch_size), n_train)
    steps = n_train // batch if context.drop_last else math.ceil(n_train / batch)
    trained = steps * batch if context.drop_last else n_train
    epochs = float(context.epochs)
    return Workload(epochs * trained, epochs * steps, epochs * n_test, epochs)


def to_text(speeds: Speeds) -> str:
    """For storage: JSON, four significant digits."""
    numbers = {kind: [float(f"{x:.4g}") for x in astuple(speed)] for kind, speed in sorted(speeds.items())}
    return json.dumps(numbers, separators=(",", ":"))


def from_text(text: str | None) -> dict[str, Speed]:
    """From storage; nothing from a worker that has measured nothing."""
    return {kind: Speed(*numbers) for kind, numbers in json.loads(text or "{}").items()}
