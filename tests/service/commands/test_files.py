"""Files that commands write."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from service.commands.common import UsageError
from service.commands.files import read_file, unpacked, write_file
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


def test_a_name_that_ends_in_gz_is_packed_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "report.json.gz"
    write_file(file, b"one" * 1000, force=False)
    assert len(read_file(file, 200)) < 200
    assert unpacked(read_file(file, 200), 3000) == b"one" * 1000
    assert unpacked(b"plain", 5) == b"plain"


def test_a_packed_file_that_is_damaged_cut_or_endless_is_refused() -> None:
    whole = gzip.compress(bytes(10_000))
    with pytest.raises(UsageError, match="unpacks to more than 9,999 bytes"):
        unpacked(whole, 9_999)
    with pytest.raises(UsageError, match="ends too early"):
        unpacked(whole[:-9], 10_000)
    for place in (4, len(whole) - 6):
        with pytest.raises(UsageError, match=r"damaged gzip file|ends too early"):
            unpacked(whole[:place] + bytes([whole[place] ^ 0xFF]) * 2 + whole[place + 2 :][:place], 10_000)
