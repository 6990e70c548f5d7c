"""From measured speeds to the time that a study takes."""

from __future__ import annotations

from typing import Any

import pytest

from studies.cost import ASSUMED_RATE, paper_images_per_run, preview, seconds_for
from studies.language.context import Context
from studies.language.spec import parse
from studies.speed import STOPPED, Speed, Workload, from_text, kind_of, to_text, workload

SPEED = Speed(train_image=1e-5, step=1e-4, test_image=5e-6, epoch=1e-3)


def context(**fields: Any) -> Context:
    return Context.model_validate({"dataset": "digits", "epochs": 2, "batch_size": 128, **fields})


def test_a_run_does_what_its_context_says() -> None:
    assert workload(context(), n_train=300, n_test=50) == Workload(2 * 256, 2 * 2, 2 * 50, 2)
    assert workload(context(drop_last=False), n_train=300, n_test=50) == Workload(2 * 300, 2 * 3, 2 * 50, 2)
    assert workload(context(), n_train=100, n_test=50) == Workload(2 * 100, 2 * 1, 2 * 50, 2)


def test_images_held_back_are_not_trained_on() -> None:
    held = context(schedule={"name": "mi_decay", "held": 0.25}, drop_last=False)
    assert workload(held, n_train=300, n_test=50) == Workload(2 * 225, 2 * 2, 2 * 50, 2)


def test_a_run_costs_the_sum_of_its_parts() -> None:
    assert SPEED.seconds(Workload(100, 10, 20, 1)) == pytest.approx(1e-3 + 1e-3 + 1e-4 + 1e-3)
    assert SPEED.times(2).seconds(Workload(100, 10, 20, 1)) == pytest.approx(2 * 3.1e-3)


def test_speeds_come_back_from_storage() -> None:
    assert from_text(to_text({"fig3 1x8x8": SPEED})) == {"fig3 1x8x8": SPEED}
    assert from_text(None) == {}


def test_workers_add_up_and_those_who_do_not_know_a_kind_do_not_count() -> None:
    spec = parse({"name": "s", "losses": ["golden"], "contexts": [{"name": "a", "dataset": "digits", "epochs": 2}]})
    kind = kind_of(spec.contexts[0])
    one = preview(spec, 1.0, [{kind: SPEED}])
    work = workload(spec.contexts[0], n_train=1797 * 0.9, n_test=179.7)
    assert one.seconds == pytest.approx(one.runs * SPEED.seconds(work))
    assert one.images_per_second == pytest.approx(one.paper_images / one.seconds)
    two = preview(spec, 1.0, [{kind: SPEED}, {kind: SPEED}, {"mlp 1x8x8": SPEED}, {}])
    assert two.seconds == pytest.approx(one.seconds / 2)
    assert preview(spec, 1.0, [{"mlp 1x8x8": SPEED}]).seconds == pytest.approx(one.paper_images)


def test_each_context_takes_the_time_of_its_own_kind() -> None:
    fields = {"dataset": "digits", "epochs": 2}
    contexts = [{**fields, "name": "paper"}, {**fields, "name": "plain", "network": "mlp", "epochs": 3}]
    spec = parse({"name": "s", "losses": ["golden"], "contexts": contexts})
    paper, plain = (kind_of(context) for context in spec.contexts)
    speeds = {paper: SPEED, plain: SPEED.times(0.1)}
    work = [workload(context, n_train=1797 * 0.9, n_test=179.7) for context in spec.contexts]
    each = [SPEED.seconds(work[0]), SPEED.times(0.1).seconds(work[1])]
    assert seconds_for(spec, {"paper": 10}, None, [speeds]) == (pytest.approx(10 * each[0]), True)
    assert seconds_for(spec, {"plain": 10}, None, [speeds]) == (pytest.approx(10 * each[1]), True)
    both, _ = seconds_for(spec, {"paper": 10, "plain": 4}, None, [speeds])
    assert both == pytest.approx(10 * each[0] + 4 * each[1])
    assert preview(spec, None, [speeds]).seconds == pytest.approx(preview(spec, None).runs / 2 * sum(each))


