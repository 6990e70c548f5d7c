"""Failures of schemathesis' checks that are no faults, each with its reason: what the OpenAPI document cannot say.

An explanation holds for one check, for the operations, callers and answers that it names, and for nothing else. Where an
answer lists problems, every one of them must be explained. `run.py` reports entries that never occurred.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ACCEPTED, REJECTED = "positive_data_acceptance", "negative_data_rejection"
DOCUMENTS = r"POST /api/v1/studies(/preview)?"


@dataclass(frozen=True)
class Explanation:
    """A failure that is to be expected.

    Attributes:
        check: its name in schemathesis.
        operation: pattern of the whole label, such as "GET /healthz".
        problem: pattern that begins the line "field: message" of a problem; "" where there need be none.
        why: the reason.
    """

    check: str
    operation: str
    problem: str
    why: str

    def fits(self, check: str, operation: str) -> bool:
        """True for a failure of this check at this operation."""
        return check == self.check and re.fullmatch(self.operation, operation) is not None


EXPLANATIONS: tuple[Explanation, ...] = ()


def explained(check: str, operation: str, problems: Iterable[str]) -> list[Explanation]:
    """The entries that explain a failure together; none where a part of it stays unexplained."""
    entries = [entry for entry in EXPLANATIONS if entry.fits(check, operation)]
    found = []
    for problem in list(problems) or [""]:
        entry = next((e for e in entries if re.match(e.problem, problem)), None)
        if entry is None:
            return []
        found.append(entry)
    return found


def problems_of(answer: Any) -> list[str]:
    """The lines "field: message" of a problem answer; its detail where it lists none."""
    if not isinstance(answer, dict):
        return []
    lines = [f"{error['field']}: {error['message']}" for error in answer.get("errors", [])]
    return lines or [str(answer.get("detail", ""))]
