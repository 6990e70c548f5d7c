"""Later looks on real databases: what a round holds, that it ends, and that runs are never more than granted.

Of a design whose confirmation has a fixed size, that of version 2; `test_rounds` has those of a sequential one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted_worker import Planted

from studies import golden
from studies.advance import advance
from studies.errors import SpecError, StateError
from studies.evidence import evidence
from studies.judgement import judge, report
from studies.language.phases import Phase
from studies.language.spec import StudySpec, parse
from studies.plan.later_looks import check_grant, later_step, round_runs, runs_to_decide, undecided
from studies.plan.procedure import expected_runs, first_plans
from studies.records import StudyState
from studies.report.document import verify_report
from studies.storage import listing, overview, results, studies
from studies.storage.engine import Database
from studies.verdict.looks import MOST_LOOKS

GOLDEN = Planted((golden.ETA, golden.ALPHA), noise=0.2)
ROUND = 24 + 6 * 7  # the design's zoom points, and its blocks of seven arms


def make(**changes: Any) -> StudySpec:
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    contexts = [{"name": "digits", "dataset": "digits", "epochs": 2}]
    document = {"schema_version": 2, "name": "tiny", "losses": ["golden"], "contexts": contexts, "design": design}
    return parse({**document, **changes})


def measured_once(database: Database, **changes: Any) -> StudySpec:
    """A complete study whose verdict is inconclusive for want of data."""
    spec = make(**changes)
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    GOLDEN.work_off(database)
    return spec


def test_a_round_goes_on_where_the_design_ended(database: Database) -> None:
    spec = measured_once(database)
    detail = overview.get(database, "tiny")
    before = results.runs(database, "tiny", "golden@digits")
    found = evidence(spec, detail.sweeps[0], before)
    step = later_step(spec, spec.context_of("digits"), found)
    assert step is not None
    assert step.later_look
    assert step.runs_added == len(step.plans) == ROUND == round_runs(spec.design, 1)  # type: ignore[arg-type]
    old = {(row.replicate, row.eta, row.alpha) for row in listing.runs_page(database, "tiny", limit=500).items}
    assert not old & {(plan.replicates[0], plan.eta, plan.alpha) for plan in step.plans}, "nothing is repeated"
    blocks = [plan for plan in step.plans if plan.phase is not Phase.ZOOM]
    paired = before.where(np.isin(before.phase, ("confirm", "controls")))
    arms = set(zip(paired.arm.tolist(), paired.eta.tolist(), paired.alpha.tolist(), strict=True))
    assert {(plan.arm, plan.eta, plan.alpha) for plan in blocks} == arms
    assert sorted({plan.block for plan in blocks}) == list(range(10_006, 10_012))
    zoom = {plan.block for plan in step.plans if plan.phase is Phase.ZOOM}
    assert zoom == {1_000, 1_001}, "the first block is filled up, then the next begins"
    assert len({plan.replicates[0].order_seed for plan in step.plans if plan.block == 1_000}) == 1


def test_an_undecided_study_runs_on_until_it_decides_within_its_grant(database: Database) -> None:
    spec = measured_once(database)
    first = judge(database, "tiny")
    assert first.outcome == "inconclusive"
    assert first.sweeps[0].looks == 1
    granted = 7 * ROUND + 5
    check_grant(overview.get(database, "tiny"), first, granted)
    studies.grant(database, "tiny", granted)
    assert advance(database) == 1
    assert advance(database) == 0, "the round waits to be run"
    assert overview.get(database, "tiny").summary.runs_granted == granted - ROUND
    finished = GOLDEN.work_off(database)
    summary = overview.get(database, "tiny").summary
    last = judge(database, "tiny")
    looks = last.sweeps[0].looks
    assert summary.state is StudyState.COMPLETE
    assert finished == (2 ** (looks - 1) - 1) * ROUND <= granted
    assert summary.runs_done == summary.runs_expected == expected_runs(spec) + finished
    assert summary.runs_granted == 0
    assert last.outcome == "supported" or looks == MOST_LOOKS
    assert last.outcome != "refuted"
    assert verify_report(report(database, "tiny")) == []


def test_a_grant_that_suffices_for_one_look_gives_one(sqlite_database: Database) -> None:
    spec = measured_once(sqlite_database)
    studies.grant(sqlite_database, "tiny", 3 * ROUND - 1)
    assert GOLDEN.work_off(sqlite_database) == ROUND
    detail = overview.get(sqlite_database, "tiny")
    assert (detail.summary.state, detail.sweeps[0].rounds) == (StudyState.COMPLETE, 1)
    assert spec == detail.spec


def test_the_primary_loss_comes_first(sqlite_database: Database) -> None:
    measured_once(sqlite_database, losses=["sse", "golden"])
    found = judge(sqlite_database, "tiny")
    spec = overview.get(sqlite_database, "tiny").spec
    assert [sweep.loss for sweep in undecided(spec, found)] == ["golden", "sse"]
    assert all(runs % ROUND == 0 for runs in runs_to_decide(spec, found).values())
    studies.grant(sqlite_database, "tiny", ROUND)
    assert GOLDEN.work_off(sqlite_database) == ROUND
    assert [(s.loss, s.rounds) for s in overview.get(sqlite_database, "tiny").sweeps] == [("sse", 0), ("golden", 1)]


def test_what_cannot_be_extended_is_refused_with_the_reason(sqlite_database: Database) -> None:
    measured_once(sqlite_database)
    detail, found = overview.get(sqlite_database, "tiny"), judge(sqlite_database, "tiny")
    with pytest.raises(SpecError, match=f"max_runs: one more look takes {ROUND} runs"):
        check_grant(detail, found, ROUND - 1)
    claim = parse(detail.spec.model_dump(mode="json") | {"claim": {"first_look": 1.0}})
    with pytest.raises(StateError, match="no error rate is left"):
        check_grant(_with(detail, spec=claim), found, 1000)
    search = parse({"name": "tiny", "losses": ["golden"], "design": {"kind": "search"}})
    with pytest.raises(StateError, match="search study"):
        check_grant(_with(detail, spec=search), found, 1000)
    running = _with(detail, summary=_with(detail.summary, state=StudyState.RUNNING))
    with pytest.raises(StateError, match="'tiny' is running; only a complete study"):
        check_grant(running, found, 1000)
    sweep = found.sweeps[0]
    decided = _with(found, sweeps=(_with(sweep, outcome="supported", needed=None),))
    with pytest.raises(StateError, match="every sweep is decided"):
        check_grant(detail, decided, 1000)
    spent = _with(found, sweeps=(_with(sweep, looks=MOST_LOOKS),))
    with pytest.raises(StateError, match="all 4 looks"):
        check_grant(detail, spent, 1000)
    hopeless = _with(found, sweeps=(_with(sweep, needed=None),))
    with pytest.raises(StateError, match="would not decide golden@digits"):
        check_grant(detail, hopeless, 1000)


def _with(record: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(record, **changes)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Any:
    """A SQLite database of this test's own, open."""
    from studies.storage.engine import open_database

    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()
