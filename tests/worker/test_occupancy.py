"""The account of a worker's time, kept by clocks that the test turns by hand."""

import threading

import pytest
from turned_clocks import turn

from worker.occupancy import Occupancy


class Clocks:
    """A wall clock and a thread's processor clock that stand still until they are turned."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.processor = 100.0, 7.0
        turn(monkeypatch, "worker.occupancy", monotonic=lambda: self.wall, thread_time=lambda: self.processor)

    def turn(self, wall: float, processor: float = 0.0) -> None:
        self.wall += wall
        self.processor += processor


def test_the_share_outside_training_leaves_waits_for_work_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    account = Occupancy()
    with account.spent("training"):
        clocks.turn(0.3, 0.29)
    with account.spent("idle"):
        clocks.turn(0.6, 0.01)
    with account.spent("storing"):
        clocks.turn(0.08, 0.02)
    clocks.turn(0.02)
    summary = account.summary()
    assert summary == {
        "wall_seconds": 1.0,
        "training_seconds": 0.3,
        "idle_seconds": 0.6,
        "storing_seconds": 0.08,
        "beside_cpu_seconds": 0.02,
        "outside_training": 0.25,
    }


def test_time_is_booked_though_the_body_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    account = Occupancy()
    with pytest.raises(ValueError, match="no such fold"), account.spent("training"):
        clocks.turn(2.0)
        raise ValueError("no such fold")
    assert account.summary()["training_seconds"] == 2.0


def test_a_waiting_thread_takes_no_processor() -> None:
    """On the real clocks: what is booked beside the training is work, not waiting."""
    account = Occupancy()
    with account.spent("storing"):
        threading.Event().wait(0.3)
    summary = account.summary()
    assert summary["storing_seconds"] >= 0.3
    assert summary["beside_cpu_seconds"] < 0.1
