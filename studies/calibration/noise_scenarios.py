"""Scenarios of kind `noise`: what the shared and the single run's randomness may do, and runs that never train."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from studies.calibration.landscapes import NOISE, SCENARIOS, Scenario

FEW_IMAGES = 200
EFFECT = 4.0 * NOISE  # deviation of a block's effect, logit
SLOW = -5.0  # ln of the effective rate below which a run is still at chance; the tops lie at -2.1
_A, _F, _J = (SCENARIOS[key] for key in "AFJ")


def noise_scenarios() -> dict[str, Scenario]:
    """Scenarios by key."""
    return {s.key: replace(s, kind="noise") for s in (*_blocks(), *_images(), *_tails(), *_fates())}


def _blocks() -> Iterator[Scenario]:
    paired = "paired blocks' effects 4 sigma"
    yield replace(_A, key="blocks-in", text=f"golden, {paired}", paired_effect=EFFECT)
    for base, name, where in ((_A, "in", "golden"), (_F, "out", "alpha 0.97")):
        text = f"{where}, effects of all blocks 4 sigma"
        yield replace(base, key=f"split-{name}", text=text, paired_effect=EFFECT, located_effect=EFFECT)


def _images() -> Iterator[Scenario]:
    for base, name, where in ((_A, "in", "golden"), (_F, "out", "alpha 0.97"), (_J, "flat", "no signal")):
        yield replace(base, key=f"images-{name}", text=f"{where}, {FEW_IMAGES} test images", images=FEW_IMAGES)


def _tails() -> Iterator[Scenario]:
    for base, name, where in ((_A, "in", "golden"), (_F, "out", "alpha 0.97"), (_J, "flat", "no signal")):
        yield replace(base, key=f"t3-{name}", text=f"{where}, noise of Student's t with 3 df", tails=3.0)


def _fates() -> Iterator[Scenario]:
    """Runs that stay at chance because they learn too slowly, and runs that diverge beyond a rate (T and U, too)."""
    for base, name, where in ((_A, "in", "golden"), (_F, "out", "alpha 0.97")):
        yield replace(base, key=f"slow-{name}", text=f"{where}, tiny rates untrained", untrained=SLOW)
    text = "golden, tiny rates untrained, large ones diverged"
    yield replace(_A, key="slow-diverging", text=text, untrained=SLOW, diverges=math.log(3.0))
