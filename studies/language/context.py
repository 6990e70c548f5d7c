"""A context: everything held fixed while eta and alpha move. Its defaults are the paper's set-up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studies.errors import Problem
from studies.language.arm_of import ARM, ArmOf
from studies.language.axis import AXIS, Axis
from studies.language.choice import Choice, Named, Table, chosen
from studies.language.door import STRICT, without_default
from studies.language.rule_schema import OFFICIAL, misfit_schemas
from studies.language.validation import SLUG, InconsistentError
from studies.learning import backward_rules, networks, schedules, update_rules
from studies.learning.chosen import DEFAULTS, TABLES, Chosen
from studies.learning.entry import Kind, UpdateRule
from studies.learning.naming import found, listed
from studies.learning.schedules import LAYERED, LAYERS, MOST_SHARES

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
    "two-gaussians",
    "noisy-ones",
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
    "two-gaussians": (2_000, 1, 1, 2, 2),
    "noisy-ones": (10_000, 1, 16, 16, 2),
}
RECONSTRUCTED = ("two-gaussians",)  # data sets of which no source gives all: the number of images and of dimensions
WITHOUT_CLASSES = ("noisy-ones",)  # data sets whose images are all of one class
COPIES = {"rotated-digits": 6, "noisy-ones": 2}  # images made of one original, at most; they lie in one fold


VARYING: tuple[Kind, ...] = ("update_rule", "backward_rule")  # whose parameters a study may vary
_TOO_MANY = f"a list has {MOST_SHARES:,} at most, so lower `per_epoch` or the epochs"


def datasets_for(least: int) -> list[str]:
    """The data sets with classes to tell apart whose images have at least this height and width in pixels."""
    sizes = {name: min(size) for name, (_, _, *size, _) in DATASET_SHAPES.items()}
    return [name for name, size in sizes.items() if size >= least and name not in WITHOUT_CLASSES]


def _fitting(schema: dict[str, Any]) -> None:
    schema["allOf"] = misfit_schemas({name: min(size) for name, (_, _, *size, _) in DATASET_SHAPES.items()})


class Context(BaseModel):
    """Data, network and training protocol shared by every trial of a sweep."""

    model_config = STRICT | {"json_schema_extra": _fitting}

    name: Slug = Field(
        default="paper",
        json_schema_extra=without_default,
        description="1 to 63 lower-case letters, digits and inner hyphens; left out: the data set's name",
    )
    dataset: Dataset = "synthetic-digits"
    images: Annotated[int, Field(ge=100, le=70_000)] | None = Field(
        default=None, description="class-balanced subset of this many images; null: all"
    )
    network: Annotated[Choice, Named("network")] = DEFAULTS["network"]
    update_rule: Annotated[Choice, Named("update_rule")] = DEFAULTS["update_rule"]
    initialisation: Annotated[Choice, Named("initialisation")] = DEFAULTS["initialisation"]
    schedule: Annotated[Choice, Named("schedule")] = DEFAULTS["schedule"]
    backward_rule: Annotated[Choice, Named("backward_rule")] = Field(
        default=DEFAULTS["backward_rule"],
        exclude_if=lambda rule: rule == DEFAULTS["backward_rule"],  # so documents from before keep their hash
    )
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
    split: Literal["folds", "official"] = Field(
        default="folds",
        exclude_if=lambda split: split == "folds",  # this and the next four: so documents from before keep their hash
        description="images that are tested on: a fold of a split of ours, or the data set's own test part",
    )
    evaluate_every: Annotated[int, Field(ge=1, le=100_000_000)] | None = Field(
        default=None,
        exclude_if=lambda images: images is None,
        description="training images after which the test accuracy is looked at, within an epoch too; null: an epoch's",
    )
    stop_at_target: bool = Field(
        default=False,
        exclude_if=lambda stops: stops is False,
        description="end a training at the first look at which it has the target accuracy",
    )
    patience: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        exclude_if=lambda epochs: epochs is None,
        description="give a training up after an epoch that is no better than the worst of this many epochs before it",
    )
    targets: Literal["zero_one", "offset"] = Field(
        default="zero_one",
        exclude_if=lambda targets: targets == "zero_one",
        description="of logistic outputs: 0 and 1, or 0.01 and 0.99",
    )
    axis: Axis | None = AXIS
    arm: ArmOf | None = ARM

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = list(_misfits(self))
        if problems:
            raise InconsistentError(problems)
        return self

    def choice(self, kind: Kind) -> Chosen:
        """What this context names of a kind: an entry of `studies.learning` and the values of its parameters."""
        return chosen(kind, getattr(self, kind))

    @property
    def rule(self) -> UpdateRule:
        """The entry of its update rule, with the parameters of its backward rule that a study may vary beside its own.

        What a study can ask of a context is asked of this one entry.
        """
        rule = update_rules.by_name(self.choice("update_rule").name)
        beside = backward_rules.by_name(self.choice("backward_rule").name).own
        return replace(rule, parameters=(*rule.parameters, *beside)) if beside else rule

    @property
    def width(self) -> int | None:
        """Units of the network's hidden layer; None where the network has no choice of it."""
        width = self.choice("network").values.get("width")
        return None if width is None else int(width)

    @property
    def anneals(self) -> str:
        """What its schedule moves: eta, alpha, or nothing ("")."""
        return schedules.by_name(self.choice("schedule").name).moves

    @property
    def held_back(self) -> float:
        """The share of a run's training images on which its schedule measures and nothing is trained."""
        schedule = self.choice("schedule")
        held = schedules.by_name(schedule.name).held
        return float(schedule.values[held]) if held else 0.0

    @property
    def rates_by_layer(self) -> bool:
        """True where its schedule gives layers learning rates of their own."""
        return any(self.choice("schedule").values.get(layer) for layer in LAYERS)

    @property
    def stated(self) -> frozenset[str]:
        """The parameters of update rule and backward rule that the document states."""
        return frozenset(self.place_of)

    @property
    def place_of(self) -> dict[str, Kind]:
        """The field of each parameter of update rule and backward rule that the document states."""
        tables = {kind: getattr(self, kind) for kind in VARYING}
        return {name: kind for kind, table in tables.items() if isinstance(table, Table) for name in table.stated}

    def varying(self, names: frozenset[str]) -> Context:
        """The context in a study that varies these parameters of its update rule and backward rule."""
        tables = {kind: getattr(self, kind) for kind in VARYING}
        changed: dict[str, Any] = {
            kind: table.without(names) for kind, table in tables.items() if isinstance(table, Table)
        }
        return self.model_copy(update=changed) if changed else self

    @property
    def image_count(self) -> int:
        """Images used, before the split."""
        total = DATASET_SHAPES[self.dataset][0]
        return total if self.images is None else min(self.images, total)

    def tested(self, folds: int) -> float:
        """Images that a training tests on.

        Args:
            folds: of the study's splits.
        """
        if self.split == "folds":
            return self.image_count / folds
        total = DATASET_SHAPES[self.dataset][0]
        return self.image_count * (total - OFFICIAL[self.dataset]) / total

    @property
    def classes(self) -> int:
        """Number of classes K."""
        return DATASET_SHAPES[self.dataset][4]

    @property
    def fold_spread(self) -> int:
        """Test images by which the folds of a split may differ: as few as whole originals allow, class by class."""
        copies = COPIES.get(self.dataset, 1)
        return 1 if copies == 1 else copies * self.classes


