"""Processes that the suite starts take Ctrl-C, however the suite itself was started."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__)


def test_a_process_of_the_suite_can_be_interrupted() -> None:
    ask = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout == "True\n"


def test_so_it_is_in_the_background_of_a_script_too() -> None:
    of_this_file = f"{HERE}::{test_a_process_of_the_suite_can_be_interrupted.__name__}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", of_this_file],
        cwd=HERE.parents[1],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
