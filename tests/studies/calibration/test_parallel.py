"""Simulation in several processes: in order, the same whatever their number, one clear sentence where one ends."""

from __future__ import annotations

import os
import signal

import pytest

from studies.calibration.parallel import THREADS, ProcessEndedError, in_processes


def square(number: int) -> tuple[int, str | None]:
    return number * number, os.environ.get(THREADS[0])


def killed(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_keep_their_order_and_processes_have_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS[0], "7")
    calls = [(number,) for number in range(11)]
    found = list(in_processes(square, calls, 2))
    assert [value for value, _ in found] == [number * number for number in range(11)]
    assert {threads for _, threads in found} == {"1"}
    assert os.environ[THREADS[0]] == "7", "this process keeps its own setting"
    assert [value for value, _ in in_processes(square, calls)] == [value for value, _ in found]


def test_a_process_that_is_ended_from_outside_is_reported_with_a_cure() -> None:
    with pytest.raises(ProcessEndedError, match="--processes"):
        list(in_processes(killed, [(number,) for number in range(8)], 1))
