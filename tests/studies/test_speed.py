"""From measured speeds to the time that a study takes."""

from __future__ import annotations

from typing import Any

import pytest

from studies.context import Context
from studies.cost import preview
from studies.spec import parse
from studies.speed import Speed, Workload, from_text, kind_of, to_text, workload

SPEED = Speed(train_image=1e-5, step=1e-4, test_image=5e-6, epoch=1e-3)


def context(**fields: Any) -> Context:
    return Context.model_validate({"dataset": "digits", "epochs": 2, "batch_size": 128, **fields})


def test_a_run_does_what_its_context_says() -> None:
    assert workload(context(), n_train=300, n_test=50) == Workload(2 * 256, 2 * 2, 2 * 50, 2)
    assert workload(context(drop_last=False), n_train=300, n_test=50) == Workload(2 * 300, 2 * 3, 2 * 50, 2)
    assert workload(context(), n_train=100, n_test=50) == Workload(2 * 100, 2 * 1, 2 * 50, 2)


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
