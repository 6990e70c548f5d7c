"""Scenarios of kind `random`: one drawn landscape for each simulated study, its truth found numerically."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal
from zlib import crc32

import numpy as np

from studies.calibration.collapse import Collapse
from studies.calibration.highest import Place
from studies.calibration.landscapes import GOLDEN_U, GOLDEN_V, Scenario
from studies.calibration.random_shape import Features, RandomShape, draw
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.verdict.neighbourhood import inside, limits

Where = Literal["inside", "outside", "anywhere"]
TRIES = 200  # drawn landscapes until one has its top where it is wanted
MARGIN = 0.5  # ln units: ridges have their own top at least this far from the box's edges


@dataclass(frozen=True, slots=True)
class RandomScenario:
    """A kind of random landscape: study i of a seed has a landscape of its own."""

    key: str
    text: str
    where: Where  # its top, seen from the claim's neighbourhood
    features: Features
    collapse: Collapse | None = None
    twin: str = ""
    kind: str = "random"

    @property
    def stream(self) -> int:
        """Seed of the scenario's random numbers, equal for twins."""
        return crc32((self.twin or self.key).encode())

    def study(self, seed: int, number: int) -> Scenario:
        """The landscape of one simulated study; the same for twins."""
        drawn = _drawn(seed, self.stream, number, self.where, self.features)
        return replace(drawn, key=self.key, text=self.text, collapse=self.collapse, twin=self.twin)


def random_scenarios() -> dict[str, RandomScenario]:
    """Scenarios by key."""
    smooth, hilly, cliffs = Features(), Features(hills=3), Features(hills=1, cliffs=1.0)
    found = (
        RandomScenario("random-in", "random, top in N", "inside", smooth),
        RandomScenario("random-out", "random, top outside N", "outside", smooth),
        RandomScenario("random-hills", "random, up to three hills", "anywhere", hilly),
        RandomScenario("random-cliff", "random, with a cliff", "anywhere", cliffs),
        RandomScenario("random-rough", "random, rough field", "anywhere", Features(roughness=0.4, hills=1)),
        RandomScenario(
            "random-in-two",
            "random, top in N; 6 % of runs 2 logit low",
            "inside",
            smooth,
            Collapse(0.06, 2.0),
            "random-in",
        ),
        RandomScenario(
            "random-out-two",
            "random, top outside N; 6 % of runs 2 logit low",
            "outside",
            smooth,
            Collapse(0.06, 2.0),
            "random-out",
        ),
    )
    return {scenario.key: scenario for scenario in found}


@lru_cache(maxsize=512)
def _drawn(seed: int, stream: int, number: int, where: Where, features: Features) -> Scenario:
    rng = np.random.default_rng([seed, stream, number, 1])
    for _ in range(TRIES):
        shape = draw(rng, features, _place(rng, where))
        if where == "anywhere" or bool(inside(Claim(), np.array([shape.top]))[0]) is (where == "inside"):
            break
    return _scenario(rng, shape)


def _place(rng: np.random.Generator, where: Where) -> Place:
    """Where the ridge has its own top: near the claim for tops inside, else anywhere in the box."""
    if where == "inside" or (where == "anywhere" and rng.random() < 0.5):
        v, u = np.array([GOLDEN_V, GOLDEN_U]) + rng.uniform(-0.6, 0.6, 2)
    else:
        box = limits(SearchSpace())
        v, u = rng.uniform(box[:, 0] + MARGIN, box[:, 1] - MARGIN)
    return float(v), float(u)


def _scenario(rng: np.random.Generator, shape: RandomShape) -> Scenario:
    sigma, growth = float(np.exp(rng.uniform(np.log(0.06), np.log(0.2)))), float(rng.uniform(0.0, 2.0))
    v, u = shape.top
    return Scenario("random", "random", v, u, shape.curvature, sigma=sigma, growth=growth, shape=shape, kind="random")
