"""Plans: sizes, what is shared and what is fresh, and the way from phase to phase on a real database."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from leases import LEASE
from planted_study import LOCATE, make, planted

from studies import golden
from studies.advance import advance
from studies.cost import preview
from studies.errors import StudyNotFoundError
from studies.evidence import evidence
from studies.judgement import judge, report
from studies.language.catalogue import entries, load
from studies.language.claim import FOLKLORE
from studies.language.phases import Phase
from studies.plan.procedure import BLOCK_POINTS, expected_runs, first_plans
from studies.records import Arm, TrialPlan
from studies.report.document import verify_report
from studies.storage import finishing, listing, overview, phases, queue, results, studies
from studies.storage.engine import Database
from studies.verdict.model import Outcome


@pytest.mark.parametrize("name", [e.name for e in entries()])
def test_shipped_studies_are_named_after_their_files_and_cost_what_they_say(name: str) -> None:
    spec = load(name)
    plans = first_plans(spec)
    assert spec.name == name
    assert spec.title
    assert spec.description
    assert len(plans) == len(spec.losses) * len(spec.contexts)
    assert preview(spec, None).runs == expected_runs(spec)


def test_the_shipped_landscape_takes_at_most_560_trainings_per_loss() -> None:
    assert expected_runs(load("golden-landscape")) == 3 * 560
    assert preview(load("golden-landscape"), None).at_most


def test_the_shipped_table_1_is_three_rows_of_a_hundred_trainings() -> None:
    spec = load("table-1")
    plans = first_plans(spec)
    rows = Counter((sweep, p.arm, p.alpha) for sweep, ps in plans.items() for p in ps for _ in p.replicates)
    assert rows == {
        ("sse@paper", Arm.POINT, 0.0): 100,
        ("sse@paper", Arm.CLAIM, 0.8740320488976421): 100,
        ("golden@paper", Arm.CLAIM, 0.8740320488976421): 100,
    }
    assert [p.eta for ps in plans.values() for p in ps] == pytest.approx([golden.ETA] * 30, rel=1e-12)


def test_an_unknown_catalogue_study_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(StudyNotFoundError, match="quickstart"):
        load("nope")


def test_the_map_holds_its_points_and_the_claims_replicates_in_every_block() -> None:
    plans = first_plans(make())["golden@digits"]
    assert Counter(p.arm for p in plans) == {Arm.POINT: 40, Arm.CLAIM: 8}
    assert all((p.eta, p.alpha) == (golden.ETA, golden.ALPHA) for p in plans if p.arm == Arm.CLAIM)
    by_block = defaultdict(list)
    for plan in plans:
        by_block[plan.block].append(plan)
    assert all(len(block) <= BLOCK_POINTS for block in by_block.values())
    assert all(any(p.arm == Arm.CLAIM for p in block) for block in by_block.values())


def test_map_runs_share_the_split_blocks_share_the_order_and_weights_are_each_runs_own() -> None:
    plans = first_plans(make())["golden@digits"]
    assert len({(r.split, r.fold) for p in plans for r in p.replicates}) == 1
    orders = {block: {r.order_seed for p in plans if p.block == block for r in p.replicates} for block in (0, 1)}
    assert all(len(seeds) == 1 for seeds in orders.values())
    assert orders[0] != orders[1]
    assert len({r.init_seed for p in plans for r in p.replicates}) == len(plans)


def test_losses_are_compared_on_equal_terms() -> None:
    plans = first_plans(make())
    assert plans["golden@digits"] == plans["sse@digits"]


def test_contexts_share_points_but_no_seeds() -> None:
    spec = make(contexts=[{"name": n, "dataset": "digits", "epochs": 2} for n in ("a", "b")])
    plans = first_plans(spec)
    a, b = plans["golden@a"], plans["golden@b"]
    assert [(p.eta, p.alpha) for p in a] == [(p.eta, p.alpha) for p in b]
    assert not {r for p in a for r in p.replicates} & {r for p in b for r in p.replicates}


def seeds_of(plans: list[TrialPlan]) -> set[int]:
    return {s for p in plans for r in p.replicates for s in (r.split, r.order_seed, r.init_seed)}


@pytest.mark.parametrize(("version", "arms"), [(2, 7), (3, 9)])
def test_a_study_runs_through_its_phases_to_exactly_its_budget(database: Database, version: int, arms: int) -> None:
    spec = make(schema_version=version)
    first = first_plans(spec)
    studies.create(database, spec, first, runs_expected=expected_runs(spec))
    trials = planted((golden.ETA, golden.ALPHA)).work_off(database)
    summary = overview.get(database, "tiny").summary
    assert summary.state == "complete"
    assert expected_runs(spec) == 2 * (40 + 8 + 24 + 6 * arms)
    assert trials == summary.runs_done == summary.runs_expected
    left_out, of_an_arm = expected_runs(spec) - trials, 6
    if version == 2:
        assert left_out == 0
    else:  # likeliest points and rivals that coincide with other arms
        assert left_out in {of_an_arm * arms_less for arms_less in range(5)}


@pytest.mark.parametrize("version", [2, 3])
def test_confirmation_is_paired_on_fresh_seeds(database: Database, version: int) -> None:
    spec = make(schema_version=version)
    first = first_plans(spec)
    studies.create(database, spec, first, runs_expected=expected_runs(spec))
    planted((0.1, 0.6)).work_off(database)
    rows = listing.runs_page(database, "tiny", sweep="golden@digits", limit=500).items
    confirm = [r for r in rows if r.phase in (Phase.CONFIRM, Phase.CONTROLS)]
    by_replicate = defaultdict(set)
    for row in confirm:
        by_replicate[row.replicate].add(row.arm)
    assert len(by_replicate) == 6
    arms = {Arm.CLAIM, Arm.BEST, Arm.INSIDE, Arm.OPPOSITE, "mate:0", "mate:0.97", Arm.DEFAULT}
    measured = next(iter(by_replicate.values()))
    assert all(found == measured for found in by_replicate.values())
    assert arms <= measured <= arms | ({Arm.LIKELIEST, Arm.RIVAL} if version == 3 else set())
    assert {(r.eta, r.alpha) for r in confirm if r.arm == Arm.DEFAULT} == {FOLKLORE}
    fresh = {s for r in by_replicate for s in (r.split, r.order_seed, r.init_seed)}
    assert not fresh & seeds_of(first["golden@digits"])


@pytest.mark.parametrize(("version", "blocks"), [(2, 6), (3, 12)])  # twelve: sign flips of six pairs are too coarse
def test_a_planted_optimum_far_from_the_claim_is_found_and_the_claim_refuted(
    database: Database, version: int, blocks: int
) -> None:
    spec = make(schema_version=version, losses=["golden"], design={**LOCATE["design"], "confirm_blocks": blocks})
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    planted((0.2, 0.5)).work_off(database)
    verdict = judge(database, "tiny")
    assert verdict.outcome is Outcome.REFUTED
    sweep = verdict.sweeps[0]
    assert sweep.eta.estimate == pytest.approx(0.2, rel=0.6)
    assert judge(database, "tiny") == verdict


def test_advancing_twice_plans_once(sqlite_url: str) -> None:
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    spec = make(losses=["golden"])
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    while batch := queue.claim(db, worker="test", limit=100, lease_seconds=LEASE):
        finishing.finish(db, [planted((0.05, 0.8)).finish(t) for t in batch.trials])
    (key,) = phases.due(db)
    assert advance(db) == 1
    assert advance(db) == 0
    assert not phases.close(db, key.sweep_id)
    zoom = [p for p in overview.get(db, "tiny").sweeps[0].phases if p.phase == Phase.ZOOM]
    assert [p.waiting for p in zoom] == [24]
    db.dispose()


@pytest.mark.parametrize("sampler", ["sobol", "grid", "random", "tpe", "cmaes"])
def test_a_search_runs_its_sampler_for_exactly_its_trials(sqlite_url: str, sampler: str) -> None:
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    design = {"kind": "search", "sampler": sampler, "trials": 20, "replicates": 2, "claim_replicates": 4}
    spec = make(losses=["golden"], design={**design, "confirm_blocks": 3})
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    planted((0.05, 0.8)).work_off(db)
    detail = overview.get(db, "tiny")
    runs = results.runs(db, "tiny", "golden@digits")
    assert detail.summary.state == "complete"
    assert len(runs) == expected_runs(spec) == (20 + 2) * 2 + 3 * 2
    assert int(np.sum((runs.phase == "search") & (runs.arm == "claim"))) == 4
    inside = [spec.search_space.contains(e, a) for e, a in zip(runs.eta, runs.alpha, strict=True)]
    assert all(inside)
    assert evidence(spec, detail.sweeps[0], runs).fixed_design == (sampler in ("sobol", "grid", "random"))
    db.dispose()


def test_a_search_beside_a_locate_design_never_touches_its_verdict(sqlite_url: str) -> None:
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    alone = make(losses=["golden"])
    beside = make(losses=["golden"], name="beside", design={**LOCATE["design"], "search": {"trials": 16}})
    for spec in (alone, beside):
        studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    planted((0.05, 0.8)).work_off(db)
    first, second = judge(db, "tiny"), judge(db, "beside")
    assert expected_runs(beside) == expected_runs(alone) + 16 == preview(beside, None).runs
    assert first.sweeps == second.sweeps
    runs = results.runs(db, "beside", "golden@digits")
    searched = runs.where(runs.phase == Phase.SEARCH)
    assert len(searched) == 16
    assert all(beside.search_space.contains(e, a) for e, a in zip(searched.eta, searched.alpha, strict=True))
    assert overview.get(db, "beside").summary.state == "complete"
    assert verify_report(report(db, "beside")) == []
    db.dispose()


def test_a_preview_counts_trials_runs_and_work() -> None:
    spec = make(losses=["golden"])
    found = preview(spec, 1000.0)
    assert found.trials == found.runs == 40 + 8 + 24 + 54
    assert found.runs_by_phase == {"map": 48, "zoom": 24, "confirm": 36, "controls": 18}
    assert found.at_most
    assert not preview(make(losses=["golden"], schema_version=2), 1000.0).at_most
    assert found.images == pytest.approx(found.runs * 1797 * 2 / 3 * 2)
    assert found.seconds == pytest.approx(found.paper_images / 1000.0)
    assert found.rate_measured
    assert not preview(spec, None).rate_measured
