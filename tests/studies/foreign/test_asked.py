"""What is asked of trials beside the fields of a table."""

from __future__ import annotations

import pytest

from studies.errors import SpecError
from studies.foreign.asked import NOTHING_ASKED, asked_of
from studies.foreign.measures import Measure


def test_lines_become_a_claim_its_names_and_a_measure() -> None:
    fields, asked = asked_of({"claim": "lr=0.1,momentum=0.9", "measure": "reward:max", "points": "fixed"})
    assert (fields["claim"]["eta"], fields["claim"]["alpha"], fields["points"]) == (0.1, 0.9, "fixed")
    assert (asked.names, asked.measure) == (("lr", "momentum"), Measure("reward", True))


def test_nothing_asked() -> None:
    assert asked_of({"images": 100}) == ({"images": 100}, NOTHING_ASKED)


@pytest.mark.parametrize(("options", "field"), [({"claim": "x"}, "claim"), ({"measure": ":max"}, "measure")])
def test_a_line_at_fault_is_named(options: dict[str, str], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        asked_of(options)
    assert [problem.field for problem in caught.value.problems] == [field]
