"""The watchdog: slow trainings notice, hung ones are given up, seized ones end too."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from waiting import CEILING, join_all, wait_until

from worker.watchdog import HUNG, Watchdog

HANG = """
import sys, time
from worker.watchdog import Watchdog
with Watchdog().watch(0.2, lambda: print("gave up", flush=True)):
    {body}
"""
SEIZE = "import ctypes; ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock: no thread runs"


def run(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HANG.format(body=body)], capture_output=True, text=True, timeout=CEILING, check=False
    )


def test_a_training_within_its_time_is_left_alone() -> None:
    watchdog = Watchdog()
    with watchdog.watch(3600.0, lambda: pytest.fail("given up")):
        assert not watchdog.overdue


def test_a_slow_training_finds_itself_overdue_also_after_it_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    for patience in ("GRACE", "SEIZED"):
        monkeypatch.setattr(
            f"worker.watchdog.{patience}", 3600.0
        )  # however this machine dozes, no training is given up
    before = set(threading.enumerate())
    watchdog = Watchdog()
    with watchdog.watch(0.05, lambda: pytest.fail("given up")):
        wait_until(lambda: watchdog.overdue, what="the end of its time")
    assert watchdog.overdue
    with watchdog.watch(3600.0, lambda: pytest.fail("given up")):
        assert not watchdog.overdue
    join_all(*set(threading.enumerate()) - before)


def test_a_hung_training_is_given_up_and_its_process_ended() -> None:
    done = run("time.sleep(600)")
    assert done.returncode == HUNG
    assert done.stdout.endswith("gave up\n")
    assert '"<string>", line 5' in done.stderr, "the traceback says where it hung"


def test_a_seized_interpreter_is_ended_all_the_same() -> None:
    done = run(SEIZE)
    assert done.returncode == 1
    assert "gave up" not in done.stdout
    assert "Timeout" in done.stderr