def _misfits(context: Context) -> Iterator[Problem]:
    """Entries that do not fit the network or the update rule beside them."""
    network, rule = networks.by_name(context.choice("network").name), context.rule
    for kind, entries in TABLES.items():
        entry = found(entries, context.choice(kind).name)
        if entry.networks and network.name not in entry.networks:
            lacks = "has no activation" if not network.layers else "does not fit it"
            text = f"is {entry.name}, and the network {network.name} {lacks}; choose {listed(entry.networks)}"
            yield Problem(kind, f"{text}, or {DEFAULTS[kind]} here")
    yield from _layer_misfits(context, network)
    yield from _network_misfits(context, network)
    yield from _falling_bounds(context)
    yield from _table_faults(context, network)
    moves = context.anneals
    if (moves == "eta" and not rule.eta) or (moves == "alpha" and not rule.alpha):
        has_no = f"the update rule {rule.name} has no {'learning rate' if moves == 'eta' else 'momentum weight'}"
        schedule = context.choice("schedule").name
        yield Problem("schedule", f"is {schedule}, which moves {moves}, and {has_no}; choose another schedule or rule")
    yield from _protocol_misfits(context)


def _layer_misfits(context: Context, network: networks.Network) -> Iterator[Problem]:
    """A layer whose derivative is to be replaced, of another network."""
    layer = context.choice("backward_rule").values.get("layer")
    if layer is not None and network.layers and layer not in network.layers:
        text = f"is {layer}, and the layer of {network.name} whose derivative can be replaced is"
        yield Problem("backward_rule.layer", f"{text} {listed(network.layers)}; state that")


