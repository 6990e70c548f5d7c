"""Settings that differ among the rows and that no verdict reads: what is judged as one context may be several."""

from __future__ import annotations

from studies.foreign.cells import is_nothing, text_of
from studies.foreign.choosing import Chosen
from studies.foreign.names import Column
from studies.foreign.records import Records

MOST = 4  # different values: more are a setting that was searched, or a number of each run
FEWEST = 2  # runs with each value
PASSING = ("seed", "name", "time", "date", "run", "id", "host", "path", "dir")  # in names of what tells runs apart


def apart_note(records: Records, found: Chosen) -> str:
    """Sentences on such settings, one each; "" where there are none, and where a column names the context.

    A setting is a column that its tracker marks as one (`config.`), with 2 to 4 values, each of several rows.
    """
    if {"context", "sweep"} & set(found.fields.sources):
        return ""
    read = found.fields.columns | {column.index for column in (*found.point, found.value)}
    columns = [column for column in found.columns if column.index not in read and _is_candidate(column)]
    return " ".join(filter(None, (_said(records, column) for column in columns)))


def _is_candidate(column: Column) -> bool:
    return column.is_setting and not any(word in column.plain.split("_") for word in PASSING)


def _said(records: Records, column: Column) -> str:
    cells = [text_of(row[column.index]) for row in records.rows if not is_nothing(row[column.index])]
    values = sorted(set(cells), key=lambda text: (len(text), text))
    if not 2 <= len(values) <= MOST or min(map(cells.count, values)) < FEWEST:
        return ""
    name, shown = column.written[:40], ", ".join(value[:20] for value in values)
    return (
        f"{name} takes {len(values)} values ({shown}): these may be {len(values)} contexts, and are judged as one; "
        "choose the rows of one, or call the column context."
    )
