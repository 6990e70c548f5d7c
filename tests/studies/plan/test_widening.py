"""A box that is too small, from the map's runs to the report: on a real database, exactly once."""

from __future__ import annotations

import copy
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import optuna
import pytest
from leases import LEASE, pass_time
from optuna.distributions import FloatDistribution
from planted_study import make, planted

from studies import golden
from studies.advance import advance
from studies.cost import preview
from studies.evidence import evidence
from studies.judgement import judge, report
from studies.language.phases import Phase
from studies.language.spec import StudySpec, canonical_json, parse
from studies.plan.procedure import expected_runs, first_plans, next_step
from studies.records import Step
from studies.report.document import render_html, verify_report
from studies.seeds import derive
from studies.storage import finishing, overview, phases, queue, results, studies
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate
from studies.verdict.widening import most_points

BEYOND = (2.5, 0.8)  # the planted optimum: beyond eta = 1, where the default box ends
SWEEP = "golden@digits"
COINCIDENT = (0, 6, 12)  # runs that are not planned: likeliest point or rival may be another arm's, in six blocks


def submitted(db: Database, **changes: Any) -> StudySpec:
    spec = make(**{"losses": ["golden"], **changes})
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    return spec


def map_out(db: Database, *, peak: tuple[float, float] = BEYOND) -> phases.SweepKey:
    """Finish the map without planning anything behind it."""
    while batch := queue.claim(db, worker="test", limit=100, lease_seconds=LEASE):
        finishing.finish(db, [planted(peak).finish(t) for t in batch.trials])
    (key,) = phases.due(db)
    return key


def step_of(db: Database, spec: StudySpec) -> Step | None:
    sweep = overview.get(db, spec.name).sweeps[0]
    return next_step(spec, spec.context_of("digits"), evidence(spec, sweep, results.runs(db, spec.name, sweep.name)))


def test_a_box_too_small_is_widened_once_and_the_study_runs_on_to_its_verdict(database: Database) -> None:
    spec = submitted(database)
    trials = planted(BEYOND).work_off(database)
    detail = overview.get(database, "tiny")
    (sweep,) = detail.sweeps
    assert detail.summary.state == "complete"
    assert sweep.phases_done == ("map", "widen", "zoom", "confirm", "controls")
    assert sweep.space is not None
    assert sweep.space.eta.high == pytest.approx(math.sqrt(10.0))
    added = next(p.runs_planned for p in sweep.phases if p.phase == Phase.WIDEN)
    assert 0 < added <= most_points(spec.search_space, map_points=40, zoom_points=24)
    assert trials == detail.summary.runs_done == detail.summary.runs_expected
    assert expected_runs(spec) + added - trials in COINCIDENT
    runs = results.runs(database, "tiny", SWEEP)
    inside = [spec.search_space.contains(e, a) for e, a in zip(runs.eta, runs.alpha, strict=True)]
    assert not np.any(np.array(inside)[runs.phase == Phase.WIDEN])
    assert np.all(np.array(inside)[runs.phase == Phase.MAP])
    assert runs.eta[runs.phase == Phase.ZOOM].max() > 1.0, "the zoom follows the optimum into the strip"
    verdict = judge(database, "tiny").sweeps[0]
    assert verdict.eta.low is not None
    assert verdict.eta.high is not None
    assert verdict.eta.low < BEYOND[0] < verdict.eta.high


def test_the_strip_is_more_of_the_map_split_orders_and_blocks_are_shared(database: Database) -> None:
    spec = submitted(database)
    key = map_out(database)
    step = step_of(database, spec)
    assert step is not None
    assert step.space is not None
    assert step.runs_added == len(step.plans)
    assert {p.phase for p in step.plans} == {Phase.WIDEN}
    of_map = first_plans(spec)[SWEEP]
    orders = {p.block: p.replicates[0].order_seed for p in of_map}
    assert {p.replicates[0].split for p in step.plans} == {p.replicates[0].split for p in of_map}
    assert all(orders[p.block] == p.replicates[0].order_seed for p in step.plans)
    weights = [p.replicates[0].init_seed for p in [*of_map, *step.plans]]
    assert len(set(weights)) == len(weights)
    assert weights[-1] == derive(spec.seed, "digits", "init", "widen", len(step.plans) - 1, 0)
    assert phases.append(database, key.sweep_id, after=key.stage, step=step)


@pytest.mark.parametrize(
    ("changes", "peak"), [({"widen": False}, BEYOND), ({}, (golden.ETA, golden.ALPHA))], ids=["forbidden", "not needed"]
)
def test_a_box_stays_where_the_design_forbids_it_or_the_optimum_lies_inside(
    sqlite_url: str, changes: dict[str, bool], peak: tuple[float, float]
) -> None:
    db = open_database(sqlite_url)
    submitted(db, design={**make().design.model_dump(mode="json"), **changes})
    planted(peak).work_off(db)
    (sweep,) = overview.get(db, "tiny").sweeps
    assert (sweep.space, sweep.phases_done) == (None, ("map", "zoom", "confirm", "controls"))
    db.dispose()


def test_each_loss_is_widened_by_its_own_runs(database: Database) -> None:
    spec = submitted(database, losses=["golden", "sse"])
    while batch := queue.claim(database, worker="test", limit=100, lease_seconds=LEASE):
        peaks = {"golden": (golden.ETA, golden.ALPHA), "sse": BEYOND}
        finishing.finish(database, [planted(peaks[t.loss]).finish(t) for t in batch.trials])
    assert advance(database) == 2
    detail = overview.get(database, "tiny")
    spaces = {sweep.loss: detail.space_of(sweep) for sweep in detail.sweeps}
    assert spaces["golden"] == spec.search_space
    assert spaces["sse"].eta.high > 1.0
    assert detail.widest_space == spaces["sse"]


