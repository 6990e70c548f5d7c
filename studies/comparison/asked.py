"""What a comparison is made of, as its design asks for it: arms, places, and the cells of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from studies.language.axis import AxisPlace
from studies.language.compare import ComparedObjective, How

HOWS: tuple[How, ...] = get_args(How)
OBJECTIVES: tuple[str, ...] = get_args(ComparedObjective)


@dataclass(frozen=True, slots=True)
class StatedCell:
    """A number that a paper states, in the objective's unit.

    Attributes:
        mean: the number.
        sd: over runs; None where it states none.
        n: runs behind it; None where it states none.
        differs: what the paper did otherwise than the study; "" where nothing that matters.
        theory: no paper states it: it is computed from a closed form.
    """

    mean: float
    sd: float | None = None
    n: int | None = None
    differs: str = ""
    theory: bool = False


@dataclass(frozen=True, slots=True)
class AskedArm:
    """An arm.

    Attributes:
        name: unique within the study.
        title: as readers know it.
        hows: its rows: at the published point, at the tuned one, or with nothing to set.
        names: of a trial's two values.
        shown: of these, the parameters that each row of the arm sets.
        tunings: tuning trainings in each context under each loss.
        selection: images by which tuning selects: "validation" or "test"; "" where nothing is tuned.
        paper: cells by context and objective; of smallest widths by axis.
    """

    name: str
    title: str
    hows: tuple[How, ...]
    names: tuple[str, str] = ("eta", "alpha")
    shown: Mapping[How, tuple[str, ...]] = field(default_factory=dict)
    tunings: int = 0
    selection: str = ""
    paper: Mapping[tuple[str, str], StatedCell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """A context in which all arms are measured on the same seeds.

    Attributes:
        name: of the context, as the document states it.
        contexts: names of the parsed contexts, by arm.
        classes: number of classes.
        epochs: length of a training, at which a run that never reached the target counts.
        axis: its place on an axis; None where it is on none.
        stops: trainings end at the target, so that CPU time is the time to it.
    """

    name: str
    contexts: Mapping[str, str]
    classes: int
    epochs: int
    axis: AxisPlace | None = None
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A comparison: every arm in every place under every loss, `runs` paired runs each."""

    study: str
    objective: str  # that arms are tuned by and that Holm's adjustment is about
    baseline: str
    runs: int
    losses: tuple[str, ...]
    arms: tuple[AskedArm, ...]
    places: tuple[AskedPlace, ...]
    widths_first: bool = False  # the study is about smallest widths, and tunes by the objective

    @property
    def objectives(self) -> tuple[str, ...]:
        """All objectives, the design's own first."""
        return (self.objective, *(name for name in OBJECTIVES if name != self.objective))
