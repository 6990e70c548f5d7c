"""A context: everything held fixed while eta and alpha move. Its defaults are the paper's set-up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from studies.language.axis import AXIS, Axis
from studies.language.door import STRICT, without_default
from studies.language.validation import SLUG

Loss = Literal["golden", "sse", "cross_entropy", "golden_unsquared", "golden_literal"]
Dataset = Literal[
    "digits",
    "rotated-digits",
    "mnist",
    "rotated-mnist",
    "synthetic-digits",
    "fashion-mnist",
    "kmnist",
    "cifar10",
]
Slug = Annotated[str, Field(pattern=SLUG, description="1 to 63 lower-case letters, digits and inner hyphens")]

# name -> (images, channels, height, width, classes); known here so that the service loads no data set.
DATASET_SHAPES: dict[str, tuple[int, int, int, int, int]] = {
    "digits": (1_797, 1, 8, 8, 10),
    "rotated-digits": (10_000, 1, 28, 28, 10),
    "mnist": (70_000, 1, 28, 28, 10),
    "rotated-mnist": (10_000, 1, 28, 28, 10),
    "synthetic-digits": (10_000, 1, 28, 28, 10),
    "fashion-mnist": (70_000, 1, 28, 28, 10),
    "kmnist": (70_000, 1, 28, 28, 10),
    "cifar10": (60_000, 3, 32, 32, 10),
}
COPIES = {"rotated-digits": 6}  # images made of one original, at most; they lie in one fold


class Context(BaseModel):
    """Data, network and training protocol shared by every trial of a sweep."""

    model_config = STRICT

    name: Slug = Field(
        default="paper",
        json_schema_extra=without_default,
        description="1 to 63 lower-case letters, digits and inner hyphens; left out: the data set's name",
    )
    dataset: Dataset = "synthetic-digits"
    images: Annotated[int, Field(ge=100, le=70_000)] | None = Field(
        default=None, description="class-balanced subset of this many images; null: all"
    )
    network: Literal["fig3", "softmax", "mlp"] = "fig3"
    update_rule: Literal["heavy_ball", "nesterov"] = "heavy_ball"
    initialisation: Literal["glorot_uniform"] = "glorot_uniform"
    schedule: Literal["constant"] = "constant"
    batch_size: Annotated[int, Field(ge=1, le=8192)] = 128
    epochs: Annotated[int, Field(ge=1, le=1000)] = 30
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0)] = 1e-4
    drop_last: bool = Field(
        default=True, description="drop the last partial batch of each epoch, as the paper's toolbox does"
    )
    reshuffle: bool = Field(default=False, description="draw a new order every epoch; false: one order, kept")
    target_accuracy: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.9
    precision: Literal["fp32", "tf32", "bf16"] = Field(
        default="fp32",
        exclude_if=lambda precision: precision == "fp32",  # so documents from before this field keep their hash
        description="precision of matrix products; tf32 and bf16 round their operands, faster on a CUDA device only",
    )
    axis: Axis | None = AXIS

    @property
    def image_count(self) -> int:
        """Images used, before the split."""
        total = DATASET_SHAPES[self.dataset][0]
        return total if self.images is None else min(self.images, total)

    @property
    def classes(self) -> int:
        """Number of classes K."""
        return DATASET_SHAPES[self.dataset][4]

    @property
    def fold_spread(self) -> int:
        """Test images by which the folds of a split may differ: as few as whole originals allow, class by class."""
        copies = COPIES.get(self.dataset, 1)
        return 1 if copies == 1 else copies * self.classes
