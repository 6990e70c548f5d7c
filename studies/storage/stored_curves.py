"""Curves as the database keeps them: JSON lists, one number or null an epoch, of mean rates one a measurement.

The text of the training loss is an object where a run has curves that few have, with the loss's own among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Curve = tuple[float | None, ...]


LOSS = "loss"
RATES = ("rate_epochs", "first_rate", "last_rate", "first_used_rate", "last_used_rate")  # one entry a measurement
RARE = ("implicit_rate", "harmful", "eta", "eta_last", *RATES)  # beside the loss, where there are any


def curve_of(text: str) -> Curve:
    """A curve from its stored text."""
    stored = json.loads(text)
    return tuple(stored[LOSS] if isinstance(stored, dict) else stored)


def rare_of(text: str) -> dict[str, Curve]:
    """The curves that few runs have, by the names in `RARE`, from the text of the loss; empty where it has none."""
    stored = json.loads(text)
    return {name: tuple(stored.get(name, ())) if isinstance(stored, dict) else () for name in RARE}


def text_of(curve: Sequence[float | None]) -> str:
    """A curve as it is stored."""
    return _json(list(curve))


def loss_text(loss: Sequence[float | None], rare: Mapping[str, Sequence[float | None]]) -> str:
    """The training loss as it is stored, with the run's rare curves."""
    found = {name: list(rare[name]) for name in RARE if rare.get(name)}
    return _json({LOSS: list(loss), **found}) if found else text_of(loss)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
