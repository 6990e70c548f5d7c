"""`LocateSampler` on Optuna's storages: the plan is followed, each run once, and the study stops at its end."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from optuna_loops import SMALL, TINY, TOP, at_top, objective, sampler, suggested
from own_plans import own_study, peaked, work_off

from golden_study import LocateSampler, NothingWantedError, judge
from golden_study.optuna_trials import key_of
from studies.errors import SpecError
from studies.external.watching import NoNoiseError

WHOLE, RESULTS = work_off(own_study(design=SMALL), TOP)
TINY_WHOLE, TINY_RESULTS = work_off(own_study(design=TINY), TOP, looks=1)


@pytest.fixture(params=["memory", "sqlite", "journal"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Each of Optuna's storages."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if request.param == "memory":
        return InMemoryStorage()
    if request.param == "sqlite":
        return RDBStorage(f"sqlite:///{tmp_path / 'optuna.db'}")
    return JournalStorage(JournalFileBackend(str(tmp_path / "optuna.log")))


def begun(storage: Any = None, **changes: Any) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(storage=storage, direction="maximize", sampler=sampler(**changes))


def complete(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE,))


def test_the_plan_is_followed_to_its_end_on_any_storage(storage: Any) -> None:
    study = begun(storage, design=TINY, looks=1)
    study.optimize(objective, n_trials=10_000)
    trials = study.trials
    assert [key_of(trial.user_attrs) for trial in trials] == sorted(TINY_RESULTS)
    assert {key_of(t.user_attrs): t.value for t in trials} == {key: each.value for key, each in TINY_RESULTS.items()}
    verdict = judge(study)
    assert TINY_WHOLE.verdict is not None and verdict.sentence == TINY_WHOLE.verdict.sentence
    study.optimize(objective, n_trials=5)  # nothing is wanted: one trial, which is pruned
    assert [trial.state for trial in study.trials[len(trials) :]] == [TrialState.PRUNED]
    assert judge(study).to_dict() == verdict.to_dict()


def test_threads_share_the_plan(storage: Any) -> None:
    study = begun(storage, design=TINY, looks=1)
    study.optimize(objective, n_jobs=4, n_trials=10_000)
    keys = [key_of(trial.user_attrs) for trial in complete(study)]
    assert sorted(key for key in keys if key) == sorted(TINY_RESULTS)
    assert TINY_WHOLE.verdict is not None and judge(study).sentence == TINY_WHOLE.verdict.sentence


def test_seeds_and_place_are_attributes_that_the_objective_reads() -> None:
    seen: list[dict[str, Any]] = []

    def noting(trial: optuna.Trial) -> float:
        seen.append(trial.user_attrs)
        return objective(trial)

    study = begun()
    study.optimize(noting, n_trials=2)
    assert all(each["seed"] == each["init_seed"] % 2**32 for each in seen)
    names = {"trial", "run", "phase", "arm", "block", "split", "fold", "order_seed", "init_seed"}
    assert all(names <= each.keys() for each in seen) and seen[0] != seen[1]
    assert {name: study.trials[0].user_attrs[name] for name in names} == {name: seen[0][name] for name in names}


def test_failures_are_tried_again_and_then_given_up() -> None:
    failing = 3

    def flawed(trial: optuna.Trial) -> float:
        if trial.user_attrs["trial"] == failing:
            suggested(trial)
            raise RuntimeError("out of memory")
        return objective(trial)

    study = begun()
    study.optimize(flawed, catch=(RuntimeError,), n_trials=10_000)
    failed = [trial for trial in study.trials if trial.state is TrialState.FAIL]
    assert [trial.user_attrs["trial"] for trial in failed] == [failing] * 3
    assert judge(study).details.sweeps[0].runs == len(complete(study)) > 28


def test_a_failure_that_passes_leaves_no_trace() -> None:
    tries: list[int] = []

    def flaky(trial: optuna.Trial) -> float:
        tries.append(trial.user_attrs["trial"])
        if tries.count(tries[-1]) == 1 and tries[-1] % 9 == 0:
            raise RuntimeError("once")
        return objective(trial)

    study = begun()
    study.optimize(flaky, catch=(RuntimeError,), n_trials=10_000)
    assert WHOLE.verdict is not None and judge(study).sentence == WHOLE.verdict.sentence


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), float("-inf"), "attribute"])
def test_what_broke_is_a_result(broken: Any) -> None:
    def breaking(trial: optuna.Trial) -> float:
        if trial.user_attrs["trial"] != 2:
            return objective(trial)
        suggested(trial)
        if broken == "attribute":
            trial.set_user_attr("diverged", True)
            raise RuntimeError("loss is nan")
        return float(broken)

    study = begun()
    study.optimize(breaking, n_trials=6, catch=(RuntimeError,))
    rows = {row["trial"]: row for row in judge(study).rows}
    assert (rows[2]["diverged"], rows[2]["val_acc"], rows[3]["diverged"]) == (True, None, False)
    assert [key_of(trial.user_attrs) for trial in study.trials] == [(n, 0) for n in range(6)]


def test_who_breaks_off_by_hand_has_failed_at_nothing() -> None:
    def interrupted(trial: optuna.Trial) -> float:
        suggested(trial)
        raise KeyboardInterrupt

    study = begun()
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            study.optimize(interrupted, n_trials=1)
    study.optimize(objective, n_trials=10_000)
    assert WHOLE.verdict is not None and judge(study).sentence == WHOLE.verdict.sentence


def test_an_objective_that_always_fails_ends_the_study() -> None:
    def hopeless(trial: optuna.Trial) -> float:
        suggested(trial)
        raise ValueError("no")

    study = begun()
    study.optimize(hopeless, catch=(ValueError,), n_trials=10_000)
    assert len(study.trials) <= 3 * 28
    assert judge(study).progress == "Failed."


@pytest.mark.parametrize(
    ("suggest", "text"),
    [
        (lambda t: t.suggest_float("learning_rate", 1e-4, 1.0), "parameters are lr and beta1"),
        (lambda t: t.suggest_float("lr", 1e-4, 0.5), "from 0.0001 to 0.5, and the claim's space is 0.0001 to 1"),
        (lambda t: t.suggest_float("beta1", 0.0, 0.99, step=0.01), "without a step"),
        (lambda t: t.suggest_int("beta1", 0, 1), "suggest it with trial.suggest_float"),
        (
            lambda t: t.suggest_categorical("optimizer", ["adam"]) and t.suggest_float("lr", 1e-4, 1.0),
            "did not suggest",
        ),
        (lambda t: t.suggest_float("lr", 1e-4, 1.0), "did not suggest lr and beta1"),
    ],
)
def test_an_objective_that_suggests_otherwise_is_refused_in_one_sentence(suggest: Any, text: str) -> None:
    study = begun()
    with pytest.raises(SpecError, match=text):
        study.optimize(lambda trial: suggest(trial) and 0.5, n_trials=3)
    assert len(study.trials) == 1


def test_a_value_that_is_none_of_the_measure_is_refused() -> None:
    study = begun()
    with pytest.raises(SpecError, match="divide percentages by 100"):
        study.optimize(lambda trial: objective(trial) * 100, n_trials=3)
    assert judge(study).rows == ()


def test_a_study_of_another_kind_is_refused_before_anything_is_trained() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    several = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler())
    with pytest.raises(SpecError, match="has 2 objectives"):
        several.optimize(objective, n_trials=1)
    turned = optuna.create_study(direction="minimize", sampler=sampler())
    with pytest.raises(SpecError, match="usually maximized"):
        turned.optimize(objective, n_trials=1)
    stated = optuna.create_study(direction="minimize", sampler=sampler(measure="val_acc:maximize:share:1000"))
    with pytest.raises(SpecError, match="val_acc is maximized, and the study minimizes"):
        stated.optimize(objective, n_trials=1)
    assert all(trial.state is TrialState.FAIL for trial in (*several.trials, *turned.trials, *stated.trials))


def test_another_claim_on_the_same_study_is_refused() -> None:
    study = begun()
    study.optimize(objective, n_trials=2)
    study.sampler = sampler(claim="lr=0.02,beta1=0.874")
    with pytest.raises(SpecError, match="begun with another claim"):
        study.optimize(objective, n_trials=1)
    study.sampler = sampler()
    study.optimize(objective, n_trials=10_000)
    assert WHOLE.verdict is not None and judge(study).sentence == WHOLE.verdict.sentence


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({}, "claim: is missing"),
        ({"claim": "lr=0.1,beta1=0.9"}, "space: is missing"),
        ({"claim": "lr=0.1", "space": "lr=0.01..1,beta1=0.1..0.9"}, "is not two parameters"),
        ({"study": {"name": "x"}, "claim": "lr=0.1,beta1=0.9"}, "leave out claim"),
        ({"study": {"name": "x", "losses": ["golden"]}}, "external"),
        ({"claim": "lr=0.1,beta1=0.9", "space": "lr=0.01..1,beta1=0.1..0.95", "desing": {}}, "desing"),
    ],
)
def test_a_claim_that_cannot_be_is_refused_at_once(asked: dict[str, Any], text: str) -> None:
    with pytest.raises(SpecError, match=text):
        LocateSampler(**asked)


def test_a_document_takes_the_place_of_words(tmp_path: Path) -> None:
    spec = own_study(design=SMALL)
    (tmp_path / "study.json").write_text(spec.model_dump_json())
    for document in (spec, spec.model_dump(mode="json"), tmp_path / "study.json"):
        study = optuna.create_study(direction="maximize", sampler=LocateSampler(study=document))
        study.optimize(objective, n_trials=1)
        assert study.trials[0].value == RESULTS[0, 0].value


def test_a_widened_box_goes_beyond_the_suggested_ranges(storage: Any) -> None:
    top, design = peaked(0.98, 0.9), {**TINY, "widen": True}
    study = begun(storage, design=design, looks=1)
    study.optimize(lambda trial: at_top(trial, top), n_trials=10_000)
    found, results = work_off(own_study(design=design), top, looks=1)
    assert found.space is not None and max(trial.params["lr"] for trial in complete(study)) > 1.0
    assert {row["trial"]: row["val_acc"] for row in judge(study).rows} == {k[0]: r.value for k, r in results.items()}


def test_a_trial_that_optuna_begins_again_holds_its_run() -> None:
    study = begun()
    study.optimize(objective, n_trials=1)
    running = study.ask()
    running_seeds = running.user_attrs["init_seed"]
    suggested(running)
    frozen = study.trials[1]
    study.tell(running, state=TrialState.FAIL)
    study.enqueue_trial(frozen.params, user_attrs=frozen.user_attrs)  # as RetryHeartbeatStaleTrialCallback does
    study.optimize(objective, n_trials=2)
    assert [key_of(trial.user_attrs) for trial in study.trials] == [(0, 0), (1, 0), (1, 0), (2, 0)]
    assert study.trials[2].user_attrs["init_seed"] == running_seeds


def test_points_of_ones_own_are_no_part_of_the_plan() -> None:
    study = begun()
    study.enqueue_trial({"lr": 0.5, "beta1": 0.5})
    study.optimize(lambda trial: sum(suggested(trial)) / 10, n_trials=1)
    study.optimize(objective, n_trials=3)
    assert [row["trial"] for row in judge(study).rows] == [0, 1, 2]
    study.enqueue_trial({"lr": 0.5})
    with pytest.raises(SpecError, match="states no beta1"):
        study.optimize(objective, n_trials=1)


def test_asked_and_told_one_by_one() -> None:
    study = begun()
    first = [study.ask() for _ in range(28)]
    with pytest.raises(NothingWantedError, match="tell their results first"):
        study.ask()
    for trial in first:
        study.tell(trial, objective(trial))
    assert study.ask().user_attrs["phase"] == "zoom"


def test_a_dead_trial_is_taken_over_and_its_late_result_is_spare(storage: Any) -> None:
    study = begun(storage, design=TINY, looks=1, patience=-1.0)  # whoever has begun and not ended is dead
    late = study.ask()
    early = objective(late)
    study.optimize(objective, n_trials=10_000)
    study.tell(late, early)
    assert study.trials[0].user_attrs["golden_spare"] is True
    assert TINY_WHOLE.verdict is not None and judge(study).sentence == TINY_WHOLE.verdict.sentence


def test_samplers_are_copied_and_pickled() -> None:
    for made in (copy.deepcopy(sampler()), pickle.loads(pickle.dumps(sampler()))):  # noqa: S301
        study = optuna.create_study(direction="maximize", sampler=made)
        study.optimize(objective, n_trials=2)
        assert len(complete(study)) == 2


def test_an_objective_that_ignores_its_seed_or_its_point_is_told_so() -> None:
    def seedless(trial: optuna.Trial) -> float:
        lr, beta1 = suggested(trial)
        return 0.9 - 0.01 * abs(lr - 0.016) - 0.1 * abs(beta1 - 0.874)

    study = begun()
    with pytest.raises(NoNoiseError, match=r"ignore the seed, .*; take the seeds from trial.user_attrs, or"):
        study.optimize(seedless, n_trials=200)
    assert 3 <= len(complete(study)) <= 28
    study = begun()
    with pytest.raises(NoNoiseError, match=r"^every training returned 0.5: the program seems to ignore lr and beta1"):
        study.optimize(lambda trial: 0.5 * (suggested(trial)[0] > 0), n_trials=200)
    assert len(complete(study)) == 28, "the map, and nothing after it"
    study.sampler = sampler(accept_no_noise=True)
    study.optimize(lambda trial: 0.5 * (suggested(trial)[0] > 0), n_trials=2)
    assert len(complete(study)) == 30
