"""Processor time that a preview predicts for each study of the catalogue beside the time of the stacks that it forms.

    python benchmarks/predicted.py [STUDY ...] [--json out.json]

Whole studies take hours; `preview.py` trains a few. Here every context of a study trains one stack of each of its
phases, as wide as the phase forms them, on folds of its own size, for a few of its epochs; a training's cost is what
its stack takes to set up, and its epochs times what one of them takes. Lanes of a network that is a module train one by
one, so that few of them are timed. One thread, processor time, which other programs change little. Divergence is left
out: the lanes' rates are small. Runs that may stop at their target take the share of their epochs that a preview takes
them to. The ratio is predicted over measured.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import torch
from contenders import lane_of
from record import conditions, write

from studies.cost import preview
from studies.language import catalogue
from studies.language.compare import CompareDesign
from studies.language.context import DATASET_SHAPES, Context
from studies.language.design import LocateDesign, asked_sampler
from studies.language.phases import Phase
from studies.language.sizes import phase_sizes
from studies.language.spec import StudySpec
from studies.learning.networks import MODULES
from studies.plan.comparison import ASKED_TOGETHER, TUNED_TOGETHER
from studies.speed import STOPPED, Speed, Speeds, is_online, kind_of
from worker.lanes_of import setup_of
from worker.speedometer import SECONDS, allowance
from worker.training.engine import CPU_STACK
from worker.training.estimate import FEW_LANES, SMALL_MODULES, ZEROS, measure_costs, with_long_table
from worker.training.lanes import Fold
from worker.training.stack import Stack

EPOCHS = 2  # that are timed at least, after one that is not
TIMED = 0.1  # seconds that they take at least


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("studies", nargs="*", help="names in the catalogue; all where none is given")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    figures: dict[str, Any] = {"conditions": conditions("torch"), "studies": {}}
    print(json.dumps(figures["conditions"]))
    for entry in catalogue.entries():
        if not options.studies or entry.name in options.studies:
            figures["studies"][entry.name] = found = beside(entry.spec)
            print(f"{entry.name:24}" + "  ".join(f"{key} {value:.3g}" for key, value in found.items()), flush=True)
    write(figures, options.json)
    return 0


def beside(spec: StudySpec) -> dict[str, float]:
    """Predicted and measured processor seconds of a study, and the ratio."""
    speeds: Speeds = {kind: calibrated(context) for kind, context in {kind_of(c): c for c in spec.built_in}.items()}
    predicted = preview(spec, None, [speeds]).seconds
    measured = sum(
        runs * seconds(context, width, spec, tuned=phase is Phase.TUNE) for context, phase, width, runs in stacks(spec)
    )
    return {"predicted": predicted, "measured": measured, "ratio": predicted / measured}


def calibrated(context: Context) -> Speed:
    """The speed of a context's kind as a worker measures it."""
    network, shape = context.choice("network").name, DATASET_SHAPES[context.dataset][1:4]
    costs = measure_costs(
        network, shape, torch.device("cpu"), seconds=SECONDS, setup=setup_of(context, 0), clock=time.process_time
    )
    return Speed(*costs).times(allowance(context))


def stacks(spec: StudySpec) -> Iterator[tuple[Context, Phase, int, float]]:
    """(context, phase, lanes of a stack, runs in such stacks): trials that share a block train together."""
    folds, decoys = spec.replication.folds, len(spec.claim.decoys)
    for context in spec.built_in:
        arm = None if context.arm is None else context.arm.name
        found = [phase_sizes(spec.design, folds=folds, loss=loss, decoys=decoys, arm=arm) for loss in spec.losses]
        for phase in dict.fromkeys(phase for sizes in found for phase in sizes):
            of_losses = [sizes[phase] for sizes in found if phase in sizes]
            width = max(1, round(sum(size.trials for size in of_losses) / blocks(spec, phase)))
            yield context, phase, min(most_lanes(context), width), sum(size.runs for size in of_losses)


def most_lanes(context: Context) -> int:
    """Lanes of a stack that are timed: of a module as many as a worker times."""
    network = context.choice("network").name
    few = FEW_LANES if network in SMALL_MODULES else 1
    return few if network in MODULES else CPU_STACK


def blocks(spec: StudySpec, phase: Phase) -> float:
    """Blocks into which a phase of a sweep deals its trials."""
    design = spec.design
    if isinstance(design, LocateDesign):
        return design.confirm_blocks if phase in (Phase.CONFIRM, Phase.CONTROLS) else 1
    if isinstance(design, CompareDesign):
        together = TUNED_TOGETHER if asked_sampler(design) is None else ASKED_TOGETHER
        return design.runs if phase is Phase.MEASURE else math.ceil(design.tuning / together)
    return 1


def seconds(context: Context, width: int, spec: StudySpec, *, tuned: bool) -> float:
    """Processor seconds that a training takes in a stack of some lanes."""
    test = round(context.tested(spec.replication.folds))
    train = context.image_count - test
    if tuned and context.split == "official":  # on a fold of the training part, unless an arm selects on test images
        test = train // spec.replication.folds
        train -= test
    setup = with_long_table(setup_of(context, 0))
    lanes = [lane_of(setup.update_rule, 0.002, 0.5, spec.losses[0], seed) for seed in range(width)]
    fold = Fold(*draw(context, train), *draw(context, test), classes=context.classes)
    started = time.process_time()
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    first = time.process_time()
    timed = 0
    while timed + 1 < context.epochs and (timed < EPOCHS or time.process_time() - first < TIMED):
        timed += 1
        stack.run_epoch(timed + 1)
    each = (time.process_time() - first) / max(1, timed)
    epochs = context.epochs * (STOPPED if context.stop_at_target else 1.0)
    return float(first - started + (epochs - 1) * each) / width


def draw(context: Context, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images of a context's shape: noise, since the time depends on their content in on-line training alone."""
    images = torch.rand(n, *DATASET_SHAPES[context.dataset][1:4], generator=torch.Generator().manual_seed(n))
    if is_online(context):
        images.masked_fill_(images < ZEROS, 0.0)
    return images, torch.arange(n) % context.classes


if __name__ == "__main__":
    sys.exit(main())
