"""An Optuna study as the records of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studies.errors import Problem, SpecError
from studies.foreign.asked import NOTHING_ASKED, Asked, ReadTable
from studies.foreign.reading import table_from
from studies.foreign.records import Records
from studies.foreign.sources import rows_records

if TYPE_CHECKING:
    from studies.storage.foreign import ForeignStudy  # brings Optuna and SQLAlchemy

COMPLETE = "COMPLETE"
OWN = frozenset({"number", "state"})  # columns of Optuna that nobody asks about


def study_table(study: str, found: ForeignStudy, options: Mapping[str, Any], asked: Asked = NOTHING_ASKED) -> ReadTable:
    """A table from an Optuna study.

    Args:
        study: its name.
        found: its trials.
        options: the other fields of `TrialTable`.
        asked: what is asked of the study.

    Raises:
        SpecError: it has several objectives and none is named, no complete trial, or is no table that can be judged.
    """
    if len(found.values) > 1 and asked.measure is None:
        ways = " or ".join(f"--measure {name[:40]}" for name in found.values[:4])
        raise SpecError([Problem("--study", f"{study!r} has {len(found.values)} objectives; name one by {ways}")])
    if not found.runs and not any(row["state"] == COMPLETE for row in found.rows):
        raise SpecError([Problem("--study", f"{study!r} has no complete trial")])
    read = table_from(_records(found), options, asked)
    return replace(read, ignored_columns=tuple(name for name in read.ignored_columns if name not in OWN))


def _records(found: ForeignStudy) -> Records:
    runs = [f"trial {row['trial']}, run {row['run']}" for row in found.runs]
    made = rows_records([*found.runs, *found.rows], "the study", [*runs, *found.places])
    return replace(
        made,
        maximised=() if found.runs else tuple(zip(found.values, found.maximised, strict=True)),
        value=found.values[0] if len(found.values) == 1 else None,
        is_own=bool(found.runs),
        is_grid=found.is_grid,
        is_named_by_user=False,
    )
