"""Trials that people have, from what their tools write to the rows of a `TrialTable`.

    source -> records -> columns that are read -> one row for each run -> measurements -> few enough -> table

Nothing odd refuses a whole study: rows that are no measurements are left out and counted by reason, as long as six
others remain. Rows that state a phase, and all rows beside a document, are the exception: a confirmation is complete
and sound, or it is refused. So is a column of which more than a tenth is out of range: its unit is another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from studies.errors import Problem, SpecError
from studies.foreign.apart import apart_note
from studies.foreign.asked import NOTHING_ASKED, Asked, ReadTable
from studies.foreign.cells import is_nan_word
from studies.foreign.choosing import Chosen, chosen, numbers_of, stated_objective
from studies.foreign.grids import with_grid
from studies.foreign.histories import EARLIER, history_of
from studies.foreign.measures import Measure, Scoring, are_few
from studies.foreign.names import NATIVE
from studies.foreign.next_step import next_step
from studies.foreign.own_words import REPORTED, claim_fields, objective_of, on_scale, parameters_of
from studies.foreign.records import OddRow, Records, require_enough
from studies.foreign.rows import Measurement, at_claim
from studies.foreign.same_rows import COPIES, repeated
from studies.foreign.scoring import finite, scoring_for
from studies.foreign.splits import unfolded
from studies.foreign.states import COMPLETE, FAIL
from studies.foreign.table import MAX_POINTS, MAX_ROWS, TrialTable, table_of
from studies.foreign.thinning import THINNED, thinned
from studies.foreign.typing_rows import OUT_OF_RANGE, RowReader
from studies.language.claim import Claim
from studies.language.external import OWN
from studies.language.phases import PAIRED_PHASES, Phase

INDEXES = ("", "unnamed: 0", "index", "level_0")  # columns by which pandas numbers rows
APART = ("loss", "context", "sweep", "fold", "repeat")  # fields that tell runs of one point apart
Placed = list[tuple[str, Measurement]]  # rows with their places
SHOWN_AS = {"eta": "η", "alpha": "α"}


def table_from(records: Records, options: Mapping[str, Any], asked: Asked = NOTHING_ASKED) -> ReadTable:
    """A table from records.

    Args:
        records: as a source gives them.
        options: the other fields of `TrialTable`.
        asked: names of the value's column and of the claim's parameters.

    Raises:
        SpecError: too little of it can be read, or what is asked contradicts it; `problems` name the places.
    """
    objective = objective_of(asked.own, stated_objective(options))
    measure = _measured(records, asked)
    choose = partial(chosen, measure=measure, objective=objective, claimed=asked.names)
    found = choose(records)
    folds = unfolded(records, found)
    if folds is not None:
        records, found = folds, choose(folds)
    records = with_grid(records, found.columns)
    few, odd, notes = _once(records, found)
    scoring, said = scoring_for(few, found, finite(numbers_of(few, found.value)), measure, objective)
    rows, faulty = _measurements(few, found, scoring, options, asked)
    if not (rows or faulty or odd):
        raise SpecError([Problem("", "there are no rows below the header")])
    rows, off, claimed = _own_claim(asked, rows)
    stated = _stated(few, {**options, **claimed}, scoring, objective)
    rows, beyond = _counting(rows, stated)
    diverged, step = _diverged(few, found, scoring), next_step(found, [r for _, r in rows], scoring, options, asked)
    read_as = (_mapping(found, asked), said, *notes, _commas(few, found), diverged, apart_note(few, found))
    said_all = (*records.said, *read_as, step)
    return ReadTable(
        table=_table(found, rows, stated),
        left_out=dict(Counter(row.reason for row in (*odd, *faulty, *off, *beyond))),
        ignored_columns=found.ignored,
        notes=tuple(filter(None, said_all)),
    )


def _measured(records: Records, asked: Asked) -> Measure | None:
    """The measure whose column is read: as asked, else the document's, which an export has as `reported`."""
    own = None if asked.own is None else asked.own.measure
    if asked.measure is not None or own is None:
        return asked.measure
    return own if own.name in records.columns else replace(own, name=REPORTED)


