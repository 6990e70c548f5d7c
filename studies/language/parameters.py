"""A claim's two parameters: their names, their scales and bounds, and the coordinates in which everything is done.

    scale           coordinate                                reading
    log             ln x                                      learning rates, weight decays
    log_one_minus   -ln(1 - x)                                momentum weights: ln of the memory in steps
    linear          LINEAR_SPAN (x - low) / (high - low)      depths, probabilities; of the document's bounds

Whatever is designed, fitted, drawn or measured as a distance works in the two coordinates, in the document's order. The
paper's pair is eta (log) and alpha (log_one_minus), with v = ln eta and u = -ln(1 - alpha).

Only a pair whose document declares the ridge of momentum SGD, eta / (1 - alpha) = const, is fitted across and along it,
in (s, u) = (v + u, u); every other pair is fitted in its coordinates as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationInfo, model_validator

from studies.errors import Problem
from studies.language.door import STRICT, at_the_door
from studies.language.ranges import HIGHEST_ALPHA, HIGHEST_ETA, too_narrow
from studies.language.validation import PARAMETER_NAME, InconsistentError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from studies.coordinates import FloatArray

LINEAR_SPAN = 6.0  # of a linear parameter's range as a coordinate: about what the paper's box measures in ln units
LOWEST, HIGHEST = 1e-30, 1e30  # of a logarithmic parameter
LARGEST = 1e12  # magnitude of a linear parameter's bounds
LEAST_WIDTH = 1e-6  # of a linear range, as a share of its larger bound
ROUNDING = 1e-9  # room for rounding in the last digits of a bound
Scale = Literal["log", "log_one_minus", "linear"]
Name = Annotated[str, Field(pattern=PARAMETER_NAME, description="a letter or underscore, then letters, digits, _ . -")]
LEARNING_RATES = ("eta", "lr", "learning_rate")  # names that the built-in trainer takes for its learning rate
MOMENTUMS = ("alpha", "momentum")  # and for its momentum weight
RESERVED = frozenset(  # columns and fields of exports and reports, which a parameter's own column must not meet
    (
        *("study", "sweep", "loss", "context", "trial", "number", "run", "runs", "phase", "arm", "block", "state"),
        *("value", "values", "outcome", "cause", "diverged", "diverged_at", "divergence", "correct", "accuracy"),
        *("error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target", "n_test", "steps", "seconds"),
        *("stack", "split", "fold", "seed", "order_seed", "init_seed", "replicate", "replicates", "attempt", "worker"),
        *(
            "epoch",
            "epochs",
            "step",
            "started_at",
            "finished_at",
            "parameters",
            "golden_trial",
            "reported",
            "s",
            "u",
            "v",
            "kappa",
        ),
        *("accuracy_curve", "cross_entropy_curve", "loss_curve"),
    )
)
# Columns from after documents could be stored whose parameter is called so.
RESERVED_LATER = frozenset(
    (
        *("cpu_seconds", "implicit_rate_curve", "harmful_curve", "eta_curve", "eta_last_curve", "rate_epochs_curve"),
        *("first_rate_curve", "last_rate_curve", "first_used_rate_curve", "last_used_rate_curve"),
    )
)


class Parameter(BaseModel):
    """One of the claim's two parameters; both bounds are included, points are uniform in its coordinate."""

    model_config = STRICT

    name: Name
    scale: Scale
    low: float
    high: float

    @model_validator(mode="after")
    def _bounded(self, info: ValidationInfo) -> Self:
        problems = list(_range_faults(self, at_door=at_the_door(info)))
        if problems:
            raise InconsistentError(problems)
        return self

    @property
    def is_logarithmic(self) -> bool:
        """True on the two logarithmic scales, on which a tolerance is a factor."""
        return self.scale != "linear"

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds as coordinates."""
        return self.ends(self.low, self.high)

    def ends(self, low: float, high: float) -> tuple[float, float]:
        """Two values as coordinates."""
        if self.scale == "log":
            return math.log(low), math.log(high)
        if self.scale == "log_one_minus":
            return -math.log1p(-low), -math.log1p(-high)
        return tuple(LINEAR_SPAN * (value - self.low) / (self.high - self.low) for value in (low, high))  # type: ignore[return-value]

    def coordinate(self, value: ArrayLike) -> FloatArray:
        """Values as coordinates, of the same shape.

        Raises:
            ValueError: a value is not positive (log), or outside [0, 1) (log_one_minus).
        """
        import numpy as np  # the command line does without it

        values = np.asarray(value, dtype=np.float64)
        if self.scale == "log":
            if np.any(~(values > 0.0)):
                raise ValueError(f"`{self.name}` must be positive everywhere")
            return np.asarray(np.log(values), dtype=np.float64)
        if self.scale == "log_one_minus":
            if np.any(~((values >= 0.0) & (values < 1.0))):
                raise ValueError(f"`{self.name}` must lie in [0, 1) everywhere")
            return np.asarray(-np.log1p(-values), dtype=np.float64)
        return np.asarray(LINEAR_SPAN * (values - self.low) / (self.high - self.low), dtype=np.float64)

    def value(self, coordinate: ArrayLike) -> FloatArray:
        """Coordinates as values, of the same shape; the inverse of `coordinate`."""
        import numpy as np

        at = np.asarray(coordinate, dtype=np.float64)
        if self.scale == "log":
            return np.asarray(np.exp(at), dtype=np.float64)
        if self.scale == "log_one_minus":
            return np.asarray(-np.expm1(-at), dtype=np.float64)
        return np.asarray(self.low + at * ((self.high - self.low) / LINEAR_SPAN), dtype=np.float64)

    def half_width(self, tolerance: float) -> float:
        """A tolerance, a factor on a logarithmic scale, else in the parameter's unit, as a distance."""
        return math.log(tolerance) if self.is_logarithmic else LINEAR_SPAN * tolerance / (self.high - self.low)

    def alike(self, one: float, other: float, tolerance: float) -> bool:
        """True for values that differ by no more than a tolerance: relative, on a linear scale of the range."""
        if self.scale == "log":
            return math.isclose(one, other, rel_tol=tolerance)
        if self.scale == "log_one_minus":
            return math.isclose(1.0 - one, 1.0 - other, rel_tol=tolerance)
        return abs(one - other) <= tolerance * (self.high - self.low)

    def admits(self, value: float) -> bool:
        """True where the scale is defined at a value, inside the bounds or not."""
        if self.scale == "log":
            return 0.0 < value < math.inf
        return 0.0 <= value < 1.0 if self.scale == "log_one_minus" else math.isfinite(value)


