"""The runs of a sweep, sorted into what each step of the verdict reads. Nothing is estimated here but sigma.

`sample_of` scores every run once; the other functions choose rows of that sample.

Evidence for the location: phases map, widen and zoom, and search where its points came from a fixed design. Evidence
for the regret: phases confirm and controls, paired by (block, run index), and cv, paired likewise. An adaptive search
may point, never decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import PAPER, Axes
from studies.language.phases import PAIRED_PHASES, Phase
from studies.records import Arm, Runs
from studies.verdict.answers import RunOutcome
from studies.verdict.lately import lately
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import lies_at
from studies.verdict.response import at_chance, response, scored_accuracy, unit_of, valueless
from studies.verdict.row_blocks import MAP_PHASES, block_codes
from studies.verdict.sigma import Deviation, pooled_deviation, robust_deviation
from studies.verdict.two_way import fit_two_way
from studies.verdict.typical import chance_outcome, sort_runs
from studies.verdict.unit import ONE, Unit

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
REMEMBERED = 4  # samples: a sweep's runs, and those of its map alone
SAME_RESPONSE = 1e-9  # responses that differ by no more are one value


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """All runs of a sweep as the verdict reads them, one row per run."""

    evidence: Evidence
    points: FloatArray  # (n, 2) in (v, u)
    y: FloatArray  # (n,) response in the evidence's objective
    accuracy: FloatArray  # (n,) share of correct test images, divergence at chance
    chance: BoolArray  # (n,) runs that diverged or ended at chance level
    outcome: NDArray[np.str_]  # (n,) values of RunOutcome; under analysis 4 "diverged" or "trained"
    typical: BoolArray  # (n,) runs that surface, pairs and sigma read: all under analysis 4, else as in `typical`
    unit: Unit = ONE  # of the responses

    @property
    def trained(self) -> BoolArray:
        """Mask of the runs that train and did not collapse, shape (n,)."""
        return np.asarray(self.outcome == RunOutcome.TRAINED, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Runs as columns: points (n, 2) in (v, u), responses, block codes, chance flags."""

    points: FloatArray
    y: FloatArray
    blocks: IntArray
    chance: BoolArray

    def __len__(self) -> int:
        return len(self.y)

    def where(self, mask: BoolArray) -> Rows:
        """The rows that `mask` selects."""
        return Rows(self.points[mask], self.y[mask], self.blocks[mask], self.chance[mask])


@dataclass(frozen=True, slots=True, eq=False)
class ArmRuns:
    """One arm of the paired phases: its point and, per (block, run) key in order, response and accuracy."""

    arm: str
    eta: float
    alpha: float
    keys: IntArray  # (n, 2)
    y: FloatArray  # (n,) response
    accuracy: FloatArray  # (n,) share, divergence at chance
    axes: Axes = PAPER
    trials: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # that gave the runs, if known

    @property
    def place(self) -> tuple[float, float]:
        """Its point in (v, u)."""
        v, u = self.axes.coordinates(self.eta, self.alpha)
        return float(v), float(u)


def points_of(runs: Runs, axes: Axes = PAPER) -> FloatArray:
    """Points of the runs in the coordinates (v, u) of the parameters, shape (n, 2)."""
    return axes.points(runs.eta, runs.alpha)


@lately(REMEMBERED)
def sample_of(evidence: Evidence) -> Sample:
    """The runs of a sweep, each with its response in the evidence's objective.

    Raises:
        ValueError: the objective is unknown.
    """
    runs, classes, axes, measure = evidence.runs, evidence.classes, evidence.claim.axes, evidence.measure
    points = points_of(runs, axes)
    unit = unit_of(runs, measure)
    y = response(runs, evidence.objective, classes=classes, epochs=evidence.epochs, measure=measure, unit=unit)
    if evidence.method.typical:
        outcome, typical = sort_runs(runs, points, y, axes=axes, valueless=valueless(runs, measure))
    else:
        outcome, typical = chance_outcome(runs), np.ones(len(runs), dtype=np.bool_)
    chance = runs.diverged if measure is not None else at_chance(runs, classes)
    return Sample(evidence, points, y, scored_accuracy(runs, classes, measure), chance, outcome, typical, unit)


def is_constant(y: FloatArray) -> bool:
    """True where all responses are one up to rounding, or there are none."""
    return len(y) == 0 or float(np.ptp(y)) <= SAME_RESPONSE


def map_rows(sample: Sample) -> Rows:
    """Runs that point out the zone: map, the strip that widened it, search where there was one (fixed or adaptive)."""
    return _rows(sample, MAP_PHASES)


def located_rows(sample: Sample) -> Rows:
    """Runs that say where the optimum lies: map, strip, zoom and search."""
    return _rows(sample, (*MAP_PHASES, Phase.ZOOM))


