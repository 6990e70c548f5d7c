"""Words for the faults that a table's model finds."""

from __future__ import annotations

from studies.foreign.rows import COLUMNS, meant
from studies.language.validation import Error, field_text, shown


def row_text(error: Error) -> str:
    """The fault of a field of a table in words: the cure where tables have one of their own, else that of studies."""
    place = error["loc"]
    column = str(place[-1]) if place else ""
    if error["type"] == "extra_forbidden" and place[0] == "rows":
        likely = meant(column, ())
        return f"is no column; did you mean `{likely}`?" if likely else f"is no column; there are {', '.join(COLUMNS)}"
    if column == "phase" and error["type"] == "enum":
        return f"{shown(error['input'])} is no phase; write map, widen, zoom, confirm, controls, search or cv"
    if column == "cause" and error["type"] == "enum":
        return f"{shown(error['input'])} is no cause; write diverged, untrained or chance, or leave it out"
    if column == "arm" and error["type"] == "string_pattern_mismatch":
        arms = (
            "claim, best, inside, outside, opposite, likeliest, rival, default, mate:<alpha>, decoy:<number> or point"
        )
        return f"{shown(error['input'])} is no arm; write {arms}"
    return field_text(error)
