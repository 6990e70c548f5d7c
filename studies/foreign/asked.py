"""What is asked of trials measured elsewhere, and a table with what of its source it has not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studies.foreign.claims import named_point
from studies.foreign.measures import Measure, parse_measure
from studies.foreign.table import TrialTable


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks of trials measured elsewhere, beside the fields of a table.

    Attributes:
        measure: names the column of the values.
        names: of the claim's parameters, learning rate first; None: the usual names.
    """

    measure: Measure | None = None
    names: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read, and what of its source it has not."""

    table: TrialTable
    left_out: dict[str, int] = field(default_factory=dict)  # rows by reason
    ignored_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # sentences on how it was read


NOTHING_ASKED = Asked()


def asked_of(options: Mapping[str, Any]) -> tuple[dict[str, Any], Asked]:
    """Fields of a table, and what else is asked, from options that have `claim` and `measure` as lines of text.

    Raises:
        SpecError: a line is not acceptable; its problem names `claim` or `measure`.
    """
    fields = {name: value for name, value in options.items() if name not in ("claim", "measure")}
    point = named_point(options["claim"]) if options.get("claim") else None
    measure = parse_measure(options["measure"]) if options.get("measure") else None
    if point is not None:
        fields["claim"] = point.claim
    return fields, Asked(measure, point.names if point else None)
