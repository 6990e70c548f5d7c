"""A claim as one line."""

from __future__ import annotations

import pytest

from studies.errors import SpecError
from studies.foreign.claims import named_point


@pytest.mark.parametrize(
    ("text", "names", "point"),
    [
        ("lr=0.1,momentum=0.9", ("lr", "momentum"), (0.1, 0.9)),
        ("momentum = 0.9 ; lr = 1e-1", ("lr", "momentum"), (0.1, 0.9)),
        ("beta1=0.9,x=0.1", ("x", "beta1"), (0.1, 0.9)),
        ("rate=0.1,decay=0.9", ("rate", "decay"), (0.1, 0.9)),
        ("params/lr=0.1,params/momentum=0.9", ("params/lr", "params/momentum"), (0.1, 0.9)),
        ("a=b=0.1,c=0.9", ("a=b", "c"), (0.1, 0.9)),
    ],
)
def test_two_names_and_two_numbers(text: str, names: tuple[str, str], point: tuple[float, float]) -> None:
    found = named_point(text)
    assert (found.names, found.point) == (names, point)
    assert found.claim["title"] == f"{names[0]} = 0.1, {names[1]} = 0.9"
    assert (found.claim["eta"], found.claim["alpha"], found.claim["curve"]) == (0.1, 0.9, "none")


@pytest.mark.parametrize(
    "text", ["", "lr=0.1", "0.1,0.9", "lr=x,momentum=0.9", "lr=0,1,momentum=0,9", "lr=1,lr=2", "=1,b=2"]
)
def test_what_is_no_point(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        named_point(text)
    assert caught.value.problems[0].field == "claim"
    assert "such as lr=0.1,momentum=0.9" in caught.value.problems[0].text