def _protocol_misfits(context: Context) -> Iterator[Problem]:
    """Splits, looks and targets that the data set, the minibatch or the network does not have."""
    if context.split == "official" and context.dataset not in OFFICIAL:
        cure = f"choose {listed(OFFICIAL)}, or folds"
        yield Problem("split", f"is official, and {context.dataset} has no training and test part of its own; {cure}")
    if context.evaluate_every is not None and context.evaluate_every < context.batch_size:
        text = f"is {context.evaluate_every} images, fewer than the minibatch has (`batch_size` {context.batch_size})"
        yield Problem("evaluate_every", f"{text}; raise it, or lower `batch_size`")
    network = networks.by_name(context.choice("network").name)
    if context.targets != "zero_one" and network.outputs != "logistic":
        text = f"is {context.targets}, and the outputs of {network.name} are a softmax, whose targets are 0 and 1"
        yield Problem("targets", f"{text}; leave it out, or choose the network logistic")


def _network_misfits(context: Context, network: networks.Network) -> Iterator[Problem]:
    """Data and precision that the network does not take."""
    _, _, height, width, _ = DATASET_SHAPES[context.dataset]
    if min(height, width) < network.least:
        small = f"is {context.dataset}, whose images have {height}x{width} pixels, and the network {network.name} needs"
        cure = f"choose {listed(datasets_for(network.least))}, or another network"
        yield Problem("dataset", f"{small} {network.least}x{network.least}; {cure}")
    if not network.stacked and context.precision != "fp32":
        text = f"is {context.precision}, and the network {network.name} is trained in fp32 alone; choose fp32 here"
        yield Problem("precision", text)


def _falling_bounds(context: Context) -> Iterator[Problem]:
    """Bounds of a schedule that do not lie one below the other."""
    chosen = context.choice("schedule")
    for low, high in pairwise(schedules.by_name(chosen.name).rising):
        if not chosen.values[low] < chosen.values[high]:
            text = f"is {chosen.values[low]}, not below {high}, {chosen.values[high]}; lower {low} or raise {high}"
            yield Problem(f"schedule.{low}", text)


def _table_faults(context: Context, network: networks.Network) -> Iterator[Problem]:
    """Rows of a table of rates that end before the training, or are of a layer that the network does not have."""
    schedule = context.choice("schedule")
    if schedule.name != "table":
        return
    per_epoch = int(schedule.values["per_epoch"])
    needed = context.epochs * per_epoch
    for name in ("shares", *LAYERS):
        count = len(schedule.values[name])
        if name != "shares" and count and name not in LAYERED.get(network.name, ()):
            lacks = "has no such layer" if network.name in LAYERED else "takes one rate for all its layers, `shares`"
            yield Problem(f"schedule.{name}", f"is stated, and the network {network.name} {lacks}; remove it")
        elif 0 < count < needed:
            text = f"has {count:,} {'number' if count == 1 else 'numbers'}, and the training takes {needed:,}"
            cure = "state one for each epoch" if per_epoch == 1 else "state `per_epoch` numbers for each epoch"
            yield Problem(f"schedule.{name}", f"{text}; {cure if needed <= MOST_SHARES else _TOO_MANY}")
