"""The watchdog: slow trainings notice, hung ones are given up, seized ones end too."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from worker.watchdog import GRACE, HUNG, Watchdog

HANG = """
import sys, time
from worker.watchdog import Watchdog
with Watchdog().watch(0.2, lambda: print("gave up", flush=True)):
    {body}
"""
SEIZE = "import ctypes; ctypes.PyDLL(None).sleep(60)  # holds the interpreter's lock: no thread runs"


def run(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HANG.format(body=body)], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_training_within_its_time_is_left_alone() -> None:
    watchdog = Watchdog()
    with watchdog.watch(30.0, lambda: pytest.fail("given up")):
        assert not watchdog.overdue


def test_a_slow_training_finds_itself_overdue_also_after_it_was_stopped() -> None:
    watchdog = Watchdog()
    with watchdog.watch(0.05, lambda: pytest.fail("given up")):
        time.sleep(0.1)
        assert watchdog.overdue
    assert watchdog.overdue
    with watchdog.watch(30.0, lambda: pytest.fail("given up")):
        assert not watchdog.overdue
    time.sleep(GRACE / 4)


def test_a_hung_training_is_given_up_and_its_process_ended() -> None:
    done = run("time.sleep(60)")
    assert done.returncode == HUNG
    assert done.stdout.endswith("gave up\n")
    assert '"<string>", line 5' in done.stderr, "the traceback tells where it hung"


def test_a_seized_interpreter_is_ended_all_the_same() -> None:
    done = run(SEIZE)
    assert done.returncode == 1
    assert "gave up" not in done.stdout
    assert "Timeout" in done.stderr
