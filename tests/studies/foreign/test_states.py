"""States in the words of the tools."""

from __future__ import annotations

from typing import Any

import pytest

from studies.foreign.states import state_of


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("COMPLETE", "COMPLETE"),
        ("TrialState.COMPLETE", "COMPLETE"),
        ("finished", "COMPLETE"),
        ("FINISHED", "COMPLETE"),
        ("TERMINATED", "COMPLETE"),
        ("STATUS_SUCCESS", "COMPLETE"),
        ("COMPLETED", "COMPLETE"),
        ("", "COMPLETE"),
        (None, "COMPLETE"),
        ("crashed", "FAIL"),
        ("ERROR", "FAIL"),
        ("STATUS_FAILURE", "FAIL"),
        ("FAILED", "FAIL"),
        ("killed", "KILLED"),
        ("pruned", "PRUNED"),
        ("running", "RUNNING"),
        ("SCHEDULED", "WAITING"),
        ("California", None),
    ],
)
def test_states(cell: Any, state: str | None) -> None:
    assert state_of(cell) == state
