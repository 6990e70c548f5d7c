"""Trials as they enter and leave the tables: plans to rows, stored texts to records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.language.space import Space
from studies.language.spec import StudySpec
from studies.records import Replicate, TrialPlan
from studies.storage import schema
from studies.storage.bulk import insert_rows


def add_trials(connection: Connection, sweep: sa.Row[Any], plans: Sequence[TrialPlan]) -> None:
    """Append waiting trials to a sweep (a row of `golden_sweeps`, locked or new) and note their phases.

    The caller updates the study's counters.

    Raises:
        ValueError: a plan has no replicate.
    """
    if not all(plan.replicates for plan in plans):
        raise ValueError("a trial needs at least one replicate")
    rows = [_row(sweep, sweep.trials + i, plan) for i, plan in enumerate(plans)]
    insert_rows(connection, schema.trials, rows)
    phases = list(dict.fromkeys([*json.loads(sweep.phases), *(plan.phase.value for plan in plans)]))
    connection.execute(
        sa.update(schema.sweeps)
        .where(schema.sweeps.c.id == sweep.id)
        .values(trials=sweep.trials + len(plans), phases=json.dumps(phases), closed=sa.false())
    )


def replicates_of(text: str) -> tuple[Replicate, ...]:
    """Replicates as stored with their trial."""
    return tuple(Replicate(*numbers) for numbers in json.loads(text))


@lru_cache(maxsize=64)
def spec_of(text: str) -> StudySpec:
    """The study document as stored: canonical JSON that was validated at submission."""
    return StudySpec.model_validate_json(text)


def space_of(spec: StudySpec, text: str | None) -> Space | None:
    """A sweep's widened box as stored, over its study's parameters; None where it was not widened."""
    return None if text is None else spec.space.stored(json.loads(text))


def named_point(study: sa.Row[Any], context: str, first: float | None, second: float | None) -> dict[str, float]:
    """A point of a context of a study (a row of `golden_studies`) by its parameters' names, with what its arm fixes.

    Empty for the paper's eta and alpha.

    Empty as well while a sampler is still to be asked for it.
    """
    axes = spec_of(study.spec).axes_in(context)
    if axes.is_paper or first is None or second is None:
        return {}
    return {**axes.named(first, second), **dict(axes.fixed)}


def _row(sweep: sa.Row[Any], number: int, plan: TrialPlan) -> dict[str, Any]:
    replicates = [[r.split, r.fold, r.order_seed, r.init_seed] for r in plan.replicates]
    return {
        "study_id": sweep.study_id,
        "sweep_id": sweep.id,
        "number": number,
        "context": sweep.context,
        "external": sweep.external,
        "phase": plan.phase.value,
        "arm": plan.arm,
        "block": plan.block,
        "eta": plan.eta,
        "alpha": plan.alpha,
        "replicates": json.dumps(replicates, separators=(",", ":")),
        "runs": len(replicates),
    }
