"""The worker's log lines: one that cannot be written costs nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")  # whatever is written there fails as on a full disk
CODE = """
import sys, structlog
from worker.logs import configure_logs
configure_logs({form!r})
for number in range(3000):
    structlog.get_logger("worker").warning("results wait for the database", trials=number, text="x" * 20)
try:
    raise RuntimeError("deliberate")
except RuntimeError:
    structlog.get_logger("worker").exception("a study could not be moved")
print("lived on")
"""


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_full_disk_costs_lines_and_nothing_else(form: str) -> None:
    with FULL.open("w") as log:
        done = subprocess.run([sys.executable, "-c", CODE.format(form=form)], stdout=subprocess.PIPE, stderr=log)
    assert done.stdout == b"lived on\n"


def test_a_reader_that_went_away_costs_nothing_either() -> None:
    with subprocess.Popen([sys.executable, "-c", CODE.format(form="json")], stdout=-1, stderr=-1) as process:
        assert process.stderr is not None and process.stdout is not None
        process.stderr.close()
        assert process.stdout.read() == b"lived on\n"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_storm_of_lines_is_counted_and_hides_no_other_line(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", CODE.format(form=form)], capture_output=True, check=True, text=True)
    lines = done.stderr.splitlines()
    assert len(lines) < 100
    written = [line for line in lines if "results wait for the database" in line]
    assert "trials" in written[0]
    left_out = re.search(r"([\d,]+) more of this kind were left out", written[-1])
    assert left_out is not None
    assert int(left_out[1].replace(",", "")) + len(written) - 1 == 3000
    assert "RuntimeError: deliberate" in done.stderr


def test_the_libraries_lines_take_the_same_road() -> None:
    code = CODE.format(form="json").replace(
        'print("lived on")',
        """
import logging
for number in range(500):
    logging.getLogger("asyncio").error("Task %d was destroyed", number)
structlog.get_logger("worker").info("stopped")
""",
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert len(events) < 100
    assert "Task 0 was destroyed" in events
    assert "stopped" in events


HOSTILE = """
import structlog
from worker.logs import configure_logs
configure_logs("console")
hostile = "a\\x1b]0;t\\x07\\x9b\\u202e\\r\\n"
try:
    raise ValueError(hostile)
except ValueError as error:
    structlog.get_logger("worker").error(hostile, study=hostile, exc_info=error)
"""


def test_nothing_that_a_log_line_quotes_is_obeyed_by_a_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", HOSTILE], stderr=subprocess.PIPE, check=True)
    said = done.stderr.decode()
    assert r"\x1b]0;t" in said and "Traceback" in said and not set("\x1b\x07\x9b\u202e\r") & set(said)
