"""Arms are tuned on seeds of their own and measured in pairs; tuning looks for the best by the design's objective."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from compared_study import COMPARED, compared
from planted_worker import Planted

from studies.advance import advance
from studies.cost import preview
from studies.errors import StateError
from studies.language.compare import CompareDesign
from studies.language.phases import Phase
from studies.language.sizes import phase_sizes
from studies.language.spec import StudySpec, parse, sweep_name
from studies.language.volume import runs_of_sweep
from studies.plan.comparison import best_point, measuring_step
from studies.plan.extension import extension
from studies.plan.procedure import expected_runs, first_plans
from studies.records import Replicate, Runs, TrialPlan
from studies.storage import listing, overview, queue, results, studies
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail

ARMS = ("sgd", "heavy-ball", "adam", "adadelta")


def submitted(database: Database, spec: StudySpec) -> StudyDetail:
    detail, _ = studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    return detail


def done(database: Database, spec: StudySpec) -> dict[str, Runs]:
    """The runs of every sweep once everything is measured, by planted results."""
    submitted(database, spec)
    trials = Planted((0.1, 0.5)).work_off(database)
    summary = overview.get(database, spec.name).summary
    assert summary.state == "complete" and trials == summary.runs_done == summary.runs_expected == expected_runs(spec)
    return {
        sweep_name(loss, context.name): results.runs(database, spec.name, sweep_name(loss, context.name))
        for context in spec.contexts
        for loss in spec.losses
    }


def seeds_of(replicates: Iterator[Replicate]) -> set[int]:
    return {seed for r in replicates for seed in (r.split, r.order_seed, r.init_seed)}


def test_an_arm_is_tuned_and_then_measured_as_published_and_as_tuned(database: Database) -> None:
    spec = compared(COMPARED.replace('["cross_entropy"]', '["cross_entropy", "sse"]'))
    found = done(database, spec)
    assert len(found) == 2 * len(ARMS)
    for name, runs in found.items():
        assert [int((runs.phase == phase).sum()) for phase in (Phase.TUNE, Phase.MEASURE)] == [4, 6], name
        tuning = runs.where(runs.phase == Phase.TUNE)
        measured = runs.where(runs.phase == Phase.MEASURE)
        best = int(np.argmax(tuning.accuracy))
        context = name.partition("@")[2]
        arm = spec.arm_of(context)
        assert arm is not None and arm.at is not None
        for way, point in (("tuned", (tuning.eta[best], tuning.alpha[best])), ("published", None)):
            rows = measured.where(measured.arm == way)
            places = set(zip(rows.eta.tolist(), rows.alpha.tolist(), strict=True))
            assert len(places) == 1 and rows.block.tolist() == [300_000, 300_001, 300_002]
            stated = spec.axes_in(context).named(*places.pop()) if point is None else None
            assert stated is None or arm.at.items() <= stated.items()
            assert point is None or set(zip(rows.eta.tolist(), rows.alpha.tolist(), strict=True)) == {point}


def test_all_arms_and_losses_of_a_context_are_measured_on_the_same_fresh_seeds(database: Database) -> None:
    spec = compared(COMPARED.replace('["cross_entropy"]', '["cross_entropy", "sse"]'))
    done(database, spec)
    rows = [row for page in [listing.runs_page(database, spec.name, limit=500)] for row in page.items]
    by_block = defaultdict(set)
    for row in rows:
        if row.phase == Phase.MEASURE:
            by_block[row.block].add(row.replicate)
    assert len(by_block) == 3 and all(len(found) == 1 for found in by_block.values())
    fresh = seeds_of(r for found in by_block.values() for r in found)
    tuning = seeds_of(row.replicate for row in rows if row.phase == Phase.TUNE)
    assert len(fresh) == 9 and not fresh & tuning


def _documents() -> Iterator[StudySpec]:
    for seed in range(40):
        yield parse({**compared().model_dump(mode="json"), "seed": seed})
    for sampler in ("random", "tpe", "gp"):
        yield compared(
            COMPARED.replace("tuning = 4", f'tuning = 100\nsampler = "{sampler}"').replace("runs = 3", "runs = 100")
        )
    along = COMPARED.replace("epochs = 2", "axis = { epochs = [1, 2, 3] }")
    yield compared(along.replace('context = "digits"', 'context = "digits-1"'))


@pytest.mark.parametrize("spec", list(_documents()), ids=lambda spec: spec.spec_hash[:8])
def test_no_tuning_seed_is_a_measuring_seed(spec: StudySpec) -> None:
    tuning, measuring = set(), set()
    for name, plans in first_plans(spec).items():
        assert {plan.phase for plan in plans} == {Phase.TUNE}
        tuning |= seeds_of(r for plan in plans for r in plan.replicates)
        context = spec.built_in_of(name.partition("@")[2])
        step = measuring_step(spec, context, planned_runs(plans), [Phase.TUNE])
        assert step is not None and {plan.phase for plan in step.plans} == {Phase.MEASURE}
        measuring |= seeds_of(r for plan in step.plans for r in plan.replicates)
    assert not tuning & measuring
    assert len(measuring) == 3 * spec.compared.runs * len({c.arm.context for c in spec.built_in})  # type: ignore[union-attr]


def planned_runs(plans: list[TrialPlan], **columns: Any) -> Runs:
    """Runs of planned trials, one each, whose accuracy rises with their number unless columns say otherwise."""
    n = len(plans)
    zeros, counts = np.zeros(n), np.arange(n)
    found = Runs(
        trial=counts,
        run=np.zeros(n, dtype=np.int64),
        phase=np.array([plan.phase.value for plan in plans]),
        arm=np.array([str(plan.arm) for plan in plans]),
        block=np.array([plan.block for plan in plans]),
        eta=np.array([0.1 + i if plan.eta is None else plan.eta for i, plan in enumerate(plans)]),
        alpha=np.array([0.0 if plan.alpha is None else plan.alpha for plan in plans]),
        n_test=np.full(n, 100),
        correct=counts,
        accuracy=counts / n,
        error=1 - counts / n,
        cross_entropy=1 - counts / n,
        own_loss=zeros,
        loss_area=zeros,
        epochs_to_target=np.full(n, 1.0),
        diverged=np.zeros(n, dtype=np.bool_),
        cause=np.full(n, ""),
    )
    return replace(found, **{name: np.asarray(column) for name, column in columns.items()})


def design(**fields: Any) -> CompareDesign:
    found = compared().compared
    assert found is not None
    return found.model_copy(update=fields)


NAN = float("nan")
BEST: list[tuple[str, dict[str, Any], int]] = [  # objective, columns, number of the best trial
    ("accuracy", {}, 3),
    ("accuracy", {"accuracy": [0.4, 0.9, 0.9, 0.1]}, 1),
    ("accuracy", {"accuracy": [0.4, 0.9, 0.8, 0.1], "diverged": [False, True, False, False]}, 2),
    ("cross_entropy", {"cross_entropy": [0.4, 0.9, 0.1, 0.2]}, 2),
    ("loss_area", {"loss_area": [0.4, 0.9, 0.1, 0.2], "diverged": [False, False, True, False]}, 3),
    ("epochs_to_target", {"epochs_to_target": [3.0, NAN, 2.5, 4.0]}, 2),
    ("epochs_to_target", {"epochs_to_target": [NAN] * 4, "accuracy": [0.4, 0.9, 0.2, 0.1]}, 1),
    ("epochs_to_target", {"epochs_to_target": [2.0, 2.0, 2.0, NAN], "accuracy": [0.4, 0.5, 0.5, 0.9]}, 1),
    ("smallest_width", {"epochs_to_target": [3.0, NAN, 2.5, 4.0]}, 2),
    ("cpu_seconds", {"epochs_to_target": [NAN, 3.0, 2.0, 4.0]}, 2),
    ("accuracy", {"diverged": [True] * 4}, 3),
]


@pytest.mark.parametrize(("objective", "columns", "best"), BEST)
def test_tuning_takes_the_best_by_the_objective(objective: str, columns: dict[str, Any], best: int) -> None:
    plans = first_plans(compared())["cross_entropy@digits-heavy-ball"]
    runs = planned_runs(plans, **columns)
    assert best_point(design(objective=objective), runs) == (plans[best].eta, plans[best].alpha)


def test_measured_runs_take_no_part_in_tuning() -> None:
    plans = first_plans(compared())["cross_entropy@digits-sgd"]
    runs = planned_runs(plans, phase=["tune", "tune", "measure", "measure"])
    assert best_point(design(), runs) == (plans[1].eta, plans[1].alpha)
    assert best_point(design(), planned_runs(plans, phase=["measure"] * 4)) is None


def test_where_all_tuning_failed_the_published_point_alone_is_measured() -> None:
    spec = compared()
    context = spec.built_in_of("digits-sgd")
    nothing = planned_runs([])
    step = measuring_step(spec, context, nothing, [Phase.TUNE])
    assert step is not None and [plan.arm for plan in step.plans] == ["published"] * 3 and step.runs_added == -3
    bare = compared(COMPARED.replace("at = { eta = 0.1 }\n", ""))
    assert measuring_step(bare, bare.built_in_of("digits-sgd"), nothing, [Phase.TUNE]) is None
    assert measuring_step(spec, context, nothing, [Phase.TUNE, Phase.MEASURE]) is None


def test_without_tuning_the_measuring_is_planned_at_once(database: Database) -> None:
    spec = compared(COMPARED.replace("tuning = 4", "tuning = 0"))
    assert {plan.arm for plans in first_plans(spec).values() for plan in plans} == {"published"}
    found = done(database, spec)
    assert all(set(runs.arm.tolist()) == {"published"} and len(runs) == 3 for runs in found.values())


PLAIN = '\n[[design.arms]]\nname = "yamadam"\nupdate_rule = "yamadam"\n'


def test_sizes_plans_and_preview_agree_on_arms_that_take_different_runs(database: Database) -> None:
    spec = compared(COMPARED.replace("at = { eta = 0.1 }\n", "") + PLAIN)
    runs = {context.name: runs_of_sweep(spec, context) for context in spec.contexts}
    assert runs == {
        "digits-sgd": 4 + 3,
        "digits-heavy-ball": 4 + 6,
        "digits-adam": 4 + 6,
        "digits-adadelta": 4 + 6,
        "digits-yamadam": 3,
    }
    found = done(database, spec)
    for name, measured in found.items():
        context = name.partition("@")[2]
        sizes = phase_sizes(spec.design, folds=10, arm=context.removeprefix("digits-"))
        assert {phase: size.runs for phase, size in sizes.items()} == {
            phase: int((measured.phase == phase).sum()) for phase in dict.fromkeys(measured.phase.tolist())
        }
    cost = preview(spec, None)
    assert cost.runs == sum(runs.values()) == 40 and cost.runs_by_phase == {"tune": 16, "measure": 24}
    assert not cost.at_most and cost.external_runs == cost.runs_if_widened == 0


@pytest.mark.parametrize("sampler", ["sobol", "random", "tpe", "gp"])
def test_every_sampler_stays_in_the_space_of_its_arm(sqlite_url: str, sampler: str) -> None:
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    spec = compared(COMPARED.replace("tuning = 4", f'tuning = 14\nsampler = "{sampler}"'))
    for name, runs in done(db, spec).items():
        space = spec.space_in(name.partition("@")[2])
        tuning = runs.where(runs.phase == Phase.TUNE)
        assert all(space.contains(e, a) for e, a in zip(tuning.eta, tuning.alpha, strict=True))
        assert len(set(tuning.eta.tolist())) == 14
        varied = {low < high for low, high in space.ends[1:]} == {True}
        assert len(set(tuning.alpha.tolist())) == (14 if varied else 1)
    db.dispose()


def test_cmaes_searches_two_parameters(sqlite_url: str) -> None:
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    parts = COMPARED.split("[[design.arms]]")
    text = "[[design.arms]]".join([parts[0], parts[2], parts[3]]).replace('baseline = "sgd"\n', 'sampler = "cmaes"\n')
    spec = compared(text.replace("tuning = 4", "tuning = 14"))
    for runs in done(db, spec).values():
        assert int((runs.phase == Phase.TUNE).sum()) == 14
    db.dispose()


def test_advancing_twice_plans_once(sqlite_url: str) -> None:
    from leases import LEASE

    from studies.storage import finishing
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    spec = compared()
    submitted(db, spec)
    while batch := queue.claim(db, worker="test", limit=100, lease_seconds=LEASE):
        finishing.finish(db, [Planted((0.1, 0.5)).finish(trial) for trial in batch.trials])
    assert (advance(db), advance(db)) == (4, 0)
    assert [p.waiting for s in overview.get(db, spec.name).sweeps for p in s.phases if p.phase == "measure"] == [6] * 4
    db.dispose()


def test_runs_are_listed_with_what_their_arm_fixes(sqlite_url: str) -> None:
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    fixed = COMPARED.replace(
        'update_rule = { name = "adam", beta1 = 0.8 }', 'update_rule = "lars"\nfixed = { alpha = 0.5 }'
    )
    spec = compared(
        fixed.replace(
            '"epsilon", scale = "log", low = 1e-10, high = 1e-5', '"trust", scale = "log", low = 1e-4, high = 1e-2'
        ).replace("epsilon = 1e-8", "trust = 1e-3")
    )
    done(db, spec)
    rows = listing.runs_page(db, spec.name, sweep="cross_entropy@digits-adam", limit=500).items
    assert {tuple(row.parameters) for row in rows} == {("eta", "trust", "alpha")}
    assert {row.parameters["alpha"] for row in rows} == {0.5}
    assert spec.parameter_names == ("eta", "alpha", "trust", "rho")
    db.dispose()


def test_a_comparison_is_not_extended(sqlite_url: str) -> None:
    from studies.storage.engine import open_database

    db = open_database(sqlite_url)
    with pytest.raises(StateError, match=r"compares arms has a fixed size.*submit another study"):
        extension(submitted(db, compared()), 5)
    db.dispose()
