"""The optimum's place by the names of a study's own parameters."""

from __future__ import annotations

from studies.language.claim import Claim
from studies.language.parameters import Parameter
from studies.verdict.location import Location
from studies.verdict.model import Interval, ParameterPlace


def parameter_places(claim: Claim, location: Location) -> tuple[ParameterPlace, ...]:
    """Claim, neighbourhood and estimate along each parameter; none for the paper's eta and alpha."""
    axes = claim.axes
    if axes.is_paper:
        return ()
    rows = zip(axes.both, (claim.first, claim.second), claim.half_widths, (location.eta, location.alpha), strict=True)
    return tuple(_place(*row) for row in rows)


def _place(parameter: Parameter, claimed: float, half: float, found: Interval) -> ParameterPlace:
    middle = float(parameter.coordinate(claimed))
    near_low, near_high = parameter.value([middle - half, middle + half]).tolist()
    return ParameterPlace(
        name=parameter.name,
        scale=parameter.scale,
        claim=claimed,
        near_low=max(near_low, 0.0) if parameter.scale == "log_one_minus" else near_low,
        near_high=near_high,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
    )
