"""Cross-validated tables of scikit-learn: each row has a mean over folds, and the value of each fold beside it.

A fold is a run. The mean alone would say nothing about the noise of one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from studies.foreign.choosing import Chosen
from studies.foreign.names import Column
from studies.foreign.records import Records

_MEAN = re.compile(r"mean_(.+)")


def unfolded(records: Records, found: Chosen) -> Records | None:
    """The records with a row for each fold; None where the value is no mean over folds.

    The column of the mean takes the folds' values, and a column `fold` is added.
    """
    splits = _splits(found)
    if not splits or "fold" in found.fields.sources:
        return None
    left = [i for i in range(len(records.columns)) if i not in {column.index for column in splits}]
    value = left.index(found.value.index)
    rows, places = [], []
    for cells, place in zip(records.rows, records.places, strict=True):
        for fold, split in enumerate(splits):
            row = [cells[i] for i in left]
            row[value] = cells[split.index]
            rows.append((*row, fold))
            places.append(f"{place}, {split.written}")
    said = f"Each row has {len(splits)} folds in columns such as {splits[0].written}; each counts as a run of its own."
    names = (*(records.columns[i] for i in left), "fold")
    return replace(records, columns=names, rows=rows, places=places, said=(*records.said, said))


def _splits(found: Chosen) -> list[Column]:
    """The columns of the folds, in order; none unless there are two or more."""
    mean = _MEAN.fullmatch(found.value.plain)
    if mean is None:
        return []
    form = re.compile(rf"split(\d+)_{re.escape(mean[1])}")
    numbered = [(int(match[1]), c) for c in found.columns if (match := form.fullmatch(c.plain))]
    return [column for _, column in sorted(numbered, key=lambda pair: pair[0])] if len(numbered) > 1 else []
