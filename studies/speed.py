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
from studies.learning import networks
from studies.learning.chosen import DEFAULTS, TABLES
from studies.learning.entry import Kind
from studies.learning.naming import found


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


ENDED_EARLY = 0.5  # of its test images an on-line look takes, before the answer is known: benchmarks/online.py
STOPPED = 0.65  # of its epochs a run takes that may stop at its target: 0.58 in dlr-control, 0.75 in dlr-speed
TIMED: tuple[Kind, ...] = ("update_rule", "schedule", "backward_rule")
# What a kind does not name; a step of Nesterov's takes as long as heavy ball's.
USUAL: Mapping[Kind, tuple[str, ...]] = {
    **{kind: (DEFAULTS[kind],) for kind in TIMED},
    "update_rule": ("heavy_ball", "nesterov"),
}
WORDED: tuple[Kind, ...] = ("network", "schedule", "backward_rule")  # whose words change the time, as a variant does
Speeds = Mapping[str, Speed]  # by `kind_of`


def kind_of(context: Context) -> str:
    """Network, shape of image and what is unusual, such as "fig3 1x28x28": contexts of a kind share a `Speed`.

    Unusual are a width, a precision, an update rule, a schedule and a backward rule that are not the default, and words
    of network, schedule and backward rule that are not: "mlp-256 1x28x28 bf16 adam cosine substitute-tanh". The numbers
    among their parameters do not change the time. On-line training, one image a step of a logistic network, is a kind
    of its own, and so is a table that gives layers rates of their own.
    """
    _, channels, height, width, _ = DATASET_SHAPES[context.dataset]
    network = context.choice("network").name
    if context.width not in (None, networks.WIDTH):
        network += f"-{context.width}"
    parts = [f"{network}{_words(context, 'network')}", f"{channels}x{height}x{width}"]
    parts += [] if context.precision == "fp32" else [context.precision]
    parts += ["online"] if is_online(context) else []
    parts += ["by-layer"] if context.rates_by_layer else []
    named = [(kind, context.choice(kind).name) for kind in TIMED]
    unusual = [(kind, name) for kind, name in named if name not in USUAL[kind]]
    return " ".join([*parts, *(f"{name}{_words(context, kind)}" for kind, name in unusual)])


def _words(context: Context, kind: Kind) -> str:
    """The words among an entry's values that are not the default, each after a hyphen; other code computes them."""
    if kind not in WORDED:
        return ""
    chosen = context.choice(kind)
    parameters = found(TABLES[kind], chosen.name).parameters
    words = [(chosen.values[each.name], each) for each in parameters if each.choices and each.name != "layer"]
    return "".join(f"-{value}" for value, each in words if value != each.default)


def is_online(context: Context) -> bool:
    """True where a context trains a logistic network on one image a step, which has kernels of its own."""
    return context.batch_size == 1 and context.choice("network").name == "logistic"


def workload(context: Context, *, n_train: float, n_test: float) -> Workload:
    """Work of one run of a context on a fold of the given numbers of images.

    A run that may stop at its target counts as a share of its epochs, one that may end for another reason as whole.
    Looks within epochs are taken until the target is reached, so that a run that goes on beyond it takes that share.
    Images that its schedule holds back cost as measured beside those that are trained on.
    """
    n_train -= round(context.held_back * n_train)
    batch = min(float(context.batch_size), n_train)
    steps = n_train // batch if context.drop_last else math.ceil(n_train / batch)
    trained = steps * batch if context.drop_last else n_train
    epochs = float(context.epochs) * (STOPPED if context.stop_at_target else 1.0)
    within = 0.0 if context.evaluate_every is None else math.ceil(n_train / context.evaluate_every) - 1
    within *= 1.0 if context.stop_at_target else STOPPED
    tested = n_test * (1.0 + within * (ENDED_EARLY if is_online(context) else 1.0))
    return Workload(epochs * trained, epochs * steps, epochs * tested, epochs)


def to_text(speeds: Speeds) -> str:
    """For storage: JSON, four significant digits."""
    numbers = {kind: [float(f"{x:.4g}") for x in astuple(speed)] for kind, speed in sorted(speeds.items())}
    return json.dumps(numbers, separators=(",", ":"))


def from_text(text: str | None) -> dict[str, Speed]:
    """From storage; nothing from a worker that has measured nothing."""
    return {kind: Speed(*numbers) for kind, numbers in json.loads(text or "{}").items()}
