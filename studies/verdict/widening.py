"""The rule that widens a box on whose edge the optimum presses, once.

Pressing is measured as in the verdict, by the posterior draws of the optimum over the zone: the share of them that lies
in outermost cells of the box, alpha = 0 not counted. From EDGE_MASS (0.1) on, a verdict supports nothing. The box is
looked at twice:

    the map is over    widened where the share is reached and the process' mean, too, is highest in an outermost cell
    the zoom is over   widened, if it was not, where the share is reached

The first look spares the zoom for cases that are clear; after a map the draws of an optimum well inside still spread to
the edge, and the zoom settles most of those. The second is the last chance not to end as `edge`.

Each side that holds EDGE_MASS of the draws (the heaviest where none does) then moves out by a factor of sqrt(10) in eta
or in 1 - alpha, at most by half the box's width, never beyond alpha = 0 or eta = 100; what cannot move is no side. Any
two parameters do so on their scales; a linear one, whose limits nobody stated, keeps its bounds. A sweep is widened
once: if the optimum presses on the wider box too, its verdict says so.

The estimand, the optimum over the box, is from then on that over the wider box. No error rate is spent: the rule is
fixed with the study, nothing is tested by it, and the strip's points are fixed before their runs. The tests on fresh
pairs are exact given whatever runs chose the box. The location tests read the runs of map and zoom again, whose noise
also chose the box, as it chose the zone; how little that matters is measured (`calibration` simulates the rule).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import Axes, Parameter
from studies.language.phases import Phase
from studies.language.space import Space
from studies.late_scipy import qmc
from studies.verdict.candidates import fit_zone
from studies.verdict.gaussian_process import Process
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import SLACK, in_box, lattice, limits, on_sides
from studies.verdict.rows import located_rows, sample_of
from studies.verdict.rules import EDGE_MASS
from studies.verdict.zone import Zone, find_zone, zone_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
STEP = math.log(10.0) / 2  # how far a side moves out, ln units of eta or of 1 - alpha
MOST = 0.5  # of the box's width: a narrow box is not widened beyond its budget
MOST_MEMORY = 9.0 * math.log(10.0)  # -ln(1 - alpha) at alpha = 1 - 1e-9
GRID = (31, 21)  # nodes along v and u among which the optimum is drawn
DRAWS = 512
FIRST_DRAW, LAST_DRAW = 10, 18  # powers of two: Sobol points drawn until enough lie where they should
LEAST_MOVE = 2.0 ** (2 - LAST_DRAW)  # of the box's width: a narrower strip may hold none of those points


def widened(evidence: Evidence) -> Space | None:
    """The wider box that the rule above demands, by the claim's objective; None where the box stays as it is.

    Args:
        evidence: a sweep whose map, and perhaps zoom, is over; confirm and controls are not read.

    Deterministic by `evidence.seed`. Never widens twice: None once there are, or are planned, runs in a strip.
    """
    if evidence.is_widened:
        return None
    sides = _pressed(_by_claim(evidence))
    return _moved(evidence.space, sides) if sides.any() else None


def strip_points(
    evidence: Evidence, wider: Space, *, map_points: int, zoom_points: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Scrambled Sobol points in the strip by which the box was widened, as dense there as the map is in the box.

    Where the zoom is over already, the zone as the map predicts it in the strip gets the zoom's density on top.

    Args:
        evidence: as given to `widened`.
        wider: what `widened` gave.
        map_points: points of the map, replicates of the claim not counted.
        zoom_points: points of the zoom.
        seed: of the scrambling; equal seeds and rows give equal points.

    Returns:
        eta and alpha, shape (count,) each, count >= 1; all outside the old box and inside the wider one.
    """

    evidence = _by_claim(evidence)

    def in_strip(points: FloatArray) -> BoolArray:
        return ~in_box(evidence.space, points)

    count = strip_size(evidence.space, wider, map_points)
    points = _filled(wider, in_strip, count, np.random.default_rng([seed, 0]))
    if Phase.ZOOM in evidence.phases_done:
        zone = find_zone(replace(evidence, space=wider))

        def promising(found: FloatArray) -> BoolArray:
            return in_strip(found) & zone.contains(found)

        more = _zoom_size(evidence, wider, promising, zoom_points)
        points = np.vstack([points, _filled(wider, promising, more, np.random.default_rng([seed, 1]))])
    return wider.clipped(points[:, 0], points[:, 1])


