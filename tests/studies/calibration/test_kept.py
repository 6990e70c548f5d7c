"""Counts in a file: read as they were written, never mixed with those of other settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studies.calibration.kept import Kept, Settings, begin, read, write
from studies.calibration.verdict_rates import Collapses, Row, Said
from studies.errors import SpecError

SETTINGS = Settings(studies=10, seed=7, analysis=4, design={"map_points": 64})
ROW = Row("A", "golden", 10, 8, 0, {"flat": 2}, 0, 0, 0.26, 1.0, 0.9, located=10, covered=10)
FULL = replace(
    ROW,
    scenario="tie",
    statements={"there": Said(1, 2, 7, 0, 1, 3, 4)},
    collapses=Collapses(refuted=1, hindered=2, false_refuted=0, alike=10),
)


def test_counts_are_read_as_they_were_written(tmp_path: Path) -> None:
    kept = Kept(SETTINGS).with_row(ROW).with_row(FULL)
    write(tmp_path / "counts.json", kept)
    assert read(tmp_path / "counts.json") == begin(tmp_path / "counts.json", SETTINGS) == kept
    assert [path.name for path in tmp_path.iterdir()] == ["counts.json"]


def test_a_new_file_begins_empty(tmp_path: Path) -> None:
    assert begin(tmp_path / "none.json", SETTINGS) == Kept(SETTINGS)


@pytest.mark.parametrize("change", [{"seed": 8}, {"studies": 9}, {"analysis": 5}, {"design": {}}])
def test_counts_of_other_settings_are_not_gone_on_with(tmp_path: Path, change: dict[str, object]) -> None:
    write(tmp_path / "counts.json", Kept(SETTINGS))
    with pytest.raises(SpecError, match="other settings"):
        begin(tmp_path / "counts.json", replace(SETTINGS, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"settings": {"studies": "many"}}', "\x00"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "counts.json").write_text(text)
    with pytest.raises(SpecError, match="no counts"):
        read(tmp_path / "counts.json")


def test_places_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(SpecError, match="cannot be written"):
        write(tmp_path / "away" / "counts.json", Kept(SETTINGS))
