"""The runs behind an Optuna study that is a sweep of ours: its mirror has means, a verdict needs single runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any

import numpy as np

from studies.errors import NoVerdictError, SchemaError, StudyNotFoundError
from studies.records import Runs
from studies.storage import overview, results
from studies.storage.contents import VERSION_TABLE
from studies.storage.engine import open_database
from studies.storage.migrate import require_current

COLUMNS = tuple(field.name for field in fields(Runs))
REPORTED = "reported"  # the column of what a trainer of the user's own reported


def own_runs(url: str, tables: Collection[str], name: str) -> list[dict[str, Any]]:
    """The runs of a sweep, as `golden export` has them; none where the study is not ours.

    Args:
        url: the database.
        tables: it has.
        name: of the Optuna study, `<study>/<sweep>` for one of ours.

    Raises:
        NoVerdictError: it is a sweep of a study that compares arms.
        StorageUnavailableError: the database cannot be reached.
    """
    study, slash, sweep = name.partition("/")
    if VERSION_TABLE not in tables or not slash:
        return []
    database = open_database(url)
    try:
        require_current(database)
        runs = results.runs(database, study, sweep)
        spec = overview.document(database, study)
        if spec.compares:
            raise NoVerdictError(study)
        axes = spec.axes
    except (SchemaError, StudyNotFoundError):
        return []  # of another release, or a study of somebody else's: then the mirror is all there is
    finally:
        database.dispose()
    exported = {"eta": axes.first.name, "alpha": axes.second.name, "value": REPORTED}
    columns = {exported.get(name, name): getattr(runs, name).tolist() for name in COLUMNS}
    if not np.isfinite(runs.value).any():  # our own engine trained
        del columns[REPORTED]
    rows = (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))
    return [{"sweep": sweep} | {name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value
