"""A claim as one line: `lr=0.1,momentum=0.9`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studies.errors import Problem, SpecError
from studies.foreign.cells import Fault, number
from studies.foreign.names import ALPHA_NAMES, BETA_NAMES, ETA_NAMES, plain_name

EXAMPLE = "write its two parameters and their values, such as lr=0.1,momentum=0.9"


@dataclass(frozen=True, slots=True)
class NamedPoint:
    """A claimed point and the names of its parameters, a learning rate first."""

    names: tuple[str, str]
    point: tuple[float, float]

    @property
    def is_usual(self) -> bool:
        """True for a learning rate and a momentum weight by their names, which are judged as eta and alpha."""
        return plain_name(self.names[0]) in ETA_NAMES and plain_name(self.names[1]) in ALPHA_NAMES

    @property
    def claim(self) -> dict[str, Any]:
        """The fields of a `Claim` at this point."""
        (rate, weight), (eta, alpha) = self.names, self.point
        return {"title": f"{rate} = {eta:g}, {weight} = {alpha:g}", "eta": eta, "alpha": alpha, "curve": "none"}


def named_point(text: str) -> NamedPoint:
    """The claim that a line states. The first parameter is the learning rate unless the names say otherwise.

    Raises:
        SpecError: the line does not state two numbers with their names.
    """
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    if len(parts) != 2 or any("=" not in part for part in parts):
        raise SpecError([Problem("claim", f"{text[:60]!r} names no point; {EXAMPLE}")])
    found: list[tuple[str, float]] = []
    for part in parts:
        name, _, written = (piece.strip() for piece in part.rpartition("="))
        value = number(written)
        if not name or len(name) > 80 or isinstance(value, Fault):
            raise SpecError([Problem("claim", f"{part[:60]!r} is no name with a number; {EXAMPLE}")])
        found.append((name, value))
    if found[0][0] == found[1][0]:
        raise SpecError([Problem("claim", f"names {found[0][0][:40]} twice; {EXAMPLE}")])
    (first, one), (second, other) = reversed(found) if _is_reversed(found[0][0], found[1][0]) else found
    return NamedPoint((first, second), (one, other))


def tolerances_of(text: str) -> dict[str, float]:
    """How near is near by parameter, from a line such as `depth=1` or `depth=1,lr=2`.

    Raises:
        SpecError: a part is no name with a positive number.
    """
    found: dict[str, float] = {}
    for part in text.replace(";", ",").split(","):
        name, _, written = (piece.strip() for piece in part.rpartition("="))
        value = number(written)
        if not name or isinstance(value, Fault) or not value > 0.0:
            text = f"{part.strip()[:60]!r} is no name with a positive number; write NAME=NUMBER, such as depth=1"
            raise SpecError([Problem("tolerance", text)])
        found[name] = value
    return found


def _is_reversed(first: str, second: str) -> bool:
    """True where only the other order fits the usual names."""
    weights = (*ALPHA_NAMES, *BETA_NAMES)
    return (plain_name(first) in weights and plain_name(second) not in weights) or (
        plain_name(second) in ETA_NAMES and plain_name(first) not in ETA_NAMES
    )