def _range_faults(parameter: Parameter, *, at_door: bool) -> Iterator[Problem]:
    """Bounds in the wrong order, off the scale, or too close; a name that is a column's."""
    low, high, scale = parameter.low, parameter.high, parameter.scale
    if not low < high:
        yield Problem("low", f"must be below `high`, got {low} and {high}")
        return
    legal = {"log": (LOWEST, HIGHEST), "log_one_minus": (0.0, HIGHEST_ALPHA), "linear": (-LARGEST, LARGEST)}[scale]
    defined = (
        legal if at_door else {"log": (5e-324, math.inf), "log_one_minus": (0.0, 1.0 - 2.0**-53)}.get(scale, legal)
    )
    for field, value in (("low", low), ("high", high)):
        if not defined[0] <= value <= defined[1]:
            yield Problem(field, f"must lie between {legal[0]:g} and {legal[1]:.12g} on the scale {scale}, got {value}")
            return
    if parameter.name in RESERVED or (at_door and parameter.name in RESERVED_LATER):
        yield Problem("name", f"is {parameter.name!r}, a column of every table of trials; choose another name")
    fault = _too_narrow(parameter) if at_door else None
    if fault:
        yield Problem("", fault)


def _too_narrow(parameter: Parameter) -> str | None:
    low, high, name = parameter.low, parameter.high, parameter.name
    if parameter.scale == "log":
        return too_narrow(high / low, name)
    if parameter.scale == "log_one_minus":
        return too_narrow((1.0 - low) / (1.0 - high), f"1 - {name}")
    if high - low >= LEAST_WIDTH * max(abs(low), abs(high)):
        return None
    return f"`low` and `high` must differ by {LEAST_WIDTH:g} of their size or more; widen the range"


