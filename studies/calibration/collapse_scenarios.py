"""Scenarios of kind `collapse`: runs that train and then fall, on surfaces that also exist without them (twins).

A twin draws the same random numbers as its scenario without collapses, so that their counts differ by the collapses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from studies.calibration.collapse import Collapse
from studies.calibration.landscapes import GOLDEN_U, GOLDEN_V, SCENARIOS, Scenario

SHARE = 0.06
DEPTHS = {"half": 0.5, "one": 1.0, "two": 2.0, "chance": math.inf}  # logit
MEMORY = -math.log(1.0 - 0.975)  # u at alpha 0.975
W = Scenario(
    "W",
    "alpha 0.975, the claim loses 0.10 logit (1.6 margins)",
    GOLDEN_V + GOLDEN_U - MEMORY,
    MEMORY,
    curvature=0.2 / (MEMORY - GOLDEN_U) ** 2,
    sigma=0.065,
    kind="collapse",
)
_BASES = {key: SCENARIOS[key] for key in ("A", "F", "P")} | {"W": W}


def collapse_scenarios() -> dict[str, Scenario]:
    """Scenarios by key, those without collapses that no other kind has among them."""
    found = [W, *_everywhere(), *_growing(), *_at_claim()]
    return {scenario.key: scenario for scenario in found}


def _twin(base: Scenario, name: str, text: str, collapse: Collapse) -> Scenario:
    return replace(
        base, key=f"{base.key}-{name}", text=f"{base.text}; {text}", collapse=collapse, twin=base.key, kind="collapse"
    )


def _everywhere() -> Iterator[Scenario]:
    for base in _BASES.values():
        for name, depth in DEPTHS.items():
            text = "to chance" if math.isinf(depth) else f"{depth:g} logit low"
            yield _twin(base, name, f"6 % of runs {text}", Collapse(SHARE, depth))


def _growing() -> Iterator[Scenario]:
    """Collapse that grows along the ridge: 1 % at alpha 0, 6 % at the claim, 22 % at alpha 0.97."""
    for key in ("A", "F"):
        text = "collapse grows along the ridge"
        yield _twin(_BASES[key], "growing", text, Collapse(SHARE, 2.0, growth=0.9))


def _at_claim() -> Iterator[Scenario]:
    base = _BASES["A"]
    for percent in (12, 25):
        collapse = Collapse(0.0, 2.0, at_claim=percent / 100)
        yield _twin(base, f"claim{percent}", f"{percent} % of the claim's runs 2 logit low", collapse)
    yield _twin(base, "claim25chance", "25 % of the claim's runs to chance", Collapse(0.0, math.inf, at_claim=0.25))
    both = Collapse(0.05, 2.0, at_claim=0.30)
    yield _twin(base, "claim30", "30 % of the claim's runs 2 logit low, 5 % of others", both)
