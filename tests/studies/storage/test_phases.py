"""From one phase of a sweep to the next, and the runs that are granted after a verdict."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from storage_farm import complete, drain, make_plans, make_spec, submit

from studies.errors import (
    StateError,
)
from studies.language.phases import Phase
from studies.language.space import AlphaRange, EtaRange, SearchSpace
from studies.language.spec import StudySpec
from studies.records import Step, StudyState
from studies.storage import overview, phases, schema, studies
from studies.storage.engine import Database


def state_of(database: Database, name: str = "first") -> StudyState:
    return overview.get(database, name).summary.state


def test_widened_box_is_kept_with_the_step_that_widens_it(database: Database) -> None:
    spec = submit(database, points=1)
    drain(database)
    key = phases.due(database)[0]
    wider = SearchSpace(eta=EtaRange(low=1e-3, high=3.0), alpha=AlphaRange(low=0.0, high=0.997))
    more = make_plans(spec, points=2, block=3, phase=Phase.WIDEN)[key.sweep]
    expected = overview.get(database, "first").summary.runs_expected
    step = Step(more, space=wider, runs_added=2)
    assert phases.append(database, key.sweep_id, after=key.stage, step=step)
    detail = overview.get(database, "first")
    assert [sweep.space for sweep in detail.sweeps] == [wider, None]
    assert detail.summary.runs_expected == expected + 2
    assert drain(database) == 2


def test_later_look_takes_no_more_runs_than_are_granted(database: Database) -> None:
    spec = submit(database, points=1)
    drain(database)
    key = phases.due(database)[0]
    more = make_plans(spec, points=2, block=3, phase=Phase.MAP)[key.sweep]
    step = Step(more, later_look=True, runs_added=2)
    assert not phases.append(database, key.sweep_id, after=key.stage, step=step), "nothing is granted"
    with database.begin() as connection:
        connection.execute(sa.update(schema.studies).values(runs_granted=3))
    assert phases.append(database, key.sweep_id, after=key.stage, step=step)
    assert not phases.append(database, key.sweep_id, after=key.stage, step=step), "the round is planned once"
    detail = overview.get(database, "first")
    assert (detail.sweeps[0].rounds, detail.summary.runs_granted) == (1, 1)
    drain(database)
    again = next(k for k in phases.due(database) if k.sweep_id == key.sweep_id)
    assert again.stage == phases.Stage(("map",), 1, 3)
    assert not phases.append(database, key.sweep_id, after=again.stage, step=step), "one run is left, two are asked for"


def test_phases_follow_each_other_exactly_once(database: Database) -> None:
    spec = submit(database, points=1)
    assert phases.due(database) == []
    drain(database)
    due = {key.sweep: key for key in phases.due(database)}
    assert due.keys() == {"golden@paper", "sse@paper"}
    key = due["golden@paper"]
    assert (key.study, key.loss, key.context, key.phases_done) == ("first", "golden", "paper", ("map",))
    zoom = make_plans(spec, points=2, block=3, phase=Phase.ZOOM)["golden@paper"]
    assert phases.append(database, key.sweep_id, after=key.stage, step=Step(zoom))
    assert not phases.append(database, key.sweep_id, after=key.stage, step=Step(zoom))
    assert not phases.close(database, key.sweep_id)
    assert drain(database) == 2
    assert not phases.append(database, key.sweep_id, after=key.stage, step=Step(zoom)), "a stale plan comes too late"
    assert phases.close(database, due["sse@paper"].sweep_id)
    assert state_of(database) is StudyState.RUNNING
    assert [k.phases_done for k in phases.due(database)] == [("map", "zoom")]
    assert phases.close(database, key.sweep_id)
    assert not phases.close(database, key.sweep_id)
    assert state_of(database) is StudyState.COMPLETE
    with pytest.raises(StateError):
        studies.pause(database, "first")


def test_a_round_of_the_same_phases_is_appended_once(database: Database) -> None:
    spec = submit(database, points=1)
    drain(database)
    key = phases.due(database)[0]
    again = make_plans(spec, points=2, block=3, phase=Phase.MAP)[key.sweep]
    expected = overview.get(database, "first").summary.runs_expected
    assert phases.append(database, key.sweep_id, after=key.stage, step=Step(again, runs_added=-1))
    assert overview.get(database, "first").summary.runs_expected == expected - 1
    drain(database)
    assert not phases.append(database, key.sweep_id, after=key.stage, step=Step(again)), (
        "phases and rounds are as before"
    )
    assert [phases.close(database, due.sweep_id) for due in phases.due(database)] == [True, True]
    summary = overview.get(database, "first").summary
    assert summary.runs_done == summary.runs_expected, "a complete study expects what was planned"


def test_sweep_without_trials_is_due_at_once(database: Database) -> None:
    spec = make_spec()
    studies.create(database, spec, {}, runs_expected=0)
    assert [phases.close(database, due.sweep_id) for due in phases.due(database)] == [True, True]
    assert state_of(database) is StudyState.COMPLETE


def rounds(database: Database, spec: StudySpec, *, runs: int) -> tuple[dict[int, phases.Stage], dict[int, Step]]:
    """The stage of every due sweep, and a later look of `runs` runs for each."""
    keys = phases.due(database)
    plans = make_plans(spec, points=runs, block=7, phase=Phase.ZOOM)
    steps = {key.sweep_id: Step(plans[key.sweep], later_look=True, runs_added=runs) for key in keys}
    return {key.sweep_id: key.stage for key in keys}, steps


def test_rounds_take_exactly_what_is_granted_and_the_rest_lapses(database: Database) -> None:
    spec = complete(database)
    done = overview.get(database, "first").summary.runs_expected
    studies.grant(database, "first", 7)
    after, steps = rounds(database, spec, runs=3)
    assert phases.settle(database, after=after, steps=steps)
    assert not phases.settle(database, after=after, steps=steps), "planned once"
    detail = overview.get(database, "first")
    assert [sweep.rounds for sweep in detail.sweeps] == [1, 1]
    assert (detail.summary.runs_granted, detail.summary.runs_expected) == (1, done + 6)
    assert drain(database) == 6
    after, _ = rounds(database, spec, runs=1)
    assert {stage.rounds for stage in after.values()} == {1}
    assert phases.settle(database, after=after, steps={})
    summary = overview.get(database, "first").summary
    assert (summary.state, summary.runs_granted, summary.runs_done) == (StudyState.COMPLETE, 0, done + 6)


def test_rounds_beyond_the_grant_change_nothing_at_all(database: Database) -> None:
    spec = complete(database)
    studies.grant(database, "first", 5)
    after, steps = rounds(database, spec, runs=3)  # the first sweep's would fit, both do not
    before = overview.get(database, "first")
    assert not phases.settle(database, after=after, steps=steps)
    assert overview.get(database, "first") == before
    one = dict([next(iter(steps.items()))])
    assert phases.settle(database, after=after, steps=one), "one round, and the other sweep is closed"
    assert drain(database) == 3
    assert [key.rounds for key in phases.due(database)] == [1]


def test_of_several_that_look_one_plans(database: Database) -> None:
    spec = complete(database)
    studies.grant(database, "first", 100)
    after, steps = rounds(database, spec, runs=2)
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda _: phases.settle(database, after=after, steps=steps), range(4)))
    assert sum(won) == 1
    assert overview.get(database, "first").summary.runs_granted == 96
    assert drain(database) == 4
