"""The controls that a design has by default: those of the usual ones that can be measured beside its claim.

A document of version 3 that names none has the ridge mates and the everyday default that lie in its box and are not the
claim's own point. What a document names is never changed: `plannable` refuses what cannot be measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from studies import golden
from studies.language.own import on_ridge
from studies.language.ranges import Alpha, Eta
from studies.language.space import SearchSpace
from studies.language.versions import FOLKLORE, MATES, THIRD, same_number, version_of


class _Stated(BaseModel):
    """A document's point and box, as far as they are sound; everything else of it is ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    eta: Eta = golden.ETA
    alpha: Alpha = golden.ALPHA
    search_space: SearchSpace = SearchSpace()

    @property
    def controls(self) -> dict[str, Any]:
        """The usual controls that can be measured beside the claim."""
        on_ridge = ((golden.ridge_mate(alpha, self.eta, self.alpha), alpha) for alpha in MATES)
        mates = [alpha for eta, alpha in on_ridge if self._is_measurable(eta, alpha)]
        return {"mates": mates, "folklore": self._is_measurable(*FOLKLORE)}

    def _is_measurable(self, eta: float, alpha: float) -> bool:
        """True for a point in the box that is not the claim's own."""
        is_own = same_number(self.eta, eta) and same_number(self.alpha, alpha)
        return not is_own and self.search_space.contains(eta, alpha)


def with_controls(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the default `mates` and `folklore` of its locate design, where it leaves them out.

    Args:
        data: a document, not validated yet, its design with a `kind`. One of an earlier version stays as it is, and one
            whose point or box is unsound, too: it is refused for that.
    """
    design, version = data.get("design"), version_of(data)
    if version is None or version < THIRD or not isinstance(design, Mapping) or design.get("kind") != "locate":
        return dict(data)
    claim = data.get("claim", {})
    point = claim if isinstance(claim, Mapping) else {}
    try:
        stated = _Stated.model_validate({**point, "search_space": data.get("search_space", {}), **on_ridge(data)})
    except ValidationError:
        return dict(data)
    return {**data, "design": {**stated.controls, **design}}
