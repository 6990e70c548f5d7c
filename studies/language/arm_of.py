"""The arm of a comparison that a context belongs to."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from studies.language.door import STRICT
from studies.language.validation import SLUG


class ArmOf(BaseModel):
    """The arm and the context of the document that a context of a comparison was made of.

    Attributes:
        name: of the arm, one of `design.arms`.
        context: the name of the context as the document states it, that of its value where it has an axis.
    """

    model_config = STRICT

    name: Annotated[str, Field(pattern=SLUG, description="of the arm, one of `design.arms`")]
    context: Annotated[str, Field(pattern=SLUG, description="the context that all arms share")]


ARM = Field(
    default=None,
    exclude_if=lambda arm: arm is None,  # so documents of other designs keep their hash
    description="of a comparison: written out for each arm; left out by those who write a document",
)
