"""What a study can name of a training beside its data: update rules, schedules, backward rules, networks.

Each kind is a table of entries; schema, form, bad-input sentences, documentation and conformance tests are read from
it. Nothing here computes: the arithmetic is in `worker/training`, joined by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Value = float | int | str | bool | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an entry, beside eta and alpha.

    Attributes:
        name: as a document has it.
        default: used where a document states none; its type is the parameter's.
        meaning: one phrase, with the unit.
        lowest, highest: bounds of a number, or of each number of a list.
        above: the lowest value is itself excluded.
        below: the highest value is itself excluded.
        choices: values of a text; empty for numbers and flags.
        varies: a study may vary it from trial to trial (numbers only).
        lengths: fewest and most numbers of a list, whose default is a tuple.
    """

    name: str
    default: Value
    meaning: str
    lowest: float = -math.inf
    highest: float = math.inf
    above: bool = False
    below: bool = False
    choices: tuple[str, ...] = ()
    varies: bool = False
    lengths: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a context can name.

    Attributes:
        name: as a document has it; the file of its arithmetic has the same name.
        title: for people.
        formula: what it does, in the signs of the paper.
        source: the paper and equation, or the library, that it follows.
        parameters: of its own.
        networks: that it fits; empty: all.
        reconstruction: no source gives all of it, so every number of it carries that word.
        note: what else a reader must know; "" for nothing.
    """

    name: str
    title: str
    formula: str
    source: str
    parameters: tuple[Parameter, ...] = ()
    networks: tuple[str, ...] = ()
    reconstruction: bool = False
    note: str = ""

    @property
    def own(self) -> list[Parameter]:
        """The parameters of its own that a study may vary."""
        return [parameter for parameter in self.parameters if parameter.varies]


@dataclass(frozen=True, slots=True)
class UpdateRule(Entry):
    """A rule that turns gradients into steps.

    Attributes:
        eta: it has a learning rate; without one, eta is 1.
        alpha: it has a momentum weight; without one, alpha is 0.
        pair: eta and alpha mean what they mean in Eq. 4 of the paper, so a claim about both can be put to it.
    """

    eta: bool = True
    alpha: bool = False
    pair: bool = False


Kind = Literal["update_rule", "schedule", "backward_rule", "network", "initialisation"]
