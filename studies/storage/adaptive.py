"""Missing points of a sweep with an adaptive sampler, asked for by the claim that needs them.

The sweep's row is locked while its sampler works, so that of two claims the later sees the earlier one's points.
A trial keeps its point for good: a second attempt tries the same one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.language.design import asked_sampler
from studies.language.phases import Phase
from studies.records import TrialState
from studies.storage import sampling, schema
from studies.storage.engine import allow_long_idle
from studies.storage.planning import spec_of

trials, sweeps = schema.trials, schema.sweeps
_INFORMATIVE = (Phase.SEARCH.value, Phase.MAP.value, Phase.TUNE.value)  # phases whose values a sampler learns from


def fill(connection: Connection, study_id: int, ids: Sequence[int]) -> None:
    """Ask for the missing points of these trials (locked rows of one study)."""
    owing: sa.Select[Any] = sa.select(trials.c.id, trials.c.sweep_id, trials.c.number, trials.c.phase).where(
        trials.c.id.in_(ids), trials.c.eta.is_(None)
    )
    by_sweep: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    for row in connection.execute(owing.order_by(trials.c.sweep_id, trials.c.number)):
        by_sweep[row.sweep_id].append(row)
    for sweep_id, rows in by_sweep.items():
        _fill_sweep(connection, study_id, sweep_id, rows=rows)


def _fill_sweep(connection: Connection, study_id: int, sweep_id: int, *, rows: Sequence[sa.Row[Any]]) -> None:
    sweep = connection.execute(sa.select(sweeps).where(sweeps.c.id == sweep_id).with_for_update()).one()
    text = connection.execute(sa.select(schema.studies.c.spec).where(schema.studies.c.id == study_id)).scalar_one()
    spec = spec_of(text)
    sampler = asked_sampler(spec.design)
    if sampler is None:
        raise ValueError(f"sweep {sweep.name} has trials without points, but its design asks no sampler")
    known = sa.select(trials.c.eta, trials.c.alpha, trials.c.value).where(
        trials.c.sweep_id == sweep_id, trials.c.phase.in_(_INFORMATIVE), trials.c.eta.is_not(None)
    )
    done = known.where(trials.c.state == TrialState.COMPLETE.value).order_by(trials.c.number)
    pending = known.where(schema.OPEN).order_by(trials.c.number)
    allow_long_idle(connection)
    points = sampling.ask(
        spec.space_in(sweep.context),
        sampler,
        seed=batch_seed(spec.seed, sweep.name, rows[0].number),
        history=[(row.eta, row.alpha, row.value) for row in connection.execute(done) if row.value is not None],
        running=[(row.eta, row.alpha) for row in connection.execute(pending)],
        count=len(rows),
        maximise=spec.maximises,
    )
    placed = [{"b_id": r.id, "b_eta": eta, "b_alpha": alpha} for r, (eta, alpha) in zip(rows, points, strict=True)]
    values: dict[str, Any] = {"eta": sa.bindparam("b_eta"), "alpha": sa.bindparam("b_alpha")}
    connection.execute(sa.update(trials).where(trials.c.id == sa.bindparam("b_id")).values(**values), placed)


def batch_seed(study_seed: int, sweep: str, number: int) -> int:
    """The sampler's seed for the points of a batch.

    Args:
        study_seed: of the document.
        sweep: its name.
        number: of the batch's first trial within its sweep.
    """
    digest = hashlib.sha256(f"{study_seed}/{sweep}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