def paired_rows(sample: Sample) -> Rows:
    """Runs of the paired phases, each (block, run) pair a block of its own."""
    runs = sample.evidence.runs
    mask = np.isin(runs.phase, PAIRED_PHASES) & sample.typical
    keys = np.column_stack([runs.block[mask], runs.run[mask]])
    codes = np.unique(keys, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
    return Rows(sample.points[mask], sample.y[mask], codes, sample.chance[mask])


def paired_arms(sample: Sample, *, every_run: bool = False) -> list[ArmRuns]:
    """Arms of confirm and controls (cv where those are absent), the claim's first if it was measured.

    Their typical runs, or with `every_run` all of them. Runs at the claim's own coordinates count as the claim's,
    whatever their arm is called.
    """
    runs = sample.evidence.runs
    mask = np.isin(runs.phase, PAIRED_PHASES)
    mask = (mask if mask.any() else runs.phase == Phase.CV) & (sample.typical | every_run)
    chosen, y, accuracy = runs.where(mask), sample.y[mask], sample.accuracy[mask]
    is_claim = at_claim(sample)[mask]
    labels = np.where(is_claim, Arm.CLAIM, chosen.arm)
    order = dict.fromkeys(zip(labels.tolist(), chosen.eta.tolist(), chosen.alpha.tolist(), strict=True))
    arms = []
    for label, eta, alpha in sorted(order, key=lambda name: name[0] != Arm.CLAIM):
        at = (labels == label) & (chosen.eta == eta) & (chosen.alpha == alpha)
        keys = np.column_stack([chosen.block[at], chosen.run[at]])
        keys, first = np.unique(keys, axis=0, return_index=True)
        axes = sample.evidence.claim.axes
        trials = np.unique(chosen.trial[at])
        arms.append(ArmRuns(str(label), eta, alpha, keys, y[at][first], accuracy[at][first], axes, trials))
    return arms


def at_claim(sample: Sample) -> BoolArray:
    """Mask of the runs at the claim's own point, shape (n,)."""
    return lies_at(sample.evidence.claim, sample.points)


def paired_keys(first: ArmRuns, second: ArmRuns) -> IntArray:
    """The keys (block, run) that both have, shape (n, 2), in the order of `paired_values`."""
    return first.keys[_shared(first, second)[:, 0]]


def paired_values(first: ArmRuns, second: ArmRuns) -> tuple[FloatArray, FloatArray]:
    """Differences first minus second on the keys that both have: response, and accuracy in percentage points."""
    index = _shared(first, second)
    difference = first.y[index[:, 0]] - second.y[index[:, 1]]
    return difference, 100.0 * (first.accuracy[index[:, 0]] - second.accuracy[index[:, 1]])


def _shared(first: ArmRuns, second: ArmRuns) -> IntArray:
    """Positions of the keys that both have, in the first and in the second, shape (n, 2)."""
    position = {key: i for i, key in enumerate(map(tuple, second.keys.tolist()))}
    shared = [(i, position[key]) for i, key in enumerate(map(tuple, first.keys.tolist())) if key in position]
    return np.array(shared, dtype=np.int64).reshape(-1, 2)


def complete_table(arms: Sequence[ArmRuns]) -> tuple[FloatArray, FloatArray]:
    """Points (a, 2) in (v, u) and responses (blocks, a) on the keys that all arms have.

    Arms with fewer than half the keys of the fullest are left out, so that one short arm does not empty the table.
    """
    most = max((len(arm.y) for arm in arms), default=0)
    full = [arm for arm in arms if 2 * len(arm.y) >= most]
    if not full:
        return np.empty((0, 2)), np.empty((0, 0))
    shared = set.intersection(*(set(map(tuple, arm.keys.tolist())) for arm in full))
    columns = [arm.y[[key in shared for key in map(tuple, arm.keys.tolist())]] for arm in full]
    return _places(full), np.column_stack(columns)


def open_table(arms: Sequence[ArmRuns]) -> tuple[FloatArray, FloatArray]:
    """Points (a, 2) in (v, u) and responses (blocks, a) on every key that an arm has, nan where one has none."""
    keys = sorted(set().union(*(map(tuple, arm.keys.tolist()) for arm in arms)))
    row = {key: i for i, key in enumerate(keys)}
    table = np.full((len(keys), len(arms)), np.nan)
    for column, arm in enumerate(arms):
        table[[row[key] for key in map(tuple, arm.keys.tolist())], column] = arm.y
    return _places(arms), table


def _places(arms: Sequence[ArmRuns]) -> FloatArray:
    """Points (a, 2) of the arms in (v, u)."""
    return np.array([arm.place for arm in arms]).reshape(-1, 2)


def arm_levels(sample: Sample, arms: Sequence[ArmRuns]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points (a, 2) in (v, u) of the arms that can be compared, their levels (a,), and the blocks each rests on (a,).

    Empty where fewer than two blocks tie two arms together.
    """
    if not sample.evidence.method.typical:
        points, table = complete_table(arms)
        if len(table) < 2:
            return np.empty((0, 2)), np.empty(0), np.empty(0)
        return points, table.mean(axis=0), np.full(len(points), float(len(table)))
    points, table = open_table(arms)
    fit = fit_two_way(table)
    known = np.isfinite(fit.levels) & (fit.df > 0)
    return points[known], fit.levels[known], fit.counts[known]


def pilot_deviation(sample: Sample) -> Deviation | None:
    """Within-block sigma from the pilot: points of map, zoom, search or cv measured twice or more in one block.

    Where each replicate of a point has a block of its own, the point's runs are taken together.
    """
    runs = sample.evidence.runs
    mask = np.isin(runs.phase, (*MAP_PHASES, Phase.ZOOM, Phase.CV)) & sample.typical
    within = robust_deviation if sample.evidence.method.typical else pooled_deviation
    y, points = sample.y[mask], sample.points[mask]
    for extra in (runs.block[mask], np.zeros(int(mask.sum()))):
        keys = np.column_stack([points, extra])
        groups = np.unique(keys, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        estimate = within(y, groups)
        if estimate is not None:
            return estimate
    return None


def _rows(sample: Sample, phases: tuple[Phase, ...]) -> Rows:
    runs = sample.evidence.runs
    mask = np.isin(runs.phase, phases) & sample.typical
    blocks = block_codes(runs.phase[mask], runs.block[mask])
    return Rows(sample.points[mask], sample.y[mask], blocks, sample.chance[mask])
