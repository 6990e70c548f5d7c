"""The record of an optimum's place: estimates and tests, made by `location`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import PAPER, Axes
from studies.verdict.gaussian_process import Process
from studies.verdict.good_part import GoodPart, good_part
from studies.verdict.ground import Ground
from studies.verdict.likely import Likely
from studies.verdict.model import UNKNOWN, Interval, OtherWidth, RegionMap, RidgeDrop
from studies.verdict.nodes import p_on_map, with_mean
from studies.verdict.region import BETA, DRAWS, Regret, location_p_values
from studies.verdict.surface import Surface

FloatArray = NDArray[np.float64]
CONTRADICTION = 0.02  # share of the posterior at places that the polynomial admits, below which they contradict


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """Estimates and tests of the optimum's place; None where the data give none.

    The second group of fields is filled by the analysis that joins polynomial and process (`Method.union_region`).
    """

    surface: Surface | None = None
    eta: Interval = UNKNOWN
    alpha: Interval = UNKNOWN
    effective_rate: Interval = UNKNOWN
    kappa: Interval = UNKNOWN
    ridge_slope: Interval = UNKNOWN
    pi_inside: float | None = None
    edge_mass: float | None = None
    p_claim: float | None = None
    p_in: float | None = None
    p_out: float | None = None
    regret: Regret | None = None
    region: RegionMap | None = None  # its mean is empty, but for `mapped`
    argmaxes: FloatArray | None = None  # (draws, 2) posterior draws of the optimum in (v, u)
    axes: Axes = PAPER  # whose coordinates v and u are
    challengers: FloatArray | None = None  # (m, 2) points in (v, u) that the tests ran over, the claim's last
    errors: FloatArray | None = None  # (p, draws) draws of the surface's error
    beta: float = BETA  # error spent on the first step of the location tests
    bayes_factor: float | None = None  # of N
    ridge_drops: tuple[RidgeDrop, ...] = ()
    other_widths: tuple[OtherWidth, ...] = ()

    region_nodes: FloatArray | None = None  # (m, 2) in (v, u) of the 95 % region: challengers, then the rim's nodes
    open_sides: tuple[str, ...] = ()  # sides of the box that the region reaches: `neighbourhood.SIDES`
    agreement: float | None = None  # share of the posterior's draws at points that the polynomial does not exclude
    likely: Likely | None = None  # density of the posterior's draws
    ground: Ground | None = None  # where it is sought, with the process of the zone's runs, not floored
    process: Process | None = None  # whose argmax was drawn
    of_typical: bool = False  # it was fitted to typical runs alone
    box_nodes: int | None = None  # nodes of the challengers' grid over the whole box

    def mapped(self) -> Location:
        """The location with the process' mean on its map: what a verdict shows, and looks need not wait for."""
        if self.region is None or self.process is None:
            return self
        return replace(self, region=with_mean(self.region, self.process, self.axes, of_typical=self.of_typical))

    @property
    def contradicts(self) -> bool:
        """True where polynomial and process each place the optimum where the other excludes it: trust neither."""
        return self.agreement is not None and self.agreement < CONTRADICTION

    def p_at(self, points: FloatArray) -> FloatArray | None:
        """p-value of "the optimum is here" at (n, 2) points in (v, u), in the zone or not; None without a surface.

        Where the region joins two methods, the larger of theirs; off the ground where it is sought, that of the map's
        node, 0 beyond the rim.
        """
        if self.surface is None or self.challengers is None or self.errors is None:
            return None
        challengers = self.axes.to_fit(np.vstack([self.challengers, points]))
        p = location_p_values(
            self.surface, self.axes.to_fit(points), challengers, self.errors[:, :DRAWS], beta=self.beta
        )
        if self.likely is None or self.ground is None:
            return p
        joined = np.maximum(p, self.likely.p_values(points))
        off = np.zeros(len(points)) if self.region is None else p_on_map(self.region, points)
        return np.asarray(np.where(self.ground.holds(points), joined, off), dtype=np.float64)

    def p_regret(self, margin: float | None) -> float | None:
        """p-value of "no point of the zone beats the claim by more than the margin"; None without a surface."""
        if self.surface is None or self.challengers is None or self.errors is None or margin is None:
            return None
        points = self.axes.to_fit(self.challengers)
        errors, beta = self.errors, self.beta
        return float(location_p_values(self.surface, points[-1:], points, errors, margin=margin, beta=beta)[0])

    def good(self, margin: float | None) -> GoodPart | None:
        """The part of the box that is not worse than the best by the margin, response units.

        None without a margin, or where the region does not join two methods.
        """
        if self.ground is None or self.challengers is None or self.box_nodes is None or margin is None:
            return None
        return good_part(
            self.challengers,
            self.ground.process,
            self.surface,
            self.errors,
            margin=margin,
            box_nodes=self.box_nodes,
            axes=self.axes,
        )


NOWHERE = Location()