def _own_claim(asked: Asked, rows: Placed) -> tuple[Placed, list[OddRow], dict[str, Any]]:
    """The rows whose points have a place on the scales of a claim's own parameters, the others, and the claim's fields.

    Raises:
        SpecError: a parameter does not vary, or a linear one has no tolerance.
    """
    if asked.own is None or asked.own.point is None or not rows:
        return rows, [], {}
    parameters = parameters_of(asked.own, [row for _, row in rows])
    return *on_scale(rows, parameters), claim_fields(asked.own, parameters, asked.tolerance)


def _stated(records: Records, options: Mapping[str, Any], scoring: Scoring, objective: str | None) -> dict[str, Any]:
    """The fields of the table beside its rows, with what was found out about them."""
    stated = dict(options)
    if options.get("objective") or (objective is None and scoring.objective != "accuracy"):
        stated["objective"] = scoring.objective
    if isinstance(options.get("claim"), Mapping):  # no other measure was fixed
        stated["claim"] = {"objective": scoring.objective, **options["claim"]}
    if records.is_grid and "document" not in options:
        stated.setdefault("points", "fixed")
    return stated


def _once(records: Records, found: Chosen) -> tuple[Records, list[OddRow], list[str]]:
    """The records with one row for each run, what was left out of them, and sentences on it."""
    odd, notes = list(records.odd), []
    index = {column.index for column in found.columns if column.written.strip().lower() in INDEXES}
    keys = [tuple(str(cell) for i, cell in enumerate(row) if i not in index) for row in records.rows]
    copies = repeated(keys)
    if copies:
        odd += [OddRow(COPIES)] * len(copies)
        notes.append(
            f"{len(copies):,} rows agree with an earlier one in every cell: they are left out as copies. If they are "
            "trainings of their own, number them in a column `repeat`."
        )
    few = _without(records, copies)
    apart = [source.column for name, source in found.fields.sources.items() if name in APART]
    history = None if "phase" in found.fields.sources else history_of(few, found.columns, found.point, apart)
    if history is not None:
        odd += [OddRow(EARLIER)] * len(history.earlier)
        notes.append(
            f"The table has several rows for each run, by {history.column.written}: the last one of each run counts, "
            f"and {len(history.earlier):,} earlier ones are left out."
        )
        few = _without(few, history.earlier)
    return few, odd, notes


def _without(records: Records, places: frozenset[int]) -> Records:
    kept = [i for i in range(len(records.rows)) if i not in places]
    return replace(records, rows=[records.rows[i] for i in kept], places=[records.places[i] for i in kept])


def _measurements(
    records: Records, found: Chosen, scoring: Scoring, options: Mapping[str, Any], asked: Asked
) -> tuple[Placed, list[OddRow]]:
    """The rows that are measurements, and the others.

    Raises:
        SpecError: a row must not be left out, or too few remain.
    """
    with_document = options.get("document") is not None
    reader = RowReader(
        records,
        found,
        scoring,
        missing_diverged=bool(options.get("failed_as_diverged")) and not with_document,
        may_be_missing=with_document and scoring.objective == "epochs_to_target",
        is_own=asked.own is not None and asked.own.names != NATIVE,
    )
    phase = found.fields.sources.get("phase")
    rows: Placed = []
    odd: list[OddRow] = []
    firm: list[OddRow] = []
    for i, place in enumerate(records.places):
        read = reader.read(i)
        if isinstance(read, Measurement):
            rows.append((place, read))
            continue
        odd += read[:1]
        faults = [row for row in read if row.problem is not None]
        if with_document or (phase is not None and str(records.rows[i][phase.column.index] or "").strip()):
            firm += faults
    if firm or (with_document and records.odd):
        raise SpecError([row.problem for row in (*records.odd, *firm) if row.problem is not None])
    _require_unit(odd, found, len(rows))
    require_enough(sum(row.state == COMPLETE for _, row in rows), [*records.odd, *odd])
    return rows, odd


def _require_unit(odd: Sequence[OddRow], found: Chosen, sound: int) -> None:
    """Refuse a column of values of which too many are out of range.

    Raises:
        SpecError: more than a tenth, and more than one.
    """
    beyond = [row for row in odd if row.reason == f"whose {found.value.written} is {OUT_OF_RANGE}"]
    if not are_few(len(beyond), len(beyond) + sound):
        raise SpecError([row.problem for row in beyond if row.problem is not None])


