"""Ready-made studies: TOML files beside this module, in the same language that users write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from studies.errors import StudyNotFoundError
from studies.language.spec import StudySpec, parse

_ORDER = (
    *("quickstart", "golden-landscape", "table-1", "golden-across-rules", "batch-size-drift", "width-transfer"),
    *("dlr-speed", "dlr-width", "dlr-control", "b-functions", "b-functions-search", "yamadam", "mi-decay", "annealing"),
)
_IN_FULL = ("contexts.*.dataset=synthetic-digits", "contexts.*.epochs=30", "replication.folds=10")
_SEARCHED = ("design.map_points=64", "design.zoom_points=128", "design.confirm_blocks=40")
_WIDTHS = [24, 26, *range(28, 39), 40, 45, 50]  # one unit apart about the paper's smallest, 29.7 to 36.3
# Changes that take a reduced study to the scale of the paper: its images, epochs and folds, and the full search.
PAPER_SCALE = {
    **dict.fromkeys(("golden-across-rules", "batch-size-drift", "width-transfer"), (*_IN_FULL, *_SEARCHED)),
    "dlr-speed": ("contexts.*.epochs=30", "contexts.*.patience=5", "design.runs=10", "design.tuning=16"),
    "dlr-width": (
        *("contexts.*.epochs=30", "contexts.*.patience=5", "contexts.*.stop_at_target=true"),
        *("design.runs=10", "design.tuning=16", "design.arms.*.paper.*.differs=tuned on test images"),
        f"contexts.*.axis.width={_WIDTHS}",
        "description=dlr-width at the paper's scale: up to 30 epochs, or 5 without progress; stopped above 96 %.",
    ),
    "dlr-control": ("design.runs=30", "design.tuning=16"),
    "b-functions": ("design.runs=20",),
    "b-functions-search": (
        *("contexts.*.dataset=cifar10", "contexts.*.images=60000", "contexts.*.batch_size=64"),
        'contexts.*.network={"name": "simplenet", "variant": "5m"}',  # SimpleNet as published for CIFAR-10
    ),
    "yamadam": ("contexts.*.images=70000", "contexts.*.epochs=30", "design.tuning=16"),
    "mi-decay": ("contexts.*.images=70000", "contexts.*.epochs=30", "design.tuning=16", "replication.folds=7"),
}
AT_PAPER_SCALE = ("golden-landscape", "table-1")
WITHOUT_PAPER_SCALE = "annealing"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A shipped study: its name, what it shows, and the document as written, comments and all."""

    name: str
    title: str
    description: str
    spec: StudySpec
    toml: str


@cache
def entries() -> tuple[CatalogueEntry, ...]:
    """All shipped studies, the one to start with first."""
    found = [_entry(f.name.removesuffix(".toml"), f.read_text("utf-8")) for f in _files()]
    return tuple(sorted(found, key=lambda e: (_ORDER.index(e.name) if e.name in _ORDER else len(_ORDER), e.name)))


def entry(name: str) -> CatalogueEntry:
    """One shipped study.

    Raises:
        StudyNotFoundError: the catalogue has no such study; the message lists those it has.
    """
    for candidate in entries():
        if candidate.name == name:
            return candidate
    known = ", ".join(e.name for e in entries())
    raise StudyNotFoundError(f"the catalogue has no study {name!r}; it has {known}")


def names() -> list[str]:
    """Names of all shipped studies; reads none of them."""
    return sorted(file.name.removesuffix(".toml") for file in _files())


def load(name: str) -> StudySpec:
    """The study of one entry; same error as `entry`."""
    return entry(name).spec


def _files() -> list[resources.abc.Traversable]:
    folder = resources.files("studies") / "catalogue"
    return [f for f in folder.iterdir() if f.name.endswith(".toml")]


def _entry(name: str, toml: str) -> CatalogueEntry:
    spec = parse(toml, form="toml")
    return CatalogueEntry(name=name, title=spec.title, description=spec.description, spec=spec, toml=toml)
