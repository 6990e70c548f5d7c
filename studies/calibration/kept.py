"""Counts of a calibration in a file: scenario by scenario as they are finished, so that a stopped one can go on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from studies.calibration.verdict_rates import Row
from studies.errors import Problem, SpecError


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the counts depend on beside the scenario and the program."""

    studies: int  # of each scenario
    seed: int
    analysis: int
    design: dict[str, int]  # sizes by their names in a study document


@dataclass(frozen=True, slots=True)
class Kept:
    """Counts with their settings."""

    settings: Settings
    rows: dict[str, Row] = field(default_factory=dict)  # by scenario

    def with_row(self, row: Row) -> Kept:
        """These counts and one scenario's more."""
        return replace(self, rows={**self.rows, row.scenario: row})


_ADAPTER = TypeAdapter(Kept)


def read(path: Path) -> Kept:
    """The counts in a file.

    Raises:
        SpecError: the file cannot be read, or holds no counts of a calibration.
    """
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except OSError as error:
        raise SpecError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    except ValidationError:
        raise SpecError([Problem(str(path), "holds no counts of `golden calibrate`; name another file")]) from None


def begin(path: Path, settings: Settings) -> Kept:
    """The counts to go on with: those in the file, or none where it does not exist yet.

    Raises:
        SpecError: as `read`; or the file's counts are of other settings.
    """
    if not path.exists():
        return Kept(settings)
    found = read(path)
    if found.settings != settings:
        raise SpecError([Problem(str(path), f"holds counts of other settings, {found.settings}; name another file")])
    return found


def write(path: Path, kept: Kept) -> None:
    """Put the counts into the file, in place of what it held.

    Raises:
        SpecError: the file cannot be written.
    """
    fresh = path.with_name(f"{path.name}.part")
    try:
        fresh.write_bytes(_ADAPTER.dump_json(kept, indent=1) + b"\n")
        fresh.replace(path)
    except OSError as error:
        raise SpecError([Problem(str(path), f"cannot be written: {error.strerror}")]) from None
