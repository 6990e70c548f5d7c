"""Files that commands write."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.commands.files import write_file
from studies.errors import GoldenError


def test_a_file_is_written_whole_and_overwritten_by_force_alone(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_file(file, b"one", force=False)
    with pytest.raises(GoldenError, match="add --force to overwrite it"):
        write_file(file, b"two", force=False)
    assert file.read_bytes() == b"one"
    write_file(file, b"two", force=True)
    assert file.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(GoldenError, match=r"cannot write .*none/x\.csv': No such file or directory"):
        write_file(tmp_path / "none" / "x.csv", b"", force=False)
