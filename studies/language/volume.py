"""Studies that are larger than a service can plan or anybody train, and batches larger than their data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from studies.errors import Problem
from studies.language.claim import Claim
from studies.language.compare import CompareDesign
from studies.language.context import Context
from studies.language.design import Design
from studies.language.sizes import runs_per_sweep

MAX_RUNS = 200_000  # the rows of a study are planned in one transaction: seconds and 300 MB at this size
MAX_IMAGE_PASSES = 10**13  # runs x images x epochs: about a year of one large GPU


class Document(Protocol):
    """What is read of a study document."""

    @property
    def claim(self) -> Claim:
        """The claim."""

    @property
    def losses(self) -> Sequence[str]:
        """The losses."""

    @property
    def contexts(self) -> Sequence[Any]:
        """The contexts."""

    @property
    def built_in(self) -> Sequence[Context]:
        """Those that our own workers train."""

    @property
    def design(self) -> Design:
        """The design."""

    @property
    def replication(self) -> Any:
        """The replication."""


def volume_faults(spec: Document) -> Iterator[Problem]:
    """What is too large in a document."""
    yield from _batches(spec)
    yield from _size(spec)


def _batches(spec: Document) -> Iterator[Problem]:
    """Batches larger than the training part of a fold."""
    folds = spec.replication.folds
    for i, context in enumerate(spec.contexts):
        if not isinstance(context, Context) or folds < 2:
            continue
        images = math.floor(context.image_count - context.tested(folds))
        if context.batch_size > images:
            yield Problem(
                f"contexts.{i}.batch_size",
                f"is {context.batch_size}, more than the {images} training images of a fold; lower it",
            )


def _size(spec: Document) -> Iterator[Problem]:
    taken = [runs_of_sweep(spec, context) for context in spec.contexts]
    runs = sum(taken) * len(spec.losses)
    images = (c.image_count * c.epochs if isinstance(c, Context) else 0 for c in spec.contexts)
    passes = sum(one * of_a_run for one, of_a_run in zip(taken, images, strict=True)) * len(spec.losses)
    if runs > MAX_RUNS:
        yield Problem("design", f"the study would take {runs:,} runs, more than the {MAX_RUNS:,} allowed; shrink it")
    if passes > MAX_IMAGE_PASSES:
        yield Problem(
            "contexts",
            f"the study would take {passes:.3g} image passes, more than {MAX_IMAGE_PASSES:.0e}; lower epochs or "
            "images, or shrink `design`",
        )


def runs_of_sweep(spec: Document, context: Any) -> int:
    """Runs of one sweep of a context, at most."""
    arm = context.arm.name if isinstance(spec.design, CompareDesign) else None
    return runs_per_sweep(spec.design, spec.replication.folds, len(spec.claim.decoys), arm)