@dataclass(frozen=True, slots=True)
class Axes:
    """The two parameters in the document's order, and whether the ridge of momentum SGD is declared for them.

    Attributes:
        first, second: the parameters.
        ridge: it is declared.
        fixed: learning rate or momentum weight beside them, the same in every trial; of an arm of a comparison.
    """

    first: Parameter
    second: Parameter
    ridge: bool
    fixed: tuple[tuple[str, float], ...] = ()

    @property
    def both(self) -> tuple[Parameter, Parameter]:
        """The two parameters."""
        return self.first, self.second

    @property
    def names(self) -> tuple[str, str]:
        """Their names."""
        return self.first.name, self.second.name

    @property
    def is_paper(self) -> bool:
        """True for the paper's pair: eta on a logarithmic scale, alpha on that of one minus."""
        return is_paper(self.both)

    @property
    def takes_ridge(self) -> bool:
        """True where the scales are those of a learning rate and a momentum weight, so that a ridge may be declared."""
        return (self.first.scale, self.second.scale) == ("log", "log_one_minus")

    @property
    def has_folklore(self) -> bool:
        """True where everyone's default, (0.01, 0.9), is a point of the two parameters."""
        return self.is_paper or self.ridge

    @property
    def has_rate(self) -> bool:
        """True where one of the two is a learning rate by its name, so that advice may speak of it."""
        return any(name in LEARNING_RATES for name in self.names)

    @property
    def symbols(self) -> tuple[str, str]:
        """The parameters as sentences name them."""
        return ("η", "α") if self.is_paper else self.names

    @property
    def reach(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The farthest values that a widened box may reach; a linear parameter, whose limits nobody stated, stays."""
        if self.ridge or self.is_paper:
            return (0.0, HIGHEST_ETA), (0.0, HIGHEST_ALPHA)
        return _reach(self.first), _reach(self.second)

    def named(self, first: float, second: float) -> dict[str, float]:
        """Two values by the parameters' names, in their order."""
        return {self.first.name: first, self.second.name: second}

    def admits(self, first: float, second: float) -> bool:
        """True where both scales are defined at a point."""
        return self.first.admits(first) and self.second.admits(second)

    def coordinates(self, first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Values to coordinates (v, u); errors as of `Parameter.coordinate`."""
        return self.first.coordinate(first), self.second.coordinate(second)

    def values(self, v: ArrayLike, u: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Coordinates back to values; the inverse of `coordinates`."""
        return self.first.value(v), self.second.value(u)

    def points(self, first: ArrayLike, second: ArrayLike) -> FloatArray:
        """Values to points (n, 2) in (v, u)."""
        import numpy as np

        return np.column_stack([np.atleast_1d(axis) for axis in self.coordinates(first, second)])

    def to_fit(self, points: FloatArray) -> FloatArray:
        """(v, u) to the coordinates of every fit, shape (n, 2): (s, u) = (v + u, u) where there is a ridge."""
        import numpy as np

        return np.column_stack([points[:, 0] + points[:, 1], points[:, 1]]) if self.ridge else points

    def from_fit(self, points: FloatArray) -> FloatArray:
        """The coordinates of every fit back to (v, u); the inverse of `to_fit`."""
        import numpy as np

        return np.column_stack([points[:, 0] - points[:, 1], points[:, 1]]) if self.ridge else points


def _reach(parameter: Parameter) -> tuple[float, float]:
    if parameter.scale == "log":
        return LOWEST, HIGHEST
    return (0.0, HIGHEST_ALPHA) if parameter.scale == "log_one_minus" else (parameter.low, parameter.high)


def is_paper(parameters: Sequence[Parameter]) -> bool:
    """True for the paper's pair, whatever its bounds: eta on a logarithmic scale, alpha on that of one minus."""
    return [(each.name, each.scale) for each in parameters] == [("eta", "log"), ("alpha", "log_one_minus")]


def same_value(one: float, other: float) -> bool:
    """True for two values of a parameter that are one up to the last digits of a decimal written by hand."""
    return math.isclose(one, other, rel_tol=ROUNDING)


def paper_parameters(
    eta: tuple[float, float] = (10.0**-3.5, 1.0), alpha: tuple[float, float] = (0.0, 0.99)
) -> tuple[Parameter, Parameter]:
    """The paper's two parameters with these bounds; by default those of its search space."""
    return (
        Parameter(name="eta", scale="log", low=eta[0], high=eta[1]),
        Parameter(name="alpha", scale="log_one_minus", low=alpha[0], high=alpha[1]),
    )


PAPER = Axes(*paper_parameters(), ridge=True)


def axes_of(parameters: tuple[Parameter, Parameter], ridge: str | None) -> Axes:
    """The axes of a document; the paper's pair has its ridge unless the document says "none"."""
    if is_paper(parameters):
        return PAPER if ridge != "none" else Axes(*parameters, ridge=False)
    return Axes(*parameters, ridge=ridge == "effective_rate")


def table_faults(table: Mapping[str, Any], axes: Axes) -> Iterator[Problem]:
    """Keys of a table by parameter that are no parameter's, or that are missing."""
    names = " and ".join(axes.names)
    for key in table:
        if key not in axes.names:
            yield Problem(key, f"is no parameter of this study; its parameters are {names}")
    for name in axes.names:
        if name not in table:
            yield Problem(name, f"is missing; give both parameters, {names}")
