"""Columns that fill fields of a row, besides the point and the value.

Everyday names are no proof: a tool's `loss` holds numbers, its `run` a name, its `phase` "train". A column is ours
where at least half of its cells fit the field, or are meant to; a cell that does not fit is then a fault of its row.
Others are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studies.foreign.cells import Fault, is_like_whole, is_nothing, number, text_of, truth, whole
from studies.foreign.names import Column
from studies.foreign.records import Records
from studies.foreign.rows import ARM
from studies.foreign.states import FAIL, state_of
from studies.language.phases import CLAIM_PHASES
from studies.language.validation import LOSS_NAME, SLUG
from studies.records import Cause

Reader = Callable[[Any], Any]  # a filled cell to a value, or to a Fault
MARKS = ("arm", "block", "trial")  # mean something beside a phase alone
MIRRORED = "golden_trial"  # of a study of our own, in Optuna's tables: its trials have several runs
HIGHEST_INDEX = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """A column that fills fields, and how its cells are read."""

    column: Column
    read: Reader
    empty: Any = None  # value of an empty cell


@dataclass(frozen=True, slots=True)
class Fields:
    """Sources by field, and the dense numbers of seeds."""

    sources: Mapping[str, Source]
    seeds: Mapping[int, int] = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[int]:
        """Places of the columns that are read."""
        return frozenset(source.column.index for source in self.sources.values())


def fields_of(records: Records, columns: Sequence[Column], taken: frozenset[int]) -> Fields:
    """The fields that a table's columns fill.

    Args:
        records: the table.
        columns: all of it.
        taken: places of the columns that hold the point and the value.
    """
    free = [column for column in columns if column.index not in taken]
    found: dict[str, Source] = {}
    for name, aliases, read, empty in _KNOWN:
        for alias in aliases:
            fitting = next((c for c in free if c.plain == alias and _fits(records, c, read)), None)
            if fitting is not None and name not in found:
                found[name] = Source(fitting, read, empty)
    if "phase" not in found:
        for name in MARKS:
            found.pop(name, None)
    if all(column.plain != MIRRORED for column in columns):
        found.pop("runs", None)
    _drop_unfounded(records, found)
    return Fields(found, _dense(records, found.get("repeat")))


def _drop_unfounded(records: Records, found: dict[str, Source]) -> None:
    """Drop what means nothing without another field: counts without a total, causes without a failure."""
    if "n_test" not in found or ("correct" in found and not _within(records, found["correct"], found["n_test"])):
        found.pop("correct", None)
    if "cause" in found and not {"diverged", "diverged_at"} & set(found) and not _of_failures(records, found):
        del found["cause"]
    if "diverged" in found:
        found.pop("diverged_at", None)
    for name in ("loss", "context"):
        if name in found:
            found.pop("sweep", None)
    if "trial" in found and not _numbers_runs(records, found):
        del found["trial"]


def _within(records: Records, part: Source, total: Source) -> bool:
    pairs = ((row[part.column.index], row[total.column.index]) for row in records.rows)
    known = [(whole(one), whole(all_)) for one, all_ in pairs if not is_nothing(one) and not is_nothing(all_)]
    fits = sum(not isinstance(o, Fault) and not isinstance(a, Fault) and 0 <= o <= a for o, a in known)
    return 2 * fits >= len(known) > 0


def _of_failures(records: Records, found: Mapping[str, Source]) -> bool:
    """True where most rows that state a cause are failed by their state."""
    if "state" not in found:
        return False
    cause, state = found["cause"].column.index, found["state"].column.index
    stated = [row for row in records.rows if not is_nothing(row[cause])]
    return 2 * sum(state_of(row[state]) == FAIL for row in stated) >= len(stated)


def _numbers_runs(records: Records, found: Mapping[str, Source]) -> bool:
    """True unless most rows share their number with another row of the sweep: then it counts something else."""
    names = [name for name in ("sweep", "loss", "context", "trial", "run") if name in found]
    places = [found[name].column.index for name in names]
    keys = {tuple(text_of(row[place]) for place in places) for row in records.rows}
    return 2 * len(keys) > len(records.rows)


def _fits(records: Records, column: Column, read: Reader) -> bool:
    cells = [row[column.index] for row in records.rows if not is_nothing(row[column.index])]
    meant = is_like_whole if read in (_index, whole) else lambda _: False
    fitting = sum(meant(cell) or not isinstance(read(cell), Fault) for cell in cells)
    return 2 * fitting >= len(cells)


def _dense(records: Records, repeat: Source | None) -> dict[int, int]:
    """Seeds as small numbers; empty where they are small already."""
    if repeat is None:
        return {}
    cells = (row[repeat.column.index] for row in records.rows)
    seeds = {seed for cell in cells if not is_nothing(cell) and isinstance(seed := whole(cell), int)}
    if all(0 <= seed <= HIGHEST_INDEX for seed in seeds):
        return {}
    return {seed: i for i, seed in enumerate(sorted(seeds))}


def _text(pattern: str, fault: str) -> Reader:
    form = re.compile(pattern)

    def read(cell: Any) -> str | Fault:
        text = text_of(cell)
        return text if form.fullmatch(text) else Fault(f"{text[:40]!r} {fault}")

    return read


def _index(cell: Any) -> int | Fault:
    found = whole(cell)
    return Fault(f"{found} is below 0") if isinstance(found, int) and found < 0 else found


def _loss(cell: Any) -> str | Fault:
    text = text_of(cell)
    if not isinstance(cell, str) or isinstance(number(text), float):
        return Fault(f"{text[:40]!r} is a number; a loss has a name")
    return text if re.fullmatch(LOSS_NAME, text) else Fault(f"{text[:40]!r} {_LOSS_FAULT}")


def _sweep(cell: Any) -> str | Fault:
    loss, mark, context = text_of(cell).partition("@")
    fits = mark and not isinstance(_loss(loss), Fault) and re.fullmatch(SLUG, context)
    return text_of(cell) if fits else Fault(f"{text_of(cell)[:40]!r} is no sweep; write <loss>@<context>")


def _state(cell: Any) -> str | Fault:
    return state_of(cell) or Fault(f"{text_of(cell)[:40]!r} is no state")


def _diverged(cell: Any) -> bool | int | Fault:
    """Whether a run diverged, or of a trial how many of its runs did."""
    found = truth(cell)
    many = whole(cell) if isinstance(found, Fault) else found
    return found if isinstance(many, Fault) or many < 0 else many


_LOSS_FAULT = "must be 1 to 40 letters, digits, spaces, dots, hyphens and underscores, a letter or digit first"
_PHASES, _CAUSES = "|".join(phase.value for phase in CLAIM_PHASES), "|".join(filter(None, (c.value for c in Cause)))
_phase = _text(f"(?:{_PHASES})", "is no phase; write map, widen, zoom, confirm, controls, search or cv")
_cause = _text(f"(?:{_CAUSES})", "is no cause; write diverged, untrained or chance, or leave it out")
_arm = _text(
    ARM,
    "is no arm; write claim, best, inside, outside, opposite, likeliest, rival, default, mate:<alpha>, decoy:<number> "
    "or point",
)
_slug = _text(SLUG, "must be 1 to 63 lower-case letters, digits and inner hyphens")
_KNOWN: tuple[tuple[str, tuple[str, ...], Reader, Any], ...] = (
    ("loss", ("loss",), _loss, None),
    ("context", ("context",), _slug, None),
    ("sweep", ("sweep",), _sweep, None),
    ("state", ("state", "status", "trial_status", "run_status"), _state, "COMPLETE"),
    ("diverged", ("diverged",), _diverged, False),
    ("diverged_at", ("diverged_at",), _index, None),
    ("cause", ("cause",), _cause, None),
    ("fold", ("fold",), _index, None),
    ("repeat", ("repeat", "seed", "random_seed", "random_state", "rng_seed"), whole, None),
    ("phase", ("phase",), _phase, None),
    ("arm", ("arm",), _arm, None),
    ("block", ("block",), _index, None),
    ("run", ("run",), _index, None),
    ("trial", ("trial", MIRRORED), _index, None),
    ("n_test", ("n_test",), _index, None),
    ("correct", ("correct",), _index, None),
    ("runs", ("runs",), _index, None),
)