def test_two_that_advance_at_once_and_a_crash_before_the_append_plan_it_once(database: Database) -> None:
    spec = submitted(database)
    key = map_out(database)
    first, second = step_of(database, spec), step_of(database, spec)
    assert first == second is not None, "where one crashed before appending, the next one plans the same"
    assert phases.append(database, key.sweep_id, after=key.stage, step=first)
    assert not phases.append(database, key.sweep_id, after=key.stage, step=second)
    assert advance(database) == 0, "the strip is still to be measured"
    before = overview.get(database, "tiny").summary
    assert before.runs_expected == expected_runs(spec) + first.runs_added
    batch = queue.claim(database, worker="lost", limit=3, lease_seconds=LEASE)
    assert batch is not None  # this worker dies with its lease; its trials come back
    pass_time(database)
    planted(BEYOND).work_off(database)
    summary = overview.get(database, "tiny").summary
    assert summary.state == "complete"
    assert summary.runs_done == summary.runs_expected
    assert before.runs_expected - summary.runs_done in COINCIDENT
    runs = results.runs(database, "tiny", SWEEP)
    assert int((runs.phase == Phase.WIDEN).sum()) == first.runs_added


@pytest.fixture
def optuna_storage(database: Database) -> Iterator[optuna.storages.RDBStorage]:
    url = database.engine.url.render_as_string(hide_password=False)
    storage = optuna.storages.RDBStorage(url, skip_table_creation=True)
    yield storage
    storage.remove_session()
    storage.engine.dispose()


def test_optuna_reads_a_widened_sweep_as_one_search_space(
    database: Database, optuna_storage: optuna.storages.RDBStorage
) -> None:
    submitted(database)
    planted(BEYOND).work_off(database)
    space = overview.get(database, "tiny").sweeps[0].space
    assert space is not None
    study = optuna.load_study(study_name=f"tiny/{SWEEP}", storage=optuna_storage)
    box = {
        "eta": FloatDistribution(space.eta.low, space.eta.high, log=True),
        "alpha": FloatDistribution(space.alpha.low, space.alpha.high),
    }
    assert all(trial.distributions == box for trial in study.trials)
    assert optuna.search_space.intersection_search_space(study.trials) == box
    assert max(trial.params["eta"] for trial in study.trials) > 1.0


@pytest.fixture(scope="module")
def widened_report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('widened') / 'study.db'}")
    migrate(db)
    submitted(db)
    planted(BEYOND).work_off(db)
    made = report(db, "tiny")
    db.dispose()
    return made


def test_a_report_with_a_widened_sweep_verifies_and_says_so(widened_report: dict[str, Any]) -> None:
    again = json.loads(canonical_json(widened_report))
    assert verify_report(again) == []
    assert again["sweeps"][0]["space"]["eta"]["high"] == pytest.approx(math.sqrt(10.0))
    assert "The box, widened once" in render_html(again)


def test_verify_tells_a_box_that_the_rule_does_not_give(widened_report: dict[str, Any]) -> None:
    changed = copy.deepcopy(widened_report)
    changed["sweeps"][0]["space"]["eta"]["high"] = 5.0
    assert any(line.startswith(f"sweeps.{SWEEP}.space") for line in verify_report(changed))


@pytest.fixture(scope="module")
def report_without_widening(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('narrow') / 'study.db'}")
    migrate(db)
    submitted(db, design={**make().design.model_dump(mode="json"), "widen": False})
    planted(BEYOND).work_off(db)
    made = report(db, "tiny")
    db.dispose()
    return made


def test_verify_tells_a_widening_that_was_due_and_is_not_there(report_without_widening: dict[str, Any]) -> None:
    assert verify_report(report_without_widening) == []
    lines = verify_report(_as_if(report_without_widening, widen=True))
    assert lines[0].startswith(f"sweeps.{SWEEP}.runs.phase")
    assert "was planned as phase widen" in lines[0]


def test_verify_tells_a_widening_that_the_design_forbids(widened_report: dict[str, Any]) -> None:
    lines = verify_report(_as_if(widened_report, widen=False))
    assert lines == [f"sweeps.{SWEEP}.phases.widen: the study's design has no such phase"]


def _as_if(made: dict[str, Any], *, widen: bool) -> dict[str, Any]:
    """A report under another design, its hashes made to fit."""
    forged = copy.deepcopy(made)
    forged["spec"]["design"]["widen"] = widen
    spec = parse(forged["spec"])
    forged["spec_hash"], forged["claim_hash"] = spec.spec_hash, spec.claim_hash
    forged["verdict"]["claim_hash"] = spec.claim_hash
    return forged


def test_the_phases_add_up_by_block_in_the_verdicts_rows(widened_report: dict[str, Any]) -> None:
    runs = widened_report["sweeps"][0]["runs"]
    blocks = defaultdict(set)
    for phase, block in zip(runs["phase"], runs["block"], strict=True):
        blocks[phase].add(block)
    assert blocks["widen"] <= blocks["map"]
    assert not blocks["widen"] & blocks["zoom"]


def test_a_preview_says_what_widening_may_add() -> None:
    spec = make()
    one = most_points(spec.search_space, map_points=40, zoom_points=24)
    assert preview(spec, None).runs_if_widened == 2 * one > 0
    fixed = make(design={**spec.design.model_dump(mode="json"), "widen": False})
    assert preview(fixed, None).runs_if_widened == 0
