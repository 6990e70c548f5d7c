"""Replicates: splits, minibatch orders and initial weights as named seeds, some shared and some fresh in each phase."""

from __future__ import annotations

from studies.language.context import Context
from studies.language.external import AnyContext
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.records import Replicate
from studies.seeds import derive


def map_replicate(
    spec: StudySpec, context: AnyContext, phase: Phase, *, point: int, group: int, repeat: int
) -> Replicate:
    """The study's one map split; an order per group of points; initial weights of the point's own.

    The strip that widens a box is more of the map: its groups have the orders of the map's.
    """
    ordered = Phase.MAP if phase is Phase.WIDEN else phase
    return Replicate(
        split=derive(spec.seed, context.name, "split", "map"),
        fold=0,
        order_seed=derive(spec.seed, context.name, "order", ordered, group, repeat),
        init_seed=derive(spec.seed, context.name, "init", phase, point, repeat),
    )


def confirm_replicate(spec: StudySpec, context: AnyContext, block: int) -> Replicate:
    """Fresh in everything, and the same for every arm and loss of the block."""
    return Replicate(
        split=derive(spec.seed, context.name, "split", "confirm", block),
        fold=block % spec.replication.folds,
        order_seed=derive(spec.seed, context.name, "order", "confirm", block),
        init_seed=derive(spec.seed, context.name, "init", "confirm", block),
    )


def cv_replicate(spec: StudySpec, context: AnyContext, repeat: int, fold: int) -> Replicate:
    """A repeat's own split; an order and initial weights per fold, shared by all points and losses."""
    return Replicate(
        split=derive(spec.seed, context.name, "split", "cv", repeat),
        fold=fold,
        order_seed=derive(spec.seed, context.name, "order", "cv", repeat, fold),
        init_seed=derive(spec.seed, context.name, "init", "cv", repeat, fold),
    )


def tune_replicate(spec: StudySpec, context: Context, *, point: int, group: int, held_out: bool) -> Replicate:
    """One split for all tuning of a context's arms; an order per group of points; initial weights of the point's own.

    Args:
        spec: a study that compares arms.
        context: of one of them.
        point: number of the trial in its sweep, from 0.
        group: of the points that share an order.
        held_out: judged by a part held out of the training images, not by the images that measure; of a context with
            folds both are a fold of the tuning's own split.
    """
    base = _base(context)
    return Replicate(
        split=derive(spec.seed, base, "split", "tune"),
        fold=1 if held_out and is_official(context) else 0,
        order_seed=derive(spec.seed, base, "order", "tune", group),
        init_seed=derive(spec.seed, base, "init", "tune", point),
    )


def measure_replicate(spec: StudySpec, context: Context, run: int) -> Replicate:
    """Fresh in everything, and the same for every arm and loss of a context of the document."""
    base = _base(context)
    return Replicate(
        split=derive(spec.seed, base, "split", "measure", run),
        fold=0 if is_official(context) else run % spec.replication.folds,
        order_seed=derive(spec.seed, base, "order", "measure", run),
        init_seed=derive(spec.seed, base, "init", "measure", run),
    )


def is_official(context: Context) -> bool:
    """True for a context that is tested on its data set's own test images; those of fold 0."""
    return getattr(context, "split", "folds") == "official"


def _base(context: Context) -> str:
    """Name of the context that the arms of a comparison share."""
    assert context.arm is not None, "only contexts of a comparison are tuned and measured"
    return context.arm.context
