"""Points that a sampler still owes are asked for by the claim, once."""

from __future__ import annotations

from compared_study import COMPARED, compared
from storage_farm import claim_some, drain, make_spec, results_of

from studies.language.phases import Phase
from studies.plan.procedure import expected_runs, first_plans
from studies.records import Arm, Replicate, TrialPlan
from studies.storage import finishing, queue, results, studies
from studies.storage.engine import Database


def submit_search(database: Database) -> None:
    spec = make_spec("search", design={"kind": "search", "sampler": "tpe", "trials": 12})
    replicate = (Replicate(0, 0, 1, 2),)
    claims = [TrialPlan(Phase.SEARCH, Arm.CLAIM, 0, replicate, eta=0.016, alpha=0.87)]
    open_points = [TrialPlan(Phase.SEARCH, Arm.POINT, i // 4, replicate) for i in range(1, 13)]
    plans = {sweep: claims + open_points for sweep, _, _ in studies.sweep_names(spec)}
    studies.create(database, spec, plans, runs_expected=26)


def test_claim_asks_for_missing_points_and_keeps_them(database: Database) -> None:
    submit_search(database)
    batch = claim_some(database)
    assert len(batch.trials) == 8
    points = {(t.loss, t.number): (t.eta, t.alpha) for t in batch.trials}
    assert points[("sse", 0)] == points[("golden", 0)] == (0.016, 0.87)
    assert len(set(points.values())) == 7
    assert all(batch.spec.search_space.contains(*point) for point in points.values())
    queue.release(database, batch.trials)
    again = claim_some(database)
    assert {(t.loss, t.number): (t.eta, t.alpha) for t in again.trials} == points
    assert all(finishing.finish(database, results_of(again.trials)))
    assert drain(database) == 18
    assert len(results.runs(database, "search", "sse@paper")) == 13


def test_a_sampler_waits_for_what_its_sweep_still_trains_while_other_sweeps_have_work(database: Database) -> None:
    """With two workers it would else be asked without the results of the batch that the other one trains."""
    spec = compared(COMPARED.replace("tuning = 4", 'tuning = 16\nsampler = "tpe"'))
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    first, *others = (claim_some(database, 8) for _ in spec.contexts)
    assert [batch.context for batch in (first, *others)] == [context.name for context in spec.contexts]
    assert all(finishing.finish(database, results_of(others[0].trials)))
    following = claim_some(database, 8)
    assert (following.context, following.trials[0].number) == (others[0].context, 8), "not the first sweep's"
    nothing_else = claim_some(database, 8)
    assert (nothing_else.context, nothing_else.trials[0].number) == (first.context, 8), "nobody idles"
