"""A watched file: every way to change it is noticed, and what cannot be read changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from service.door.watched import MAX_BYTES, WatchedFile, WatchedFileError
from studies.errors import GoldenError


def _number(text: str) -> int:
    if not text.strip().isdigit():
        raise GoldenError("this is no number")
    return int(text)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that was last changed long ago."""
    path = tmp_path / "number"
    path.write_text("1")
    os.utime(path, (1_000_000, 1_000_000))
    return path


def _rewrite(path: Path) -> None:
    path.write_text("2")


def _replace(path: Path) -> None:
    draft = path.with_name("draft")
    draft.write_text("2")
    os.utime(draft, (1_000_000, 1_000_000))  # the same size and time, another file
    draft.replace(path)


def _link(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("2")
    path.unlink()
    path.symlink_to(other)


@pytest.mark.parametrize("change", [_rewrite, _replace, _link])
def test_every_change_is_noticed_once(file: Path, change: Callable[[Path], None]) -> None:
    watched = WatchedFile(file, _number)
    assert (watched.look(), watched.value) == (False, 1)
    change(file)
    assert (watched.look(), watched.value, watched.trouble) == (True, 2, "")
    assert not watched.look()


def test_two_changes_within_one_tick_of_the_file_systems_clock_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "number"
    path.write_text("1")
    watched = WatchedFile(path, _number)
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert watched.look()
    assert watched.value == 2


@pytest.mark.parametrize("content", ["x", "", "\udcff", "9" * (MAX_BYTES + 1)])
def test_what_cannot_be_used_keeps_the_last_value_and_says_so_once(file: Path, content: str) -> None:
    watched = WatchedFile(file, _number)
    file.write_text(content, errors="surrogateescape")
    assert [watched.look(), watched.look()] == [True, False]
    assert watched.value == 1
    assert watched.trouble
    file.write_text("1")
    assert (watched.look(), watched.value, watched.trouble) == (True, 1, "")


def test_a_file_that_is_gone_or_no_file_keeps_the_last_value(file: Path) -> None:
    watched = WatchedFile(file, _number)
    file.unlink()
    assert (watched.look(), watched.value) == (True, 1)
    assert "No such file" in watched.trouble
    os.mkfifo(file)
    assert watched.look()
    assert "no regular file" in watched.trouble
    with pytest.raises(WatchedFileError, match="no regular file"):
        WatchedFile(file, _number)
