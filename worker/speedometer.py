"""A worker's own speed by kind of training: calibrated while it waits, corrected while it works."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

import structlog
import torch

from studies.cost import ASSUMED_RATE, PAPER_FLOPS, flops_per_image
from studies.language import catalogue
from studies.language.context import DATASET_SHAPES, Context
from studies.learning import networks
from studies.speed import Speed, Workload, kind_of
from worker.lanes_of import setup_of
from worker.training.estimate import measure_costs
from worker.training.lanes import NETWORKS

WIDEST = 512  # hidden units up to which a kind is measured ahead; wider ones take their speed from what was trained
RECENT_STACKS = 8  # of a kind, by which it is corrected
SECONDS = 0.2  # of calibration for each kind, if two rounds take no longer
ALLOWANCE = 1.2  # cost of a study over that of calibration, whose few images stay in caches: benchmarks/preview.py
log = structlog.get_logger(__name__)


def allowance(context: Context) -> float:
    """Cost of a study over that of its calibration; a module gains nothing from few images in a cache."""
    return ALLOWANCE if networks.by_name(context.choice("network").name).stacked else 1.0


class Speedometer:
    """Speeds by kind of training, on one device."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._known: dict[str, Speed] = {}
        self._recent: dict[str, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=RECENT_STACKS))
        self._kinds: dict[str, Context] = {}
        self.asked([*_usual(), *(context for entry in catalogue.entries() for context in entry.spec.built_in)])

    def asked(self, contexts: Iterable[Context]) -> None:
        """Adds the kinds of contexts that studies ask for to those that are measured while the worker waits."""
        for context in contexts:
            if (context.width or 0) <= WIDEST:
                self._kinds.setdefault(kind_of(context), context)

    @property
    def kinds(self) -> frozenset[str]:
        """What is measured while the worker waits."""
        return frozenset(self._kinds)

    def calibrate(self) -> bool:
        """Measures one kind that is not known yet; False where there is none left."""
        for kind, context in self._kinds.items():
            if kind not in self._known:
                network, shape = context.choice("network").name, DATASET_SHAPES[context.dataset][1:4]
                costs = measure_costs(network, shape, self._device, seconds=SECONDS, setup=setup_of(context, 0))
                self._known[kind] = Speed(*costs).times(allowance(context))
                log.info("calibrated", kind=kind, microseconds_per_image=1e6 * self._known[kind].train_image)
                return True
        return False

    def trained(self, context: Context, work: Workload, *, runs: int, seconds: float) -> None:
        """Corrects a kind by a stack that was trained.

        Args:
            context: of the stack.
            work: of each run.
            runs: lanes.
            seconds: wall time of the stack.
        """
        kind = kind_of(context)
        speed = self._known.setdefault(kind, _nominal(context))
        self._recent[kind].append((runs * speed.seconds(work), seconds))

    def speeds(self) -> dict[str, Speed]:
        """The speeds known now, by kind."""
        return {kind: speed.times(self._correction(kind)) for kind, speed in list(self._known.items())}

    def _correction(self, kind: str) -> float:
        recent = list(self._recent[kind]) if kind in self._recent else []
        return sum(seconds for _, seconds in recent) / sum(predicted for predicted, _ in recent) if recent else 1.0


def _usual() -> Iterator[Context]:
    """A context of every stacked network on every shape of image that fits it, the paper's network first.

    Networks that are modules are measured once a study asks for them.
    """
    datasets = {shape[1:4]: name for name, shape in DATASET_SHAPES.items()}
    for network in NETWORKS:
        least = networks.by_name(network).least
        for dataset in (name for (_, *size), name in datasets.items() if min(size) >= least):
            yield Context.model_validate({"dataset": dataset, "network": network})


def _nominal(context: Context) -> Speed:
    """From operations alone, until stacks correct it; an image that is only tested costs a third."""
    image = flops_per_image(context) / PAPER_FLOPS / ASSUMED_RATE
    return Speed(train_image=image, step=0.0, test_image=image / 3, epoch=0.0)