def strip_size(space: Space, wider: Space, map_points: int) -> int:
    """Points that the strip takes at the map's density."""
    return math.ceil(map_points * (_area(wider) / _area(space) - 1.0) - SLACK)


def most_points(space: Space, *, map_points: int, zoom_points: int) -> int:
    """Most points that widening takes: every side moved that can be, late, and all of the strip promising.

    0 for a box that no door lets in any more: nothing can be planned in it.
    """
    if not space.is_plannable:
        return 0
    widest = _moved(space, np.ones(4, dtype=np.bool_))
    return strip_size(space, widest, map_points) + strip_size(space, widest, zoom_points)


def replayed(evidence: Evidence, space: Space) -> Space | None:
    """The wider box that the rule gives a sweep, looked at as often as the sweep was, from the runs it had each time.

    Args:
        evidence: the sweep as it stands; a look was taken at the end of each phase that another one followed.
        space: the study's own box.

    Returns:
        None where no look widens it.
    """
    located = tuple(takewhile(lambda phase: phase in (Phase.MAP, Phase.ZOOM), evidence.phases_done))
    looks = (located[:count] for count in range(1, len(located) + 1))
    return next(filter(None, (_look_back(evidence, space, done) for done in looks)), None)


def _look_back(evidence: Evidence, space: Space, done: tuple[str, ...]) -> Space | None:
    """The wider box at the end of the phases `done`; None as well where nothing has followed them yet."""
    runs = evidence.runs
    before = np.isin(runs.phase, done)
    if before.all():
        if evidence.space == space:
            return None
    elif evidence.looks > 1:  # later looks have put more points into the same phases
        before &= runs.trial < runs.trial[~before].min()
    return widened(replace(evidence, space=space, runs=runs.where(before), phases_done=done, looks=1))


def _pressed(evidence: Evidence) -> BoolArray:
    """Sides (v low, v high, u low, u high) to move, shape (4,); none where the posterior does not lean on the edge."""
    nothing, zoomed = np.zeros(4, dtype=np.bool_), Phase.ZOOM in evidence.phases_done
    sample = sample_of(evidence)
    zone = zone_of(sample)
    if zone.process is None:
        return nothing
    grid = _edge_grid(zone)
    process = fit_zone(located_rows(sample), zone) if zoomed else zone.process
    if not grid.sides.any() or not (zoomed or grid.top_presses(process)):
        return nothing
    drawn = grid.drawn_sides(process, np.random.default_rng([evidence.seed, int(zoomed)]))
    return _heavy(drawn) if float(drawn.any(axis=1).mean()) >= EDGE_MASS else nothing


def _by_claim(evidence: Evidence) -> Evidence:
    """The evidence in the claim's objective: the box must not depend on the one in which a verdict is asked for."""
    return replace(evidence, objective=evidence.claim.objective)


@dataclass(frozen=True, slots=True, eq=False)
class _EdgeGrid:
    """Nodes of the zone, and the movable sides of the box in whose outermost cells each lies."""

    nodes: FloatArray  # (n, 2) in (v, u)
    sides: BoolArray  # (n, 4)
    axes: Axes

    def top_presses(self, process: Process) -> bool:
        """True where the process' mean is highest in an outermost cell."""
        return bool(self.sides[int(np.argmax(process.mean(self.axes.to_fit(self.nodes))))].any())

    def drawn_sides(self, process: Process, rng: np.random.Generator) -> BoolArray:
        """Sides on which posterior draws of the optimum lie, shape (DRAWS, 4)."""
        draws = process.draws(self.axes.to_fit(self.nodes), count=DRAWS, rng=rng)
        return np.asarray(self.sides[np.argmax(draws, axis=1)], dtype=np.bool_)


