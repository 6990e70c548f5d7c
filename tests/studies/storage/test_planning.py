"""Plans become waiting trials, numbered on from those that are there."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from storage_farm import make_plans, make_spec, submit

from studies.language.phases import Phase
from studies.language.space import AlphaRange, EtaRange, SearchSpace
from studies.language.spec import canonical_json
from studies.records import Replicate, TrialPlan
from studies.storage import planning, schema
from studies.storage.engine import Database


def test_trials_go_on_behind_those_that_are_there(database: Database) -> None:
    spec = submit(database, points=3, runs=2)
    more = make_plans(spec, points=2, block=5, phase=Phase.ZOOM)["sse@paper"]
    one = sa.select(schema.sweeps).where(schema.sweeps.c.name == "sse@paper")

    def work(connection: sa.Connection) -> None:
        planning.add_trials(connection, connection.execute(one).one(), more)

    database.write(work)
    with database.read() as connection:
        sweep = connection.execute(one).one()
        of_sweep = sa.select(schema.trials).where(schema.trials.c.sweep_id == sweep.id)
        rows = connection.execute(of_sweep.order_by(schema.trials.c.number)).all()
    assert [(row.number, row.phase, row.block, row.runs) for row in rows] == [
        *((number, "map", 0, 2) for number in range(3)),
        *((number, "zoom", 5, 1) for number in (3, 4)),
    ]
    assert {(row.state, row.attempt, row.token, row.context) for row in rows} == {("waiting", 0, 0, "paper")}
    assert (sweep.trials, json.loads(sweep.phases), sweep.closed) == (5, ["map", "zoom"], False)
    assert planning.replicates_of(rows[-1].replicates) == more[-1].replicates


def test_a_trial_without_replicates_is_refused(database: Database) -> None:
    submit(database)
    empty = TrialPlan(Phase.MAP, "point", 0, (), eta=0.1, alpha=0.5)

    def work(connection: sa.Connection) -> None:
        planning.add_trials(connection, connection.execute(sa.select(schema.sweeps).limit(1)).one(), [empty])

    with pytest.raises(ValueError, match="at least one replicate"):
        database.write(work)


def test_stored_texts_become_records_again() -> None:
    spec = make_spec()
    assert planning.spec_of(canonical_json(spec.model_dump(mode="json"))) == spec
    assert planning.replicates_of("[[1,2,3,4],[5,6,7,8]]") == (Replicate(1, 2, 3, 4), Replicate(5, 6, 7, 8))
    box = SearchSpace(eta=EtaRange(low=1e-3, high=3.0), alpha=AlphaRange(low=0.0, high=0.997))
    assert planning.space_of(spec, box.model_dump_json()) == box
    assert planning.space_of(spec, None) is None
