"""Each schedule once more, step by step in plain Python and exact fractions of the training; nothing of theirs is used.

A schedule without an entry here fails the tests that go through `schedules.names()`; one that measures has its solo
reference in `worker/training/solo_measured.py`, and settings here under which its rates move.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import torch

from worker.training import schedules
from worker.training.lanes import Fold
from worker.training.rates import Length

Settings = tuple[tuple[str, float | str | tuple[float, ...]], ...]
Solo = Callable[[int, Length, float, float, Mapping[str, Any]], tuple[float, float]]


def _constant(t: int, length: Length, eta: float, alpha: float, own: Mapping[str, Any]) -> tuple[float, float]:
    return eta, alpha


def _step(t: int, length: Length, eta: float, alpha: float, own: Mapping[str, Any]) -> tuple[float, float]:
    """A fall holds where its moment lies before the end of the step; one at the very end of the training does not."""
    every = Fraction(own["every"]).limit_denominator(10**6)
    falls = 0
    while (falls + 1) * every < 1 and (falls + 1) * every * length.steps < t + 1:
        falls += 1
    for _ in range(falls):
        eta *= own["factor"]
    return eta, alpha


def _cosine(t: int, length: Length, eta: float, alpha: float, own: Mapping[str, Any]) -> tuple[float, float]:
    passed = Fraction(t, length.steps - 1) if length.steps > 1 else Fraction(1)
    return eta * (own["end"] + (1 - own["end"]) * math.cos(math.pi * float(passed) / 2) ** 2), alpha


def _passed(t: int, steps: int, share: float) -> Fraction:
    """The part of the last share's straight line that lies behind step t."""
    fall = math.ceil(Fraction(share).limit_denominator(10**6) * steps)
    if t == steps - 1:
        return Fraction(1)
    return max(Fraction(0), Fraction(t - (steps - fall), fall - 1)) if fall > 1 else Fraction(0)


def _anneal_eta(t: int, length: Length, eta: float, alpha: float, own: Mapping[str, Any]) -> tuple[float, float]:
    passed = float(_passed(t, length.steps, own["share"]))
    return eta * (1 - passed) + eta * own["end"] * passed, alpha


def _anneal_alpha(t: int, length: Length, eta: float, alpha: float, own: Mapping[str, Any]) -> tuple[float, float]:
    passed = float(_passed(t, length.steps, own["share"]))
    return eta, alpha - max(0.0, alpha - own["end"]) * passed


def _table(t: int, length: Length, eta: float, alpha: float, own: Mapping[str, Any]) -> tuple[float, float]:
    return eta * own["shares"][t // length.steps_per_epoch], alpha


RATES: dict[str, Solo] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "anneal_eta": _anneal_eta,
    "anneal_alpha": _anneal_alpha,
    "table": _table,
}

# Settings under which the rates of a training of at most six epochs move, as far as the schedule lets them.
SETTINGS: dict[str, Settings] = {
    "constant": (),
    "step": (("factor", 0.3), ("every", 0.3)),
    "cosine": (("end", 0.05),),
    "anneal_eta": (("end", 0.1), ("share", 0.6)),
    "anneal_alpha": (("end", 0.2), ("share", 0.7)),
    "table": (("shares", (0.5, 1.0, 0.7, 0.1, 0.4, 0.2)),),
    "mi_decay": (("lo", 0.05), ("hi", 0.9), ("tau", 0.3), ("held", 0.2)),
}


def _variants() -> dict[str, tuple[str, Settings]]:
    found = {name: (name, settings) for name, settings in SETTINGS.items()}
    for name in schedules.names():
        measures = schedules.measured(name)
        for parameter, words in () if measures is None else measures.CHOICES.items():
            found |= {f"{name}-{word}": (name, (*SETTINGS[name], (parameter, word))) for word in words[1:]}
    return found


# Every schedule, and again with each of its own words but the default: name and settings by a name for the test.
VARIANTS = _variants()


def noisy(fold: Fold, schedule: str) -> Fold:
    """The fold, with a third of its labels drawn anew for a schedule that measures: else all is known at once."""
    if schedules.measured(schedule) is None:
        return fold
    generator = torch.Generator().manual_seed(7)
    labels = fold.train_labels.cpu()
    drawn = torch.randint(0, fold.classes, labels.shape, generator=generator)
    blurred = torch.where(torch.rand(labels.shape, generator=generator) < 1 / 3, drawn, labels)
    return replace(fold, train_labels=blurred.to(fold.train_labels.device))