def _edge_grid(zone: Zone) -> _EdgeGrid:
    v, u, nodes = lattice(zone.space, *GRID)
    nodes = nodes[zone.contains(nodes)]
    sides = on_sides(zone.space, nodes, np.array([v[1] - v[0], u[1] - u[0]]))
    return _EdgeGrid(nodes, sides & _movable(zone.space), zone.space.axes)


def _heavy(drawn: BoolArray) -> BoolArray:
    """Sides that hold EDGE_MASS of the draws, the heaviest where none does; shape (4,)."""
    mass = drawn.mean(axis=0)
    return np.asarray(mass >= min(EDGE_MASS, float(mass.max())), dtype=np.bool_)


def _movable(space: Space) -> BoolArray:
    """Sides that can be moved out by a strip wide enough to hold a point, shape (4,)."""
    box = limits(space)
    least = np.maximum(SLACK, LEAST_MOVE * (box[:, 1] - box[:, 0]))[:, None]
    return np.asarray((np.abs(_reach(space) - box) > least).ravel(), dtype=np.bool_)


def _reach(space: Space) -> FloatArray:
    """Limits of the two coordinates beyond which no box is widened, as `limits`: eta 100, alpha 0 and 1 - 1e-9."""
    axes = space.axes
    ends = [_reached(parameter, far) for parameter, far in zip(axes.both, axes.reach, strict=True)]
    return np.array(ends)


def _reached(parameter: Parameter, far: tuple[float, float]) -> tuple[float, float]:
    """The farthest values as coordinates; nothing is farther than 0 on a logarithmic scale."""
    if parameter.scale == "log" and far[0] <= 0.0:
        return -math.inf, math.log(far[1])
    return (0.0, MOST_MEMORY) if parameter.scale == "log_one_minus" else parameter.ends(*far)


def _moved(space: Space, sides: BoolArray) -> Space:
    box = limits(space)
    step = np.minimum(STEP, MOST * (box[:, 1] - box[:, 0]))[:, None] * np.array([-1.0, 1.0])
    reach, values = _reach(space), np.array(space.axes.reach)
    moved = np.clip(box + step, reach[:, :1], reach[:, 1:])
    far = np.clip(np.array(space.axes.values(moved[0], moved[1])), values[:, :1], values[:, 1:])
    here = np.array(space.ends)
    low, high, least, most = np.where(np.reshape(sides, (2, 2)), far, here).ravel().tolist()
    return space.boxed(((low, high), (least, most)))


def _zoom_size(evidence: Evidence, wider: Space, promising: Callable[[FloatArray], BoolArray], zoom_points: int) -> int:
    """Points that the promising part of the strip takes at the zone's density, at most at the box's."""
    nodes = _sobol(wider, FIRST_DRAW + 2, np.random.default_rng(0))
    zoomed = int(find_zone(evidence).contains(nodes).sum())
    wanted = math.ceil(zoom_points * int(promising(nodes).sum()) / max(zoomed, 1))
    return min(wanted, strip_size(evidence.space, wider, zoom_points))


def _filled(
    space: Space, accept: Callable[[FloatArray], BoolArray], count: int, rng: np.random.Generator
) -> FloatArray:
    """The first `count` points (n, 2) in (v, u) of a Sobol sequence over the box that are accepted; fewer at need."""
    chosen = np.empty((0, 2))
    seed = rng.integers(2**32)
    for power in range(FIRST_DRAW, LAST_DRAW + 1):
        points = _sobol(space, power, np.random.default_rng(seed))
        chosen = points[accept(points)]
        if len(chosen) >= count:
            break
    return chosen[:count]


def _sobol(space: Space, power: int, rng: np.random.Generator) -> FloatArray:
    box = limits(space)
    unit = qmc.Sobol(d=2, scramble=True, rng=rng).random_base2(power)
    return np.asarray(box[:, 0] + unit * (box[:, 1] - box[:, 0]), dtype=np.float64)


def _area(space: Space) -> float:
    return float(np.prod(np.diff(limits(space), axis=1)))


def _clipped(values: FloatArray, low: float, high: float) -> FloatArray:
    return np.asarray(np.clip(values, low, high), dtype=np.float64)
