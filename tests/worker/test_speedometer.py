"""Speeds that a worker reports: calibrated, corrected by what it trained, and read by previews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from in_process import make_runner, submit

from studies.cost import preview
from studies.language.context import Context
from studies.speed import Workload, kind_of
from studies.storage import workers
from studies.storage.engine import Database
from worker.speedometer import Speedometer
from worker.training.lanes import Setup

WORK = Workload(train_images=1000.0, steps=10.0, test_images=100.0, epochs=1.0)
DIGITS = Context.model_validate({"dataset": "digits", "network": "softmax"})


def test_a_kind_that_was_never_calibrated_takes_its_speed_from_what_was_trained() -> None:
    meter = Speedometer(torch.device("cpu"))
    meter.trained(DIGITS, WORK, runs=4, seconds=8.0)
    assert meter.speeds()[kind_of(DIGITS)].seconds(WORK) == pytest.approx(2.0)
    meter.trained(DIGITS, WORK, runs=4, seconds=16.0)
    assert meter.speeds()[kind_of(DIGITS)].seconds(WORK) == pytest.approx(3.0)


def test_every_kind_is_calibrated_once() -> None:
    meter = Speedometer(torch.device("cpu"))
    small = ("fig3 1x8x8", "mlp 1x8x8", "softmax 1x8x8")
    meter._kinds = {kind: context for kind, context in meter._kinds.items() if kind in small}
    meter.trained(DIGITS, WORK, runs=4, seconds=8.0)
    calls = 0
    while meter.calibrate():
        calls += 1
    assert calls == 2, "what was trained is known"
    assert set(meter.speeds()) == set(small)
    assert meter.speeds()["mlp 1x8x8"].seconds(WORK) > 0.0


def test_what_studies_ask_for_is_measured_too(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Setup] = []

    def costs(*_: Any, setup: Setup, **__: Any) -> tuple[float, float, float, float]:
        measured.append(setup)
        return (1.0, 1.0, 1.0, 1.0)

    monkeypatch.setattr("worker.speedometer.measure_costs", costs)
    meter = Speedometer(torch.device("cpu"))
    adam = {"dataset": "digits", "network": {"name": "mlp", "width": 128}, "update_rule": "adam", "schedule": "cosine"}
    meter.asked([Context.model_validate(adam), DIGITS])
    meter.asked([Context.model_validate({**adam, "network": {"name": "mlp", "width": 4096}})])
    while meter.calibrate():
        pass
    assert "mlp-128 1x8x8 adam cosine" in meter.speeds()
    assert not [kind for kind in meter.speeds() if "4096" in kind]
    last = measured[-1]
    assert (last.update_rule, last.schedule, last.width) == ("adam", "cosine", 128)


def test_a_worker_tells_the_previews_of_its_speed(database: Database, tmp_path: Path) -> None:
    spec = submit(database)
    runner = make_runner(database, tmp_path)
    runner.run(idle_exit=0.05)
    runner.status.beat({})
    (row,) = workers.list_workers(database)
    speed = row.speeds["fig3 1x8x8"]
    cost = preview(spec, row.images_per_second, [row.speeds])
    assert cost.rate_measured
    assert cost.seconds == pytest.approx(cost.runs * speed.seconds(Workload(200.0, 4.0, 100.0, 1.0)))


def test_a_busy_worker_is_seen_and_hears_of_a_drain(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studies.storage.engine import open_database

    monkeypatch.setattr("worker.status.BUSY_BEAT", 0.0)
    db = open_database(sqlite_url)
    submit(db)
    runner = make_runner(db, tmp_path, stack_limit=2)
    workers.request_drain(db, "tester")
    held = runner.claims.claim()
    assert held is not None
    assert runner.status.drain
    runner.claims.hand_back(held.batch.trials, held.keeper)
    held.keeper.close()
    db.dispose()
