"""The four designs a study may follow: locate an optimum, search for one, cross-validate given points, compare arms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from studies.language.compare import CompareDesign
from studies.language.door import STRICT
from studies.language.external import LossName
from studies.language.point import Placed
from studies.language.ranges import Alpha
from studies.language.versions import MATES, NEWEST

ADAPTIVE_SAMPLERS = ("tpe", "gp", "cmaes")


def _is_missing(value: object) -> bool:
    """True for a field that the document's version has not: it is not written, so that stored hashes stay."""
    return value is None


class SearchBeside(BaseModel):
    """An adaptive search beside a locate design, to find a good point fast. No verdict uses its runs."""

    model_config = STRICT

    sampler: Literal["tpe", "gp", "cmaes"] = "tpe"
    trials: Annotated[int, Field(ge=1, le=20_000)] = 50


class LocateDesign(BaseModel):
    """Map, zoom, confirm: the design that can decide a claim. Defaults take at most 560 trainings per loss.

    map      `map_points` space-filling points over the box and `claim_replicates` runs of the claim, on one split
    zoom     `zoom_points` Sobol points over the zone that the map leaves
    confirm  `confirm_blocks` paired blocks on fresh seeds: the claim, the best point found, the best on the other
             side of the neighbourhood's border (outside if the best lies inside, and the reverse), and, where
             `opposite`, the best outside the neighbourhood that lies across the claim from the best outside; where
             `likeliest` and `rival`, the region's most probable point and a likely place far from the claim. Where
             `confirmation` is sequential, blocks end when the answer is there or cannot come
    controls ridge mates at these alphas (the claim's; in versions 1 and 2 the golden point's) and the everyday default
             (0.01, 0.9), on the same blocks. A document of version 3 that names none has those that lie in its box
    search   trials of an Optuna sampler beside the map, where asked for; never evidence
    """

    model_config = STRICT

    kind: Literal["locate"] = "locate"
    sampler: Literal["sobol", "grid", "random"] = "sobol"
    map_points: Annotated[int, Field(ge=16, le=4096)] = 64
    claim_replicates: Annotated[int, Field(ge=2, le=100)] = 8
    zoom_points: Annotated[int, Field(ge=0, le=4096)] = 128
    confirm_blocks: Annotated[
        int, Field(ge=2, le=1000, description="paired blocks; of a sequential confirmation the most that it may take")
    ] = NEWEST.confirm_blocks
    confirmation: Annotated[
        Literal["sequential", "fixed"] | None,
        WithJsonSchema({"enum": ["sequential", "fixed"], "type": "string"}),
        Field(
            description="sequential: ends when the answer is there or cannot come; fixed: all blocks, 30 unless said",
            exclude_if=_is_missing,
        ),
    ] = NEWEST.confirmation
    opposite: Annotated[
        bool | None,
        WithJsonSchema({"type": "boolean"}),
        Field(
            description="also measure the best point that lies across the claim from the best point outside",
            exclude_if=_is_missing,  # documents of version 1, which has no such field
        ),
    ] = NEWEST.opposite
    likeliest: Annotated[
        bool | None,
        WithJsonSchema({"type": "boolean"}),
        Field(description="also measure the most probable point of the region", exclude_if=_is_missing),
    ] = NEWEST.likeliest
    rival: Annotated[
        bool | None,
        WithJsonSchema({"type": "boolean"}),
        Field(description="also measure the likeliest place that is far from the claim", exclude_if=_is_missing),
    ] = NEWEST.rival
    mates: Annotated[
        list[Alpha],
        Field(max_length=8, description="momentum weights of the ridge mates; not named: those that lie in the box"),
    ] = list(MATES)
    folklore: bool = Field(
        default=True, description="measure the default (0.01, 0.9) beside the claim; not named: if it lies in the box"
    )
    widen: bool = Field(default=True, description="widen the box once if the map's optimum presses on its edge")
    search: SearchBeside | None = Field(default=None, description="an adaptive search beside the map; never evidence")

    @property
    def candidates(self) -> int:
        """Arms of a block that the surface names, and the claim."""
        return 3 + sum(map(bool, (self.opposite, self.likeliest, self.rival)))

    @property
    def controls(self) -> int:
        """Arms of a block beside those."""
        return len(self.mates) + int(self.folklore)


class SearchDesign(BaseModel):
    """Ask an Optuna sampler for `trials` points. Adaptive points may point the way; only `confirm_blocks` decide."""

    model_config = STRICT

    kind: Literal["search"]
    sampler: Literal["sobol", "grid", "random", "tpe", "gp", "cmaes"] = "tpe"
    trials: Annotated[int, Field(ge=1, le=20_000)] = 100
    replicates: Annotated[int, Field(ge=1, le=100)] = 1
    claim_replicates: Annotated[int, Field(ge=2, le=100)] = 8
    confirm_blocks: Annotated[int, Field(ge=0, le=1000)] = 0
    mates: Annotated[list[Alpha], Field(max_length=8)] = []
    folklore: bool = False

    @property
    def candidates(self) -> int:
        """Arms of a block that the search names, and the claim."""
        return 2

    @property
    def controls(self) -> int:
        """Arms of a block beside those."""
        return len(self.mates) + int(self.folklore)


class FixedPoint(Placed):
    """A point to measure; `loss` limits it to one loss, null measures it under each."""

    loss: LossName | None = None


class CrossValidationDesign(BaseModel):
    """k-fold x repeats at given points, the protocol of the paper's Table 1. One trial is one repeat of all folds."""

    model_config = STRICT

    kind: Literal["cross_validation"]
    points: Annotated[list[FixedPoint], Field(min_length=1, max_length=100)]
    repeats: Annotated[int, Field(ge=1, le=1000)] = 10


def mate_arm(alpha: float) -> str:
    """The arm of the ridge mate with this momentum weight, as trials are marked with it."""
    return f"mate:{alpha:g}"


def with_kind(design: Any) -> Any:
    """A design with its `kind`: "locate" where none is named, as the schema's default says.

    A design with a field that only other kinds have is left as it is, so that the missing `kind` is reported.
    """
    if not isinstance(design, dict) or "kind" in design:
        return design
    kinds = (SearchDesign, CrossValidationDesign, CompareDesign)
    others = {field for kind in kinds for field in kind.model_fields} - LocateDesign.model_fields.keys()
    return design if others & design.keys() else {"kind": "locate", **design}


def asked_sampler(design: LocateDesign | SearchDesign | CrossValidationDesign | CompareDesign) -> str | None:
    """The adaptive Optuna sampler that a design asks for points, None where it asks none."""
    if isinstance(design, SearchDesign | CompareDesign):
        return design.sampler if design.sampler in ADAPTIVE_SAMPLERS else None
    if isinstance(design, LocateDesign) and design.search is not None:
        return design.search.sampler
    return None


Design = Annotated[LocateDesign | SearchDesign | CrossValidationDesign | CompareDesign, Field(discriminator="kind")]
