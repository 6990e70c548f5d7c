"""The search space: a box over the two parameters, uniform in their coordinates.

Documents of the paper's pair state it as `search_space` (`SearchSpace`), others by the bounds of their `parameters`
(`OwnSpace`). Plans and verdicts read what both have in common, `Space`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError, ValidationInfo, model_serializer, model_validator
from pydantic_core import CoreSchema, core_schema

from studies.language.door import DOOR, STRICT, at_the_door
from studies.language.parameters import PAPER, ROUNDING, Axes, Parameter
from studies.language.ranges import Alpha, Eta, too_narrow

if TYPE_CHECKING:
    from studies.coordinates import FloatArray

ON_A_LINE = (
    "with one alpha the claim would be about eta alone, a claim on a line, and the procedure judges two parameters: "
    'widen the range, or measure fixed points (`design.kind` = "cross_validation")'
)
Ends = tuple[tuple[float, float], tuple[float, float]]


class Space(ABC):
    """A box over two parameters, its edges included."""

    @property
    @abstractmethod
    def axes(self) -> Axes:
        """The parameters, whose own bounds define a linear scale whatever the box."""

    @property
    @abstractmethod
    def ends(self) -> Ends:
        """Lowest and highest value of the first parameter, and of the second."""

    @property
    @abstractmethod
    def is_plannable(self) -> bool:
        """True where the door would let this box in; release 0.1 let in others, too."""

    @abstractmethod
    def boxed(self, ends: Ends) -> Space:
        """A box of these ends over the same parameters."""

    @property
    def v_bounds(self) -> tuple[float, float]:
        """Bounds of the first coordinate: of v = ln eta for the paper's pair."""
        return self.axes.first.ends(*self.ends[0])

    @property
    def u_bounds(self) -> tuple[float, float]:
        """Bounds of the second coordinate: of u = -ln(1 - alpha) for the paper's pair."""
        return self.axes.second.ends(*self.ends[1])

    @property
    def natural(self) -> tuple[bool, bool]:
        """True per parameter whose lower end is no choice but a limit of its scale: 0 on that of one minus."""
        first, second = (
            parameter.scale == "log_one_minus" and low <= 0.0
            for parameter, (low, _) in zip(self.axes.both, self.ends, strict=True)
        )
        return first, second

    def joined(self, other: Space) -> Space:
        """The smallest box that holds both."""
        first, second = (
            (min(one[0], two[0]), max(one[1], two[1])) for one, two in zip(self.ends, other.ends, strict=True)
        )
        return self.boxed((first, second))

    def from_unit(self, unit: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points of the unit square stretched over the box in (v, u).

        Args:
            unit: shape (n, 2), in [0, 1].

        Returns:
            values of the two parameters, each of shape (n,), inside the box.
        """
        (v_low, v_high), (u_low, u_high) = self.v_bounds, self.u_bounds
        return self.clipped(v_low + unit[:, 0] * (v_high - v_low), u_low + unit[:, 1] * (u_high - u_low))

    def clipped(self, v: FloatArray, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coordinates as values, kept inside the box."""
        first, second = self.axes.values(v, u)
        return first.clip(*self.ends[0]), second.clip(*self.ends[1])

    def contains(self, first: float, second: float) -> bool:
        """True where the point lies in the box, its edges included, with room for rounding in the last digits."""
        values = zip(self.axes.both, self.ends, (first, second), strict=True)
        return all(_holds(parameter, ends, value) for parameter, ends, value in values)

    def document(self) -> dict[str, Any]:
        """The box as plain values, by the parameters' names."""
        return {name: {"low": low, "high": high} for name, (low, high) in zip(self.axes.names, self.ends, strict=True)}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reading and writing as `document` has it; a subclass that is a model keeps its own."""
        if issubclass(cls, BaseModel):
            return handler(source)
        ends = core_schema.dict_schema(core_schema.str_schema(), core_schema.float_schema())
        return core_schema.no_info_plain_validator_function(
            cls._read,
            json_schema_input_schema=core_schema.dict_schema(core_schema.str_schema(), ends),
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls.document, return_schema=core_schema.dict_schema(core_schema.str_schema(), ends)
            ),
        )

    @staticmethod
    def _read(value: Any) -> Space:
        """A box from its plain values, whose study's document is not at hand: names and bounds hold, scales do not."""
        if isinstance(value, Space):
            return value
        if set(value) == set(PAPER.names):
            return SearchSpace.model_validate(value)
        first, second = (Parameter(name=name, scale="linear", **ends) for name, ends in value.items())
        return OwnSpace.of(Axes(first, second, ridge=False))

    def stored(self, document: Mapping[str, Any]) -> Space:
        """The box of such values over the same parameters.

        Raises:
            ValueError: they are no box of these parameters.
        """
        if set(document) != set(self.axes.names):
            raise ValueError(f"not a box over {' and '.join(self.axes.names)}: {document!r}")
        first, second = ((float(document[name]["low"]), float(document[name]["high"])) for name in self.axes.names)
        return self.boxed((first, second))


def _holds(parameter: Parameter, ends: tuple[float, float], value: float) -> bool:
    low, high = ends
    if parameter.scale == "log":
        return low * (1 - ROUNDING) <= value <= high * (1 + ROUNDING)
    slack = ROUNDING if parameter.scale == "log_one_minus" else ROUNDING * (parameter.high - parameter.low)
    return low - slack <= value <= high + slack


class OwnSpace(BaseModel, Space):
    """A box over a study's own parameters; as JSON its bounds by their names."""

    model_config = STRICT | {"arbitrary_types_allowed": True}

    over: Axes
    box: Ends

    @staticmethod
    def of(axes: Axes) -> OwnSpace:
        """The box that the document states: the parameters' bounds."""
        first, second = ((parameter.low, parameter.high) for parameter in axes.both)
        return OwnSpace(over=axes, box=(first, second))

    @property
    def axes(self) -> Axes:
        """The parameters."""
        return self.over

    @property
    def ends(self) -> Ends:
        """Lowest and highest values."""
        return self.box

    @property
    def is_plannable(self) -> bool:
        """True where the door would let this box in."""
        try:
            for parameter, (low, high) in zip(self.over.both, self.box, strict=True):
                ends = {"low": low, "high": high}
                Parameter.model_validate({**parameter.model_dump(), **ends}, context=DOOR)
        except ValidationError:
            return False
        return True

    def boxed(self, ends: Ends) -> OwnSpace:
        """A box of these ends."""
        return OwnSpace(over=self.over, box=ends)

    @model_serializer
    def _plain(self) -> dict[str, Any]:
        return self.document()


class EtaRange(BaseModel):
    """Bounds of the learning rate, both included; sampled log-uniformly."""

    model_config = STRICT

    low: Eta = 10.0**-3.5
    high: Eta = 1.0

    @model_validator(mode="after")
    def _ordered(self, info: ValidationInfo) -> Self:
        if not self.low < self.high:
            raise ValueError(f"`low` must be below `high`, got {self.low} and {self.high}")
        if at_the_door(info) and (fault := too_narrow(self.high / self.low, "eta")):
            raise ValueError(fault)
        return self


class AlphaRange(BaseModel):
    """Bounds of the momentum weight, both included; sampled log-uniformly in 1 - alpha."""

    model_config = STRICT

    low: Alpha = 0.0
    high: Alpha = 0.99

    @model_validator(mode="after")
    def _ordered(self, info: ValidationInfo) -> Self:
        if not self.low < self.high:
            line = f"; {ON_A_LINE}" if self.low == self.high else ""
            raise ValueError(f"`low` must be below `high`, got {self.low} and {self.high}{line}")
        if at_the_door(info) and (fault := too_narrow((1.0 - self.low) / (1.0 - self.high), "1 - alpha")):
            raise ValueError(fault)
        return self


class SearchSpace(BaseModel, Space):
    """The preregistered box; its defaults contain the golden point and all its ridge mates."""

    model_config = STRICT

    eta: EtaRange = EtaRange()
    alpha: AlphaRange = AlphaRange()

    @property
    def axes(self) -> Axes:
        """The paper's pair."""
        return PAPER

    @property
    def ends(self) -> Ends:
        """Lowest and highest values."""
        return (self.eta.low, self.eta.high), (self.alpha.low, self.alpha.high)

    @property
    def is_plannable(self) -> bool:
        """True where the door would let this box in; release 0.1 let in others, too."""
        try:
            SearchSpace.model_validate(self.model_dump(), context=DOOR)
        except ValidationError:
            return False
        return True

    def boxed(self, ends: Ends) -> SearchSpace:
        """A box of these ends."""
        (low, high), (least, most) = ends
        return SearchSpace(eta=EtaRange(low=low, high=high), alpha=AlphaRange(low=least, high=most))
