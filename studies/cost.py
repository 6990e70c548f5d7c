"""What a study will cost, before anyone pays: trials, runs, image passes, seconds.

Work is counted in images of the paper's set-up (28x28, Fig. 3), 1.84 MFLOP each forward and backward, so that one
measured rate serves every context.
"""

from __future__ import annotations

from dataclasses import dataclass

from studies.context import DATASET_SHAPES, Context
from studies.design import CrossValidationDesign, Design, LocateDesign, SearchDesign
from studies.procedure import expected_runs
from studies.space import SearchSpace
from studies.spec import StudySpec
from studies.verdict.widening import most_points

PAPER_FLOPS = 1.843e6  # forward + backward, one 28x28 image through Fig. 3's network
ASSUMED_RATE = 30_000.0  # paper images per second where no worker has measured one: two laptop-class cores
_FILTERS, _KERNEL, _HIDDEN = 20, 5, 64


@dataclass(frozen=True, slots=True)
class Preview:
    """A study's size and rough price."""

    sweeps: int
    trials: int
    runs: int
    runs_by_phase: dict[str, int]
    images: float  # training images seen, all runs and epochs together
    paper_images: float  # the same in units of the paper's set-up
    images_per_second: float  # the rate behind `seconds`, paper images
    rate_measured: bool  # True: by the workers now alive; False: assumed
    seconds: float
    runs_if_widened: int = 0  # at most so many more, should boxes turn out too small


def flops_per_image(context: Context) -> float:
    """Floating-point operations to train on one image once, forward and backward."""
    _, channels, height, width, classes = DATASET_SHAPES[context.dataset]
    pixels = channels * height * width
    if context.network == "softmax":
        return 4.0 * pixels * classes
    if context.network == "mlp":
        return 4.0 * pixels * _HIDDEN + 6.0 * _HIDDEN * classes
    places = (height - _KERNEL + 1) * (width - _KERNEL + 1)
    patch = channels * _KERNEL * _KERNEL
    return 4.0 * places * _FILTERS * patch + 6.0 * places * _FILTERS * classes


def preview(spec: StudySpec, images_per_second: float | None) -> Preview:
    """Size and rough cost of a study.

    Args:
        spec: the study.
        images_per_second: paper images per second that the present workers manage together; None if unknown.
    """
    by_phase = {phase: count * len(spec.losses) * len(spec.contexts) for phase, count in _phases(spec).items()}
    runs = expected_runs(spec)
    per_context = runs / len(spec.contexts)
    folds = spec.replication.folds
    seen = [per_context * c.image_count * (folds - 1) / folds * c.epochs for c in spec.contexts]
    paper = sum(n * flops_per_image(c) / PAPER_FLOPS for n, c in zip(seen, spec.contexts, strict=True))
    rate = images_per_second or ASSUMED_RATE
    return Preview(
        sweeps=len(spec.losses) * len(spec.contexts),
        trials=_trials(spec, runs),
        runs=runs,
        runs_by_phase=by_phase if not isinstance(spec.design, CrossValidationDesign) else {"cv": runs},
        images=sum(seen),
        paper_images=paper,
        images_per_second=rate,
        rate_measured=bool(images_per_second),
        seconds=paper / rate,
        runs_if_widened=_widening(spec.design, spec.search_space) * len(spec.losses) * len(spec.contexts),
    )


def _phases(spec: StudySpec) -> dict[str, int]:
    design = spec.design
    if isinstance(design, CrossValidationDesign):
        return {}
    controls = (len(design.mates) + int(design.folklore)) * design.confirm_blocks
    if isinstance(design, LocateDesign):
        counts = {
            "map": design.map_points + design.claim_replicates,
            "zoom": design.zoom_points,
            "confirm": 3 * design.confirm_blocks,
            "controls": controls,
            "search": 0 if design.search is None else design.search.trials,
        }
    else:
        counts = {
            "search": _search_trials(design) * design.replicates,
            "confirm": 2 * design.confirm_blocks,
            "controls": controls,
        }
    return {phase: count for phase, count in counts.items() if count}


def _widening(design: Design, space: SearchSpace) -> int:
    if not isinstance(design, LocateDesign) or not design.widen:
        return 0
    return most_points(space, map_points=design.map_points, zoom_points=design.zoom_points)


def _search_trials(design: SearchDesign) -> int:
    return design.trials + -(-design.claim_replicates // design.replicates)


def _trials(spec: StudySpec, runs: int) -> int:
    design = spec.design
    if isinstance(design, CrossValidationDesign):
        return runs // spec.replication.folds
    if isinstance(design, SearchDesign):
        sweeps = len(spec.losses) * len(spec.contexts)
        return runs - sweeps * _search_trials(design) * (design.replicates - 1)
    return runs
