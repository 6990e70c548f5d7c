"""Rounds of a sequential confirmation on real databases: planned once, replayed, and no run beyond the last look."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planted_worker import Planted
from waiting import join_all

from studies import golden
from studies.advance import advance
from studies.evidence import evidence
from studies.judgement import judge, report
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.spec import StudySpec, parse
from studies.plan.later_looks import runs_after
from studies.plan.procedure import expected_runs, first_plans, next_step
from studies.plan.replay import departures, replayed_plans
from studies.plan.rounds import family_of, looks_taken, next_round, planned_runs, standing_arms
from studies.records import StudyState
from studies.report.document import verify_report
from studies.storage import finishing, listing, overview, phases, queue, results, studies
from studies.storage.engine import Database
from studies.verdict.forecast import worth_another_look
from studies.verdict.model import Evidence

GOLDEN = Planted((golden.ETA, golden.ALPHA), noise=0.2)
OUTSIDE = Planted((0.3, 0.0), noise=0.2)
NEAR = Planted((0.023, 0.82), noise=0.2)  # ends early for futility, and more data would decide it
DESIGN = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 20}
SWEEP = "golden@digits"


def make(**changes: Any) -> StudySpec:
    contexts = [{"name": "digits", "dataset": "digits", "epochs": 2}]
    document = {"schema_version": 3, "name": "tiny", "losses": ["golden"], "contexts": contexts, "design": DESIGN}
    return parse({**document, **changes})


def submitted(database: Database, **changes: Any) -> StudySpec:
    spec = make(**changes)
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    return spec


def measured(database: Database, sweep: str = SWEEP) -> Evidence:
    detail = overview.get(database, "tiny")
    summary = next(s for s in detail.sweeps if s.name == sweep)
    return evidence(detail.spec, summary, results.runs(database, "tiny", sweep))


def blocks(found: Evidence) -> int:
    return len(set(found.runs.block[np.isin(found.runs.phase, PAIRED_PHASES)].tolist()))


def until_first_look(database: Database, worker: Planted = GOLDEN) -> None:
    """Work until the first round of the confirmation is measured and its look is due."""
    while True:
        batch = queue.claim(database, worker="planted", limit=100, lease_seconds=60)
        if batch is not None:
            assert all(finishing.finish(database, [worker.finish(trial) for trial in batch.trials]))
        elif Phase.CONFIRM in {
            phase.phase for sweep in overview.get(database, "tiny").sweeps for phase in sweep.phases
        }:
            return
        else:
            assert advance(database)


@pytest.mark.parametrize("worker", [GOLDEN, OUTSIDE])
def test_a_study_moves_through_its_rounds_by_itself_and_expects_what_it_measured(
    sqlite_database: Database, worker: Planted
) -> None:
    spec = submitted(sqlite_database)
    most = expected_runs(spec)
    worker.work_off(sqlite_database)
    summary, found = overview.get(sqlite_database, "tiny").summary, measured(sqlite_database)
    assert summary.state is StudyState.COMPLETE
    assert summary.runs_done == summary.runs_expected <= most
    looks = list(looks_taken(spec, found))
    assert [look.blocks for look in looks] == [10, 15, 20][: len(looks)] and blocks(found) == looks[-1].blocks
    assert all(not look.ends for look in looks[:-1]) and looks[-1].ends
    assert (found.planned_runs, found.failed_runs) == (len(found.runs), 0)
    paired = {phase.phase: phase.runs_planned for phase in overview.get(sqlite_database, "tiny").sweeps[0].phases}
    assert dict(planned_runs(spec.design, found)) == {p: n for p, n in paired.items() if p in PAIRED_PHASES}  # type: ignore[arg-type]


def test_settled_arms_rest_and_the_claim_never_does(sqlite_database: Database) -> None:
    spec = submitted(sqlite_database)
    GOLDEN.work_off(sqlite_database)
    found = measured(sqlite_database)
    resting: set[tuple[float, float]] = set()
    runs = found.runs.where(np.isin(found.runs.phase, PAIRED_PHASES))
    start = 0
    for look in looks_taken(spec, found):
        within = (runs.block - 10_000 >= start) & (runs.block - 10_000 < look.blocks)
        points = set(zip(runs.eta[within].tolist(), runs.alpha[within].tolist(), strict=True))
        assert (spec.claim.eta, spec.claim.alpha) in points and not points & resting
        assert within.sum() == len(points) * (look.blocks - start), "every arm of a round has all of its blocks"
        resting = {(arm.eta, arm.alpha) for arm in look.resting}
        start = look.blocks


def test_many_that_advance_at_once_append_a_round_once(database: Database) -> None:
    spec = submitted(database)
    until_first_look(database)
    before = measured(database)
    due = next_round(spec, spec.context_of("digits"), before)
    assert due is not None, "the first look leaves it open"
    together = threading.Barrier(4)
    moved: list[int] = []

    def move() -> None:
        together.wait()
        moved.append(advance(database))

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    join_all(*threads)
    assert sorted(moved) == [0, 0, 0, 1]
    stored = listing.trials_page(database, "tiny", limit=500, phase=Phase.CONFIRM).items
    assert len({(t.block, t.arm) for t in stored}) == len(stored)


def test_a_stale_round_comes_too_late(sqlite_database: Database) -> None:
    spec = submitted(sqlite_database)
    until_first_look(sqlite_database)
    (key,) = phases.due(sqlite_database)
    step = next_round(spec, spec.context_of("digits"), measured(sqlite_database))
    assert step is not None
    GOLDEN.work_off(sqlite_database)
    assert not phases.append(sqlite_database, key.sweep_id, after=key.stage, step=step)


def test_the_plan_replays_round_by_round_and_sees_what_was_bent(sqlite_database: Database) -> None:
    spec = submitted(sqlite_database)
    GOLDEN.work_off(sqlite_database)
    found = measured(sqlite_database)
    context = spec.context_of("digits")
    plans = replayed_plans(spec, context, found)
    assert len(plans) == len(found.runs) and not list(departures(plans, found.runs))
    assert next_step(spec, context, found) is None
    arms = np.where(found.runs.arm == "best", "rival", found.runs.arm)
    assert list(departures(plans, replace(found.runs, arm=arms)))


def test_a_report_of_an_early_end_verifies_and_a_shortened_one_does_not(sqlite_database: Database) -> None:
    submitted(sqlite_database)
    GOLDEN.work_off(sqlite_database)
    made = report(sqlite_database, "tiny")
    assert verify_report(made) == []
    looks = made["sweeps"][0]["looks"]
    assert [look["blocks"] for look in looks] == [10, 15, 20][: len(looks)]
    bent = copy.deepcopy(made)
    bent["sweeps"][0]["looks"][0]["ways"][0]["p"] = 0.01
    assert any("looks.0.ways.0.p: stated 0.01" in line for line in verify_report(bent))
    bent = copy.deepcopy(made)
    (confirm,) = [phase for phase in bent["sweeps"][0]["phases"] if phase["phase"] == "confirm"]
    confirm["failed"] += 5
    confirm["runs_planned"] += 5
    assert any("trials" in line for line in verify_report(bent))


def test_losses_share_blocks_whatever_stops_and_secondary_ones_share_the_level(sqlite_database: Database) -> None:
    spec = submitted(sqlite_database, losses=["golden", "sse", "cross_entropy"])
    assert [family_of(spec, loss) for loss in spec.losses] == [1, 2, 2]
    GOLDEN.work_off(sqlite_database)
    assert overview.get(sqlite_database, "tiny").summary.state is StudyState.COMPLETE
    rows = [t for t in listing.iter_runs(sqlite_database, "tiny") if t.phase in PAIRED_PHASES]
    by_block: dict[int, set[Any]] = {}
    for row in rows:
        by_block.setdefault(row.block, set()).add(row.replicate)
    assert all(len(replicates) == 1 for replicates in by_block.values()), "a block has one split, order and start"


def test_a_later_look_makes_up_for_blocks_that_were_not_needed(sqlite_database: Database) -> None:
    spec = submitted(sqlite_database)
    NEAR.work_off(sqlite_database)
    found, verdict = measured(sqlite_database), judge(sqlite_database, "tiny").sweeps[0]
    assert verdict.outcome == "inconclusive" and worth_another_look(verdict) and blocks(found) < 20
    before, arms = blocks(found), standing_arms(spec, found)
    due = runs_after(spec.design, verdict)  # type: ignore[arg-type]
    assert due == 24 + len(arms) * (40 - before)
    studies.grant(sqlite_database, "tiny", due)
    assert NEAR.work_off(sqlite_database) == due
    again = measured(sqlite_database)
    assert (again.looks, blocks(again)) == (2, 40)
    assert next_step(spec, spec.context_of("digits"), again) is None
    assert verify_report(report(sqlite_database, "tiny")) == []


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Any:
    """A SQLite database of this test's own, open."""
    from studies.storage.engine import open_database

    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()
