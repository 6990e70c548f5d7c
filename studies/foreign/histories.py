"""Tables with one row for each epoch of a run: the last row of each run is its result.

Epochs are no replicates: taken for such, they state the curve of one training as the noise of many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from studies.foreign.cells import Fault, is_nothing, number, text_of
from studies.foreign.names import Column
from studies.foreign.records import Records

STEPS = ("epoch", "training_iteration", "iteration", "global_step", "_step", "step", "iter", "n_resources")
IDENTITIES = ("trial_id", "run_id", "trial_name", "run_name", "id", "run", "trial", "name", "number", "logdir")
EARLIER = "earlier epochs of a run"


@dataclass(frozen=True, slots=True)
class History:
    """The column that counts epochs, and the places of the rows that came before a run's last."""

    column: Column
    earlier: frozenset[int]


def history_of(
    records: Records, columns: Sequence[Column], point: Sequence[Column], apart: Sequence[Column]
) -> History | None:
    """The history in a table; None where each row is a run of its own.

    Args:
        records: the table.
        columns: all of it.
        point: columns of the point.
        apart: further columns that tell runs apart, such as fold and seed.
    """
    for name in STEPS:
        for column in columns:
            if column.plain == name and not column.is_setting:
                found = _history(records, columns, column, [*point, *apart])
                if found:
                    return History(column, found)
    return None


def _history(records: Records, columns: Sequence[Column], steps: Column, apart: Sequence[Column]) -> frozenset[int]:
    counted = {i: step for i in range(len(records.rows)) if (step := _step(records, i, steps)) is not None}
    if len(set(counted.values())) < 2:
        return frozenset()
    for identity in (c for name in IDENTITIES for c in columns if c.plain == name and c.index != steps.index):
        runs = _grouped(records, counted, [identity, *apart])
        if any(len({counted[i] for i in run}) > 1 for run in runs):
            return _earlier(runs, counted)
    runs = _grouped(records, counted, apart)
    several = [run for run in runs if len({counted[i] for i in run}) > 1]
    if 2 * len(several) < len(runs) or not _begin_alike(several, counted):
        return frozenset()
    return _earlier([part for run in runs for part in _parts(run, counted)], counted)


def _begin_alike(runs: Sequence[Sequence[int]], counted: dict[int, float]) -> bool:
    """True where most runs begin at one step: lengths of training that differ by chance do not."""
    first = Counter(min(counted[i] for i in run) for run in runs).most_common(1)
    return bool(first) and 2 * first[0][1] >= len(runs)


def _parts(run: Sequence[int], counted: dict[int, float]) -> list[list[int]]:
    """Runs that share everything but their order: each begins where the step does not rise.

    Where such parts do not begin at the first step, the runs are interleaved: then each last step is a run.
    """
    parts: list[list[int]] = []
    for i in run:
        if parts and counted[i] > counted[parts[-1][-1]]:
            parts[-1].append(i)
        else:
            parts.append([i])
    start = min(counted[i] for i in run)
    if all(counted[part[0]] == start for part in parts) and len({len(part) for part in parts}) <= 2:
        return parts
    last = max(counted[i] for i in run)
    ends = [i for i in run if counted[i] == last]
    return [[*(i for i in run if i not in ends), ends[0]], *([end] for end in ends[1:])]


def _earlier(runs: Sequence[Sequence[int]], counted: dict[int, float]) -> frozenset[int]:
    return frozenset(i for run in runs for i in run if i != max(run, key=lambda i: (counted[i], i)))


def _grouped(records: Records, counted: dict[int, float], by: Sequence[Column]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for i in counted:
        groups[tuple(text_of(records.rows[i][column.index]) for column in by)].append(i)
    return list(groups.values())


def _step(records: Records, row: int, column: Column) -> float | None:
    cell = records.rows[row][column.index]
    found = None if is_nothing(cell) else number(cell, decimal_comma=records.decimal_comma)
    return None if found is None or isinstance(found, Fault) else found
