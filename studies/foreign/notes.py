"""Sentences that stand beside the verdict on a table: what of it does not count, and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studies.foreign.same_rows import ALIKE
from studies.foreign.table import TrialTable
from studies.foreign.typing_rows import VALUELESS
from studies.verdict.sameness import Seen, constant_result, constant_sentence, same_on_all_seeds

FAILED = "FAIL"
MOST_NAMED = 20  # columns that a note lists


def notes_on(table: TrialTable, left_out: Mapping[str, int]) -> tuple[str, ...]:
    """Sentences on rows that do not count and on what nobody stated; empty ones where there is nothing to say."""
    said = (_left_out_note(left_out), _alike_note(left_out), _noise_note(table))
    return *said, _grid_note(table), _claim_note(table)


def _left_out_note(left_out: Mapping[str, int]) -> str:
    """Sentences on the rows that do not count: those that are not complete by state, then the others by reason."""
    states = [f"{count:,} {name}" for name, count in left_out.items() if name.isupper()]
    others = [f"{count:,} {name}" for name, count in left_out.items() if not name.isupper()]
    cure = "; if they failed because they diverged, count them so (--failed-as-diverged, `failed_as_diverged`)"
    said = [f"Left out, since not complete: {', '.join(states)}{cure if FAILED in left_out else ''}."] if states else []
    if others:
        hint = "; --failed-as-diverged counts runs without a value as diverged" if VALUELESS in left_out else ""
        said.append(f"Left out: {', '.join(others)}{hint}.")
    return " ".join(said)


def _alike_note(left_out: Mapping[str, int]) -> str:
    if ALIKE not in left_out:
        return ""
    return (
        "Runs of one point never differ in value: they are copies, or a training without chance. They count once, and "
        "say nothing about the noise of a run."
    )


def _noise_note(table: TrialTable) -> str:
    """That planned runs do not vary with their seeds; rows without phases are looked at by `same_rows`."""
    measure = table.own_measure
    if measure is None:
        return ""
    for rows in table.sweeps.values():
        planned = [(i, row) for i, row in enumerate(rows) if row.phase is not None]
        seen = [
            Seen((row.eta, row.alpha), None if row.diverged else row.value, seed=i, part=row.fold) for i, row in planned
        ]
        constant = constant_result(seen)
        if constant is not None:
            return _sentence(constant_sentence(constant, table.axes.names))
        same = same_on_all_seeds(seen, measure)
        if same is not None:
            return _sentence(same.sentence(table.axes.names))
    return ""


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."


def _grid_note(table: TrialTable) -> str:
    if table.document is not None or table.design != "grid":
        return ""
    return "The points are a full grid, so they count as fixed; if earlier values chose them, add --points adaptive."


def _claim_note(table: TrialTable) -> str:
    if table.document is not None or "claim" in table.model_fields_set:
        return ""
    claim = table.stated_claim
    point = f"({claim.eta:.3g}, {claim.alpha:.3g})"
    return (
        f"No claim is named, so {claim.title} {point} is judged; name yours by --claim lr=0.1,momentum=0.9 (`claim`)."
    )


def ignored_note(names: Sequence[str]) -> str:
    """A sentence on the columns that are ignored; "" where there are none."""
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Columns that no verdict reads: {', '.join(names[:MOST_NAMED])}{more}."
