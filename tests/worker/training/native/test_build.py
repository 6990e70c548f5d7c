"""Compiling on first use, loading afterwards, and going without."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import exit_code

from worker.training.native import build

needs_compiler = pytest.mark.skipif(
    not any(shutil.which(name) for name in build.COMPILERS), reason="no C++ compiler: training goes through torch"
)


@needs_compiler
def test_library_is_compiled_once_and_then_loaded(tmp_path: Path) -> None:
    build.load(tmp_path)
    (first,) = tmp_path.glob("network-*.so")
    written = first.stat().st_mtime_ns
    assert build.load(tmp_path).row_size_float is not None
    assert [path.stat().st_mtime_ns for path in tmp_path.glob("network-*.so")] == [written]


@needs_compiler
def test_processes_that_start_together_share_one_library(tmp_path: Path) -> None:
    code = "import sys, pathlib; from worker.training.native.build import load; load(pathlib.Path(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(2)]
    assert [exit_code(process) for process in started] == [0, 0]
    assert len(list(tmp_path.glob("network-*.so"))) == 1


def test_without_a_compiler_there_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.NotCompiled, match="no C\\+\\+ compiler"):
        build.load(tmp_path)


def test_failing_compiler_is_quoted_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools, cache = tmp_path / "tools", tmp_path / "cache"
    tools.mkdir()
    cache.mkdir()
    compiler = tools / "c++"
    compiler.write_text("#!/bin/sh\necho 'unknown option -std=c++17' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/bin")
    with pytest.raises(build.NotCompiled, match="unknown option"):
        build.load(cache)
    assert [path.name for path in cache.iterdir()] == ["lock"]


def test_missing_library_is_said_once_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOLDEN_NATIVE", "1")
    monkeypatch.setenv("PATH", str(tmp_path))
    build._library.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            assert build.library() is None
            assert build.library() is None
        assert len(caplog.records) == 1
        assert "no C++ compiler" in caplog.records[0].getMessage()
        assert "about half the speed" in caplog.records[0].getMessage()
    finally:
        build._library.cache_clear()


def test_switched_off_there_is_no_library_which_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GOLDEN_NATIVE", "0")
    build._log_switched_off.cache_clear()
    assert build.library() is None
    assert build.library() is None
    (record,) = caplog.records
    assert (record.levelname, "GOLDEN_NATIVE=0" in record.getMessage()) == ("WARNING", True)


def test_cache_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build.next_folder() == tmp_path / "golden-study"
    assert build.next_folder().stat().st_mode & 0o777 == 0o700


def test_folder_that_others_may_write_is_not_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "golden-study").mkdir()
    (tmp_path / "golden-study").chmod(0o777)
    assert build.next_folder() == tmp_path / f"golden-study-{os.getuid()}"


def test_unwritable_cache_gives_way_to_the_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert build.next_folder() == tmp_path / f"golden-study-{os.getuid()}"
