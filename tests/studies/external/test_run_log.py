"""Output of trainings: a file with a bound, last lines that are safe, JSON among the lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from studies.external import run_log
from studies.external.run_log import Lines, RunLog, json_object


def objects(*pieces: bytes) -> list[Mapping[str, Any]]:
    """The objects among the lines of some output."""
    found: list[Mapping[str, Any]] = []
    lines = Lines(found.append)
    for piece in pieces:
        lines.feed(piece)
    lines.end()
    return found


def test_objects_are_found_however_the_output_is_cut() -> None:
    text = b'epoch 1\n{"a": 1}\nnoise {"a": 2}\n  {"b": {"c": 2}}  \r\n[1]\n42\n"x"\n{"last": 3}'
    expected = [{"a": 1}, {"b": {"c": 2}}, {"last": 3}]
    assert objects(text) == expected
    assert objects(*(text[i : i + 1] for i in range(len(text)))) == expected


def test_a_progress_bar_before_an_object_on_its_line_is_no_part_of_it() -> None:
    assert objects(b'\r 50 %|###  |\r100 %|#####|\r{"a": 1}\r\n') == [{"a": 1}]


def test_lines_that_are_too_long_or_no_json_are_no_results() -> None:
    long = b'{"a": "' + b"x" * (2 * run_log.MOST_LINE) + b'"}'
    assert objects(long, b"\n", b'{"b": 1}\n', b"{" * 60_000 + b"}\n", b"{'a': 1}\n", b'{"a"\n') == [{"b": 1}]
    assert objects(*[b"x" * 1000] * 200, b'\n{"c": 1}\n') == [{"c": 1}]
    assert json_object(b'{"a":' * 5_000 + b"1" + b"}" * 5_000) is None
    assert objects(b'\xff\xfe{"a": 1}\n', b'{"a": "\xff"}\n') == []


def test_numbers_that_python_writes_are_read() -> None:
    (found,) = objects(b'{"a": NaN, "b": -Infinity}\n')
    assert str(found) == "{'a': nan, 'b': -inf}"


def test_a_log_keeps_the_attempts_and_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "MOST_LOG", 1_000)
    path = tmp_path / "0.log"
    for attempt in (1, 2):
        log = RunLog(path, f"attempt {attempt}")
        log.write(f"said in {attempt}\n".encode())
    assert path.read_text() == "--- attempt 1 ---\nsaid in 1\n--- attempt 2 ---\nsaid in 2\n"
    for number in range(500):
        log.write(f"line {number}\n".encode())
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["0.log", "0.log.1"]
    assert all(file.stat().st_size <= 1_000 for file in files)
    assert "line 499" in path.read_text()


def test_last_lines_are_few_and_safe(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "0.log", "attempt 1")
    assert log.last_lines() == ""
    log.write("\n".join(f"line {number}" for number in range(100)).encode() + b"\n\n\x1b[31mred \xff\r\n")
    lines = log.last_lines().split("\n")
    assert len(lines) == run_log.SHOWN_LINES
    assert lines[-1] == "\\x1b[31mred �"
    assert lines[0] == "line 81"


def test_a_log_that_cannot_be_written_costs_nothing() -> None:
    log = RunLog(Path("/proc/none/0.log"), "attempt 1")
    log.write(b"hello\n")
    assert log.last_lines() == "hello"
