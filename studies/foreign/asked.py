"""What is asked of trials measured elsewhere, and a table with what of its source it has not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studies.errors import Problem, SpecError
from studies.foreign.claims import named_point, tolerances_of
from studies.foreign.measures import Measure, parse_measure
from studies.foreign.own_words import OwnWords, own_words
from studies.foreign.table import TrialTable


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks of trials measured elsewhere, beside the fields of a table.

    Attributes:
        measure: names the column of the values.
        names: of the claim's parameters, learning rate first; None: the usual names.
        own: parameters and measure where they are not the paper's.
        tolerance: by parameter, how near to the claim is near; for parameters of the user's own.
    """

    measure: Measure | None = None
    names: tuple[str, str] | None = None
    own: OwnWords | None = None
    tolerance: Mapping[str, float] = field(default_factory=dict)


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
    fields = {name: value for name, value in options.items() if name not in ("claim", "measure", "tolerance")}
    point = named_point(options["claim"]) if options.get("claim") else None
    measure = parse_measure(options["measure"]) if options.get("measure") else None
    if measure is not None and measure.cases is not None and "document" not in fields:
        fields = {"images": measure.cases, **fields}  # a number that is stated apart counts
    tolerance = tolerances_of(options["tolerance"]) if options.get("tolerance") else {}
    own = own_words(fields, point)
    if tolerance and (own is None or own.point is None):
        text = "is for a claim about parameters of your own (--claim); leave it out here"
        raise SpecError([Problem("tolerance", text)])
    if point is not None and own is None:
        fields["claim"] = point.claim
    if own is not None:
        return fields, Asked(measure, own.names, own, tolerance)
    return fields, Asked(measure, point.names if point else None)