def test_a_kind_that_no_worker_knows_is_told_as_assumed() -> None:
    contexts = [{"name": "paper", "dataset": "digits"}, {"name": "plain", "dataset": "digits", "network": "mlp"}]
    spec = parse({"name": "s", "losses": ["golden"], "contexts": contexts})
    speeds = [{kind_of(spec.contexts[0]): SPEED}]
    images = 10 * paper_images_per_run(spec, spec.contexts[1])
    assert seconds_for(spec, {"paper": 10}, None, speeds)[1]
    assert seconds_for(spec, {"plain": 10}, None, speeds) == (pytest.approx(images / ASSUMED_RATE), False)
    assert seconds_for(spec, {"plain": 10}, 500.0, speeds) == (pytest.approx(images / 500), True)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "fig3 1x8x8"),
        ({"network": "mlp"}, "mlp 1x8x8"),
        ({"network": {"name": "mlp", "width": 64}}, "mlp 1x8x8"),
        ({"network": {"name": "mlp", "width": 256}}, "mlp-256 1x8x8"),
        ({"backward_rule": {"name": "substitute", "derivative": "gelu"}}, "fig3 1x8x8 substitute-gelu"),
        ({"update_rule": {"name": "dlr", "side": "post"}}, "fig3 1x8x8 dlr"),
        (
            {"network": "chain", "backward_rule": {"name": "substitute", "layer": "second"}},
            "chain 1x8x8 substitute",
        ),
        ({"network": "mlp2"}, "mlp2-250 1x8x8"),
        ({"network": {"name": "mlp2", "dropout": 0.1}}, "mlp2-250 1x8x8"),
        ({"network": {"name": "chain", "trained": "all"}}, "chain-all 1x8x8"),
        ({"network": {"name": "simplenet", "variant": "5m"}, "dataset": "mnist"}, "simplenet-5m 1x28x28"),
        ({"update_rule": "nesterov"}, "fig3 1x8x8"),
        ({"update_rule": "adam"}, "fig3 1x8x8 adam"),
        ({"update_rule": {"name": "adam", "beta1": 0.5}}, "fig3 1x8x8 adam"),
        ({"precision": "bf16", "schedule": "cosine"}, "fig3 1x8x8 bf16 cosine"),
        ({"backward_rule": {"name": "substitute", "derivative": "tanh"}}, "fig3 1x8x8 substitute-tanh"),
        ({"update_rule": "sgd", "schedule": "step"}, "fig3 1x8x8 sgd step"),
        ({"schedule": "mi_decay"}, "fig3 1x8x8 mi_decay"),
        ({"schedule": {"name": "mi_decay", "layers": "each"}}, "fig3 1x8x8 mi_decay-each"),
        ({"backward_rule": "feedback_alignment", "update_rule": "lars"}, "fig3 1x8x8 lars feedback_alignment"),
        ({"schedule": {"name": "table", "shares": [1.0] * 30}}, "fig3 1x8x8 table"),
        ({"schedule": {"name": "table", "last": [1.0] * 30}}, "fig3 1x8x8 by-layer table"),
    ],
)  # fmt: skip
def test_a_kind_names_what_is_unusual(fields: dict[str, Any], kind: str) -> None:
    assert kind_of(context(**fields)) == kind


def test_on_line_training_is_a_kind_of_its_own() -> None:
    logistic = {"dataset": "mnist", "network": "logistic"}
    assert kind_of(context(**logistic, batch_size=1)) == "logistic 1x28x28 online"
    assert kind_of(context(**logistic)) == "logistic 1x28x28"
    assert kind_of(context(dataset="mnist", network="mlp", batch_size=1)) == "mlp 1x28x28"


def test_looks_within_an_epoch_are_counted() -> None:
    looking = workload(context(evaluate_every=150), n_train=300, n_test=50)
    assert looking == Workload(2 * 256, 2 * 2, pytest.approx(2 * 50 * (1 + STOPPED)), 2)
    ended = workload(context(network="logistic", batch_size=1, evaluate_every=3), n_train=300, n_test=50)
    assert ended.test_images == pytest.approx(2 * 50 * (1 + 99 * STOPPED * 0.5))


def test_a_run_that_may_stop_at_its_target_counts_in_part() -> None:
    whole = workload(context(), n_train=300, n_test=50)
    stopped = workload(context(stop_at_target=True), n_train=300, n_test=50)
    for name in ("train_images", "steps", "test_images", "epochs"):
        assert getattr(stopped, name) == STOPPED * getattr(whole, name)
