"""Measured costs against the duration of a training that they predict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import torch
from stacked import trainable

from worker.training import estimate, threads
from worker.training.engine import max_lanes, train
from worker.training.estimate import measure_costs, with_long_table
from worker.training.lanes import NETWORKS, Fold, Lane, Setup
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
CPU = torch.device("cpu")
TOLERANCE = 0.3  # what previews promise


@pytest.mark.parametrize("network", NETWORKS)
def test_costs_predict_a_true_duration(make_fold: MakeFold, network: str) -> None:
    """In processor time of one thread, which other programs change little; the best of six tries all the same."""
    fold = make_fold(n_train=640, n_test=100, dtype=torch.float32)
    setup = Setup(network=network, epochs=20, batch_size=64)
    ratios: list[float] = []
    for _ in range(6):
        image, step, test, epoch = measure_costs(network, (1, 8, 8), CPU, seconds=0.3, clock=time.process_time)
        predicted = 16 * 20 * (640 * image + 10 * step + 100 * test + epoch)
        start = time.process_time()
        train(trainable(network, [Lane(0.01, 0.9, "golden", 0)] * 16), setup, fold)
        ratios.append(predicted / (time.process_time() - start))
        if abs(ratios[-1] - 1.0) <= TOLERANCE:
            return
    pytest.fail(f"predicted over actual: {ratios}")


@pytest.mark.parametrize(
    ("network", "shape", "images", "batch", "epochs"),
    [
        ("mlp2", (1, 28, 28), 320, 32, 4),
        ("chain", (1, 1, 2), 1600, 1600, 60),
        ("simplenet", (1, 16, 16), 96, 16, 2),
    ],
)
def test_costs_predict_a_true_duration_of_a_module(
    make_fold: MakeFold, network: str, shape: tuple[int, int, int], images: int, batch: int, epochs: int
) -> None:
    """As above; the best of six tries."""
    fold = make_fold(n_train=images, n_test=images // 4, shape=shape, dtype=torch.float32)
    setup = Setup(network=network, epochs=epochs, batch_size=batch)
    ratios: list[float] = []
    for _ in range(6):
        image, step, test, epoch = measure_costs(network, shape, CPU, seconds=0.3, clock=time.process_time, setup=setup)
        predicted = 2 * epochs * (images * image + images // batch * step + images // 4 * test + epoch)
        start = time.process_time()
        train([Lane(0.01, 0.9, "cross_entropy", 0)] * 2, setup, fold)
        ratios.append(predicted / (time.process_time() - start))
        if abs(ratios[-1] - 1.0) <= TOLERANCE:
            return
    pytest.fail(f"predicted over actual: {ratios}")


@pytest.fixture
def _three_threads(restored_threads: None) -> None:
    torch.set_num_threads(3)


@pytest.mark.usefixtures("_three_threads")
@pytest.mark.parametrize("network", NETWORKS)
def test_calibration_uses_as_many_threads_as_training(
    make_fold: MakeFold, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []

    class Counted(ThreadPoolExecutor):
        def __init__(self, max_workers: int, **named: Any) -> None:
            used.append(max_workers)
            super().__init__(max_workers, **named)

    monkeypatch.setattr(threads, "ThreadPoolExecutor", Counted)
    measure_costs(network, (1, 8, 8), CPU, seconds=0.0)
    calibrating = max(used)
    used.clear()
    fold, setup = make_fold(dtype=torch.float32), Setup(network=network, epochs=1, batch_size=50)
    train(trainable(network, [Lane(0.01, 0.9, "golden", 0)] * max_lanes(setup, fold)), setup, fold)
    assert calibrating == max(used) == 3


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_has_costs(network: str) -> None:
    costs = measure_costs(network, (1, 8, 8), CPU, seconds=0.0)
    assert min(costs) >= 0.0
    assert sum(costs) > 0.0


def test_a_wider_network_costs_more() -> None:
    narrow, wide = (
        measure_costs("mlp", (1, 8, 8), CPU, seconds=0.0, setup=Setup(width=width), clock=time.process_time)
        for width in (4, 4096)
    )
    assert wide[0] > 4 * narrow[0], "1,024 times the products"


@pytest.mark.parametrize("layers", ["global", "each"])
def test_a_schedule_that_holds_images_back_is_timed_on_whole_batches_of_the_others(layers: str) -> None:
    settings = (("held", 0.25), ("layers", layers))
    costs = measure_costs(
        "softmax", (1, 8, 8), CPU, seconds=0.0, setup=Setup(schedule="mi_decay", schedule_settings=settings)
    )
    assert min(costs) >= 0.0
    assert sum(costs) > 0.0


def test_on_line_training_has_costs_of_its_own() -> None:
    """An image and a step are one cost; a step of a rule that moves every weight costs more."""
    online = Setup(network="logistic", batch_size=1, width=300, weight_decay=0.0)
    sgd, yamadam = (
        measure_costs("logistic", (1, 28, 28), CPU, seconds=0.0, setup=replace(online, update_rule=name))
        for name in ("sgd", "yamadam")
    )
    assert sgd[1] == yamadam[1] == 0.0
    assert yamadam[0] > 3 * sgd[0]


@pytest.mark.parametrize("rows", [("shares",), ("first", "last")])
def test_a_table_that_is_shorter_than_the_rounds_is_timed_all_the_same(rows: tuple[str, ...]) -> None:
    online = Setup(network="logistic", batch_size=1, width=20, weight_decay=0.0, update_rule="sgd", epochs=2)
    table = replace(
        online, schedule="table", schedule_settings=(*((row, (0.5,) * 8) for row in rows), ("per_epoch", 4.0))
    )
    costs = measure_costs("logistic", (1, 8, 8), CPU, seconds=0.0, setup=table)
    assert min(costs) >= 0.0 and sum(costs) > 0.0
    assert with_long_table(replace(online, schedule="cosine")).schedule_settings == ()


def test_on_line_dlr_is_timed_without_momentum(monkeypatch: pytest.MonkeyPatch) -> None:
    """With it the idle weights move, as those of heavy ball do."""
    timed: dict[str, set[float]] = {}

    class Seen(Stack):
        def __init__(self, lanes: Sequence[Lane], setup: Setup, fold: Fold) -> None:
            timed.setdefault(setup.update_rule, set()).update(lane.alpha for lane in lanes)
            super().__init__(lanes, setup, fold)

    monkeypatch.setattr(estimate, "Stack", Seen)
    online = Setup(network="logistic", batch_size=1, width=20, weight_decay=0.0)
    for name in ("dlr", "heavy_ball"):
        measure_costs("logistic", (1, 8, 8), CPU, seconds=0.0, setup=replace(online, update_rule=name))
    measure_costs("fig3", (1, 8, 8), CPU, seconds=0.0, setup=Setup(update_rule="dlr"))
    assert timed == {"dlr": {0.0, 0.5}, "heavy_ball": {0.5}}
