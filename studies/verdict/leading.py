"""The sweep that speaks for a study: one rule, for the study's own answer and for pages that show its statements."""

from __future__ import annotations

from collections.abc import Sequence

from studies.verdict.model import SweepVerdict


def in_first_context(sweeps: Sequence[SweepVerdict]) -> list[SweepVerdict]:
    """The verdicts of the first context, in order."""
    return [sweep for sweep in sweeps if sweep.context == sweeps[0].context]


def leading(sweeps: Sequence[SweepVerdict], primary_loss: str | None) -> SweepVerdict | None:
    """The sweep whose answer is the study's own: the primary loss in the first context.

    Without a primary loss it is the first one where all losses of the first context agree, else none.
    """
    first = in_first_context(sweeps)
    if primary_loss is not None:
        return next((sweep for sweep in first if sweep.loss == primary_loss), None)
    return first[0] if len({sweep.outcome for sweep in first}) == 1 else None
