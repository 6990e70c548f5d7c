"""The program behind `golden range`: trains one lane of a study through a learning-rate range test, here and now.

It reads a request as JSON from standard input, with the study's document, and writes the test as JSON to standard
output. It needs no database and leaves nothing behind. Exit codes: 0 done, 1 failed, 2 the request cannot be run, of
which one sentence on standard error gives the reason.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studies.errors import GoldenError
from studies.language.compare_axes import published_point
from studies.language.context import Context
from studies.language.roles import trained
from studies.language.spec import StudySpec, parse
from studies.learning.rate_range import HELD, STEPS, TAU, RateRange, Stage, rates
from studies.programs import compute_small_matrices_alone
from studies.records import Replicate
from studies.seeds import derive
from studies.standard_streams import run_program
from studies.text import printable
from worker.datasets import DatasetCache
from worker.devices import find_devices
from worker.lanes_of import setup_of
from worker.training.lanes import Lane
from worker.training.range_walk import walk

PURPOSE = "range"  # of the seeds, which no run of the study shares


@dataclass(frozen=True, slots=True)
class Request:
    """What is tested.

    Attributes:
        context: name of a built-in context.
        loss: that is trained.
        start: number of the start: other splits, orders and initial weights for another number.
        data_dir: folder of the data sets.
        device: "auto", "cpu" or a CUDA device.
    """

    context: str
    loss: str
    start: int
    data_dir: str
    device: str


def range_test(spec: StudySpec, request: Request) -> RateRange:
    """Trains one lane of a study, its eta doubled every so many steps; the rest is that of `_point`.

    Raises:
        DatasetMissing: the context's data set has no files here.
        ValueError: the device is not on this machine, or something cannot be trained.
    """
    context = spec.built_in_of(request.context)
    device = torch.device(find_devices(request.device)[0])
    split, order, init = (derive(spec.seed, PURPOSE, request.start, what) for what in ("split", "order", "init"))
    replicate = Replicate(split, 0, order, init)
    fold = DatasetCache(Path(request.data_dir), device).fold(context, replicate, folds=spec.replication.folds)
    at = trained(spec.axes_in(context.name), context.rule, *_point(spec, context))
    stated = context.choice("schedule").values
    tau, held = float(stated.get("tau", TAU)), float(stated.get("held", HELD))
    lane = Lane(eta=1.0, alpha=at.alpha, loss=request.loss, init_seed=init, own=at.own)
    found = walk(lane, setup_of(context, order), fold, rates(), steps=STEPS, held=held)
    stages = tuple(Stage(eta, *measured) for eta, measured in zip(rates(), found.stages, strict=False))
    return RateRange(found.start, found.entropy, tau, found.images, stages)


def _point(spec: StudySpec, context: Context) -> tuple[float, float]:
    """The point that gives all values but eta: the claim's, an arm's as published, or the middle of its space."""
    arm = spec.arm_of(context.name)
    if arm is None:
        return spec.claim.first, spec.claim.second
    if arm.at is not None:
        return published_point(arm, context.rule)
    first, second = spec.space_in(context.name).from_unit(np.array([[0.5, 0.5]]))
    return float(first[0]), float(second[0])


def main() -> int:
    """Entry point; returns the exit code."""
    compute_small_matrices_alone()
    return run_program(_run, lambda line: sys.stderr.write(f"{line}\n"))


def _run() -> int:
    asked: dict[str, Any] = json.load(sys.stdin)
    try:
        found = range_test(parse(asked["study"]), Request(**asked["request"]))
    except (GoldenError, ValueError, FileNotFoundError) as error:  # a data set that is not there is a missing file
        print(printable(" ".join(str(error).split())), file=sys.stderr)
        return 2
    json.dump(found.to_json(), sys.stdout, allow_nan=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
