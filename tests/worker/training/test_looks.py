"""When a run is looked at within an epoch."""

from __future__ import annotations

import pytest

from worker.training.lanes import Setup
from worker.training.looks import needed, parts, share


def test_without_looks_within_an_epoch_it_is_one_part() -> None:
    assert parts(Setup(batch_size=10), 95) == [range(9)]
    assert parts(Setup(batch_size=10, drop_last=False), 95) == [range(10)]


def test_the_published_protocol_looks_a_hundred_times_an_epoch() -> None:
    setup = Setup(batch_size=1, evaluate_every=600)
    found = parts(setup, 60_000)
    assert len(found) == 100
    assert {len(part) for part in found} == {600}
    assert [share(setup, 60_000, part.stop) for part in found[:2]] == [0.01, 0.02]
    assert share(setup, 60_000, 60_000) == 1.0


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("every", [7, 10, 25, 93, 95, 1000])
def test_looks_come_after_the_step_that_completes_their_images(every: int, drop_last: bool) -> None:
    setup = Setup(batch_size=10, evaluate_every=every, drop_last=drop_last)
    found, steps = parts(setup, 95), 9 if drop_last else 10
    ends = [part.stop for part in found]
    assert [step for part in found for step in part] == list(range(steps)), "every step is in one part"
    seen = [any((step - 1) * 10 < every * n <= step * 10 for n in range(1, 95)) for step in range(1, steps)]
    assert ends == [step for step, due in enumerate(seen, start=1) if due and (step * 10 >= every)] + [steps]
    assert share(setup, 95, steps) == 1.0


@pytest.mark.parametrize("n_test", [1, 7, 30, 100, 10_000])
@pytest.mark.parametrize("target", [0.001, 0.1, 0.7, 0.9, 0.96, 0.9601, 0.999])
def test_the_images_needed_are_the_fewest_that_have_the_target(target: float, n_test: int) -> None:
    found = needed(Setup(target_accuracy=target), n_test)
    assert found / n_test >= target > (found - 1) / n_test
