"""Cost of a study before it runs: trials, runs, image passes, seconds.

Seconds come from the speeds that the present workers have measured for the study's own kinds of training
(`studies.speed`). Where they have measured none, work is counted in images of the paper's set-up (28x28, Fig. 3), 1.84
MFLOP each forward and backward, and one rate serves every context: good for the order of magnitude. External trainings
are counted, and their time is not known here: they add no images and no seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studies.language.context import DATASET_SHAPES, Context
from studies.language.design import Design, LocateDesign
from studies.language.external import AnyContext
from studies.language.reachable import target_notes
from studies.language.sizes import is_open_ended, study_sizes
from studies.language.space import Space
from studies.language.spec import StudySpec
from studies.language.terms import vague_note
from studies.language.trained_words import notes
from studies.language.volume import runs_of_sweep
from studies.learning import networks
from studies.records import Preview
from studies.speed import Speeds, Workload, kind_of, workload
from studies.verdict.widening import most_points

PAPER_FLOPS = 1.843e6  # forward + backward, one 28x28 image through Fig. 3's network
ASSUMED_RATE = 30_000.0  # paper images per second where no worker has measured one: two laptop-class cores
MODULE_STEP = 7.5  # paper images that a step of a network takes which is trained lane by lane, beside its operations
_FILTERS, _KERNEL = 20, 5
TWO_HIDDEN = ("mlp2", "chain")  # networks with two hidden layers of their width
POINTWISE_NETWORKS = {"quadratic": 6.0, "saddle": 10.0}  # operations a pixel, of networks without a product of matrices
SIMPLENET: Mapping[str, tuple[int | None, ...]] = {  # channels of each convolution; None: a pool
    "310k": (64, 32, 32, 32, None, 32, 32, 64, None, 64, 64, None, 128, 256, 64, None, 64),
    "5m": (64, 128, 128, 128, None, 128, 128, 256, None, 256, 256, None, 512, 2048, 256, None, 256),
}
POINTWISE = (11, 12)  # of its convolutions, 1-based, that have kernels of 1x1


def flops_per_image(context: Context) -> float:
    """Floating-point operations to train on one image once, forward and backward."""
    _, channels, height, width, classes = DATASET_SHAPES[context.dataset]
    pixels = channels * height * width
    network = context.choice("network")
    if network.name == "softmax":
        return 4.0 * pixels * classes
    if network.name in POINTWISE_NETWORKS:
        return POINTWISE_NETWORKS[network.name] * pixels
    if network.name == "simplenet":
        return _simplenet(str(network.values["variant"]), channels, height, width, classes)
    if context.width is not None:
        deeper = 6.0 * context.width**2 if network.name in TWO_HIDDEN else 0.0
        return 4.0 * pixels * context.width + deeper + 6.0 * context.width * classes
    places = (height - _KERNEL + 1) * (width - _KERNEL + 1)
    patch = channels * _KERNEL * _KERNEL
    return 4.0 * places * _FILTERS * patch + 6.0 * places * _FILTERS * classes


def _simplenet(variant: str, channels: int, height: int, width: int, classes: int) -> float:
    """Of its convolutions, and of the layer after them; batch norm and pools are left out."""
    total, number = 0.0, 0
    for out in SIMPLENET[variant]:
        if out is None:
            height, width = height // 2, width // 2
            continue
        number += 1
        kernel = 1 if number in POINTWISE else 9
        total += (4.0 if number == 1 else 6.0) * height * width * kernel * channels * out
        channels = out
    return total + 6.0 * channels * classes


def preview(spec: StudySpec, images_per_second: float | None, speeds: Sequence[Speeds] = ()) -> Preview:
    """Size and rough cost of a study.

    Args:
        spec: the study.
        images_per_second: paper images per second that the present workers manage together; None if unknown.
        speeds: of each of them by kind of training; used instead of the rate where they cover the study.
    """
    folds = spec.replication.folds
    sizes = study_sizes(
        spec.design,
        folds=folds,
        losses=spec.losses,
        contexts=len(spec.contexts),
        decoys=len(spec.claim.decoys),
    )
    runs = sum(size.runs for size in sizes.values())
    each = {context.name: _share(spec, context, runs) for context in spec.contexts}
    seen = [each[c.name] * _images(spec, c)[0] * c.epochs for c in spec.built_in]
    paper = _paper_images(spec, each)
    rate, measured = _rate(spec, each, images_per_second, speeds)
    return Preview(
        sweeps=len(spec.losses) * len(spec.contexts),
        trials=sum(size.trials for size in sizes.values()),
        runs=runs,
        runs_by_phase={phase.value: size.runs for phase, size in sizes.items()},
        images=sum(seen),
        paper_images=paper,
        images_per_second=rate,
        rate_measured=measured,
        seconds=paper / rate,
        external_runs=round(sum(each[c.name] for c in spec.contexts if not isinstance(c, Context))),
        runs_if_widened=_widening(spec.design, spec.space) * len(spec.losses) * len(spec.contexts),
        at_most=is_open_ended(spec.design),
        notes=(*filter(None, [vague_note(spec)]), *notes(spec), *target_notes(spec)),
    )


def _share(spec: StudySpec, context: AnyContext, runs: int) -> float:
    """A context's share of a study's runs; arms differ in how many they take."""
    return len(spec.losses) * runs_of_sweep(spec, context) if spec.compares else runs / len(spec.contexts)


def seconds_for(
    spec: StudySpec, runs: Mapping[str, float], images_per_second: float | None, speeds: Sequence[Speeds] = ()
) -> tuple[float, bool]:
    """Wall time of some of a study's runs, and whether the present workers have measured the rate behind it.

    Args:
        spec: the study.
        runs: number of runs by name of their context; contexts that are not named have none.
        images_per_second, speeds: as in `preview`.
    """
    rate, measured = _rate(spec, runs, images_per_second, speeds)
    return _paper_images(spec, runs) / rate, measured


def _rate(
    spec: StudySpec, runs: Mapping[str, float], images_per_second: float | None, speeds: Sequence[Speeds]
) -> tuple[float, bool]:
    """Paper images per second while these runs are trained, and whether the present workers have measured that."""
    seconds = _measured_seconds(spec, runs, speeds)
    rate = _paper_images(spec, runs) / seconds if seconds else images_per_second
    return rate or ASSUMED_RATE, bool(rate)


def _paper_images(spec: StudySpec, runs: Mapping[str, float]) -> float:
    return sum(runs.get(c.name, 0) * paper_images_per_run(spec, c) for c in spec.built_in)


def _measured_seconds(spec: StudySpec, runs: Mapping[str, float], speeds: Sequence[Speeds]) -> float | None:
    """Wall time with every worker at work that knows all kinds of training in these runs; None if there is none."""
    contexts = [context for context in spec.built_in if runs.get(context.name)]
    kinds = {kind_of(context) for context in contexts}
    alone = [
        sum(runs[c.name] * speed[kind_of(c)].seconds(_work(spec, c)) for c in contexts)
        for speed in speeds
        if kinds <= speed.keys()
    ]
    return 1.0 / sum(1.0 / seconds for seconds in alone) if alone and min(alone) > 0.0 else None


def _work(spec: StudySpec, context: Context) -> Workload:
    train, test = _images(spec, context)
    return workload(context, n_train=train, n_test=test)


def _images(spec: StudySpec, context: Context) -> tuple[float, float]:
    """Images that a run of a context trains and tests on, on average.

    Tuning of an arm holds a fold out of the data set's own training part and tests on that (`plan.replicates`).
    """
    folds = spec.replication.folds
    test = context.tested(folds)
    train = context.image_count - test
    held = _tuned_share(spec, context) if context.split == "official" else 0.0
    return train * (1.0 - held / folds), test * (1.0 - held) + held * train / folds


def _tuned_share(spec: StudySpec, context: Context) -> float:
    """The share of a context's runs that tune an arm on images held out of the training ones."""
    design = spec.compared
    if design is None or context.arm is None or (arm := design.arm(context.arm.name)).selection != "validation":
        return 0.0
    return arm.tuned(design.tuning) / runs_of_sweep(spec, context)


def paper_images_per_run(spec: StudySpec, context: Context) -> float:
    """Training images that one run in a context sees, all epochs together, in units of the paper's set-up."""
    seen = _images(spec, context)[0] * context.epochs
    stacked = networks.by_name(context.choice("network").name).stacked
    steps = 0.0 if stacked else _work(spec, context).steps * MODULE_STEP
    return seen * flops_per_image(context) / PAPER_FLOPS + steps


def _widening(design: Design, space: Space) -> int:
    if not isinstance(design, LocateDesign) or not design.widen:
        return 0
    return most_points(space, map_points=design.map_points, zoom_points=design.zoom_points)