def _counting(rows: Placed, options: Mapping[str, Any]) -> tuple[Placed, list[OddRow]]:
    """The rows that count, few enough to be judged, and the others; all of them where a document is to be followed."""
    failed = [row for _, row in rows if row.state == FAIL]
    odd: list[OddRow] = []
    if failed and len(failed) < len(rows) and not options.get("failed_as_diverged"):
        rows, odd = [(place, row) for place, row in rows if row.state != FAIL], [OddRow(FAIL)] * len(failed)
    if options.get("document") is not None or not rows:
        return rows, odd
    only = {"eta": rows[0][1].eta, "alpha": rows[0][1].alpha, "diverged": True}
    stays = partial(_stays, table_of({**options, "rows": [only]}).stated_claim)
    out = thinned([row for _, row in rows], stays, most_points=MAX_POINTS, most_rows=MAX_ROWS)
    return [row for i, row in enumerate(rows) if i not in out], [*odd, *[OddRow(THINNED)] * len(out)]


def _stays(claim: Claim, row: Measurement) -> bool:
    return row.phase in (*PAIRED_PHASES, Phase.CV) or at_claim(claim, row)


def _table(found: Chosen, rows: Placed, options: Mapping[str, Any]) -> TrialTable:
    """The table; its problems at the places of their rows.

    Raises:
        SpecError: rows contradict each other, the claim or the document.
    """
    usual = _only_loss(options.get("document"))
    try:
        dumped = [usual | row.model_dump(mode="json", exclude_unset=True) for _, row in rows]
        return table_of({**options, "rows": dumped})
    except SpecError as error:
        problems = [Problem(_place(found, field, rows), text) for field, text in error.problems]
        raise SpecError(problems, unlisted=error.unlisted) from None


def _only_loss(document: Any) -> dict[str, Any]:
    """The loss of rows that name none, beside a document that names none either: trials that `golden next` planned."""
    losses = document.get("losses") if isinstance(document, Mapping) else None
    return {"loss": OWN} if losses == [OWN] else {}


def _place(found: Chosen, field: str, rows: Placed) -> str:
    """`rows.3.value` as the row's place and the column's name there; other fields as they are."""
    parts = field.split(".")
    if parts[0] != "rows" or len(parts) < 2 or not parts[1].isdigit():
        return field
    column = f", column {found.name_of(parts[2])[:40]}" if len(parts) > 2 else ""
    return f"{rows[int(parts[1])][0]}{column}"


def _mapping(found: Chosen, asked: Asked) -> str:
    """A sentence on columns that the verdict calls otherwise than the table does."""
    called = tuple(SHOWN_AS.values()) if asked.own is None or asked.own.names == NATIVE else asked.own.names
    read = [
        f"{column.written[:40]} as {shown}"
        for name, shown, column in zip(NATIVE, called, found.point, strict=True)
        if column.written.strip().lower() not in (name, shown.lower())
    ]
    repeat = found.fields.sources.get("repeat")
    if repeat is not None and repeat.column.plain != "repeat":
        read.append(f"{repeat.column.written[:40]} as repeat")
    return f"Read {', '.join(read)}." if read else ""


def _commas(records: Records, found: Chosen) -> str:
    read = [column.index for column in (*found.point, found.value)]
    cells = (row[i] for row in records.rows for i in read) if records.decimal_comma else ()
    return (
        "Commas in numbers are decimal commas." if any("," in cell for cell in cells if isinstance(cell, str)) else ""
    )


def _diverged(records: Records, found: Chosen, scoring: Scoring) -> str:
    """A sentence on runs that count as diverged by what is written as their value, and by nothing else."""
    values, name = numbers_of(records, found.value), found.value.written[:40]
    worst = sum(scoring.is_worst(value) for value in values if abs(value) == float("inf"))
    nans = sum(is_nan_word(row[found.value.index]) for row in records.rows)
    if "phase" in found.fields.sources:
        nans = 0  # which are refused there
    said = [f"{_runs(count)} with {what} {name}" for count, what in ((worst, "an infinite"), (nans, "nan as")) if count]
    verb = "counts" if worst + nans == 1 else "count"
    return f"{' and '.join(said)} {verb} as diverged." if said else ""


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
