"""Numbers, sizes and spans of time as text: one table of cases for the service and for the pages' script."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service import pages
from service.formats import duration, number, objective_value, size
from service.pages.templating import _environment
from studies.figures import numbers

SPANS = [
    (0.0, "0.0 s"),
    (0.004, "under 0.1 s"),
    (0.05, "0.1 s"),
    (0.25, "0.3 s"),
    (0.4, "0.4 s"),
    (0.96, "1.0 s"),
    (1.4, "1 s"),
    (59.0, "59 s"),
    (60.0, "60 s"),
    (89.6, "90 s"),
    (90.0, "2 min"),
    (150.0, "3 min"),
    (600.0, "10 min"),
    (4_000.0, "67 min"),
    (5_399.0, "90 min"),
    (5_400.0, "1.5 h"),
    (7_200.0, "2.0 h"),
    (100_000.0, "27.8 h"),
    (172_800.0, "2.0 days"),
    (1e6, "11.6 days"),
]


@pytest.mark.parametrize(("seconds", "expected"), SPANS)
def test_a_span_of_time_has_one_unit(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_pages_script_writes_the_same_spans(tmp_path: Path) -> None:
    script = Path(str(pages.__path__[0])) / "static" / "formats.js"
    (tmp_path / "formats.mjs").write_bytes(script.read_bytes())
    seconds = json.dumps([seconds for seconds, _ in SPANS])
    (tmp_path / "run.mjs").write_text(
        f'import {{ duration }} from "./formats.mjs";\nconsole.log(JSON.stringify({seconds}.map(duration)));\n'
    )
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [expected for _, expected in SPANS]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (duration(None), "–"),
        (size(None), "–"),
        (size(2**20), "1 MiB"),
        (size(700 * 2**20), "700 MiB"),
        (size(2**30), "1.0 GiB"),
        (size(3 * 2**30), "3.0 GiB"),
        (number(None), "–"),
        (number(0.0159155, 4), "0.01592"),
        (number(-0.25, 2), "−0.25"),
        (number(0.0), "0"),
        (objective_value(0.5, "accuracy"), "50.00 %"),
        (objective_value(0.0312, "error"), "3.12 %"),
        (objective_value(0.5, "loss_area"), "0.5000"),
        (objective_value(None, "accuracy"), "–"),
    ],
)
def test_values_are_written_for_readers(written: str, expected: str) -> None:
    assert written == expected


def test_terminal_pages_and_reports_share_one_rule() -> None:
    filters = _environment().filters
    assert (filters["duration"], filters["size"], filters["objective"]) == (duration, size, objective_value)
    assert filters["number"] is number is numbers.number


def test_pages_load_no_terminal_tables() -> None:
    code = "import sys, service.pages.router; print('service.tables' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
