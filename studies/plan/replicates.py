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
        fold=_fold(context, block % spec.replication.folds),
        order_seed=derive(spec.seed, context.name, "order", "confirm", block),
        init_seed=derive(spec.seed, context.name, "init", "confirm", block),
    )


def cv_replicate(spec: StudySpec, context: AnyContext, repeat: int, fold: int) -> Replicate:
    """A repeat's own split; an order and initial weights per fold, shared by all points and losses."""
    return Replicate(
        split=derive(spec.seed, context.name, "split", "cv", repeat),
        fold=_fold(context, fold),
        order_seed=derive(spec.seed, context.name, "order", "cv", repeat, fold),
        init_seed=derive(spec.seed, context.name, "init", "cv", repeat, fold),
    )


def _fold(context: AnyContext, fold: int) -> int:
    """The fold that a run holds out; 0, the data set's own test part, where a context tests on that."""
    return 0 if isinstance(context, Context) and context.split == "official" else fold
