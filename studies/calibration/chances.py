"""Records of a simulated power: the shares, what they assume, and nothing that simulates.

They stand apart so that a client of the service can read them without loading the procedure.
"""

from __future__ import annotations

from dataclasses import dataclass

from studies.calibration.landscapes import NOISE, STEEPNESS
from studies.verdict.model import Outcome

MARGIN = 0.15  # of a share: once its interval reaches no farther to either side, nothing more is simulated


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n`; low and high: exact two-sided 95 % interval (Clopper & Pearson 1934), None where n is 0."""

    estimate: float | None
    count: int
    n: int
    low: float | None
    high: float | None

    def is_within(self, margin: float) -> bool:
        """True if the interval reaches no farther than `margin` to either side of the estimate."""
        if self.estimate is None or self.low is None or self.high is None:
            return False
        return max(self.estimate - self.low, self.high - self.estimate) <= margin


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Assumptions of the simulation, and their source."""

    sigma: float = NOISE  # deviation of one run at the optimum, logit
    across: float = STEEPNESS  # curvature of the response across the ridge, logit per squared ln unit
    along: float = 0.2  # the same along it
    source: str = "assumed"  # or the pilot's name


@dataclass(frozen=True, slots=True)
class Chance:
    """Share of simulated studies with the right verdict, the optimum being where `truth` says."""

    truth: str  # ends the words "the optimum lies"
    right: Outcome
    share: Share


@dataclass(frozen=True, slots=True)
class Power:
    """The chances that a design decides, under stated assumptions."""

    assumptions: Assumptions
    chances: tuple[Chance, ...]
    settled: bool = True  # every chance is known to within MARGIN; False: the time ran out before that
