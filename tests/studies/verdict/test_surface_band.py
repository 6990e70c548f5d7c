"""The band of a fitted surface: what it is of, how often it holds the truth, and where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.calibration.landscapes import SCENARIOS, Scenario
from studies.calibration.simulation import shipped, simulate
from studies.language.measure import Measure
from studies.verdict.amounts import region_in_measure
from studies.verdict.findings import Findings
from studies.verdict.location import map_process
from studies.verdict.model import Evidence, RegionMap
from studies.verdict.neighbourhood import lattice, nodes_of
from studies.verdict.nodes import with_mean
from studies.verdict.rows import sample_of
from studies.verdict.surface_band import SurfaceBand, surface_band

FloatArray = NDArray[np.float64]
Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]
QUADRATIC = replace(SCENARIOS["A"], sharpness=1e-3)  # its formula's limit: a parabola across the ridge and along it


def drawn(evidence: Evidence) -> RegionMap:
    """The map of a verdict on this evidence, without its tests."""
    v, u, _ = lattice(evidence.space, 31, 21)
    process = map_process(evidence)
    assert process is not None
    empty = RegionMap(tuple(v.tolist()), tuple(u.tolist()), (), ())
    region = with_mean(empty, process, evidence.space.axes, of_typical=evidence.method.typical)
    return region_in_measure(region, sample_of(evidence).unit)


def known(region: RegionMap, band: SurfaceBand) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Nodes (m, 2) that have a band, their fitted drops (m,), and the top (2,)."""
    mean = np.array(region.mean, dtype=np.float64).ravel()
    nodes, drop = nodes_of(np.array(region.v), np.array(region.u)), mean - np.nanmax(mean)
    has = np.isfinite(drop) & (drop >= -band.depth)
    return nodes[has], drop[has], nodes[int(np.nanargmax(mean))]


@pytest.fixture(scope="module")
def region(findings5: Findings) -> RegionMap:
    found = findings5.location.mapped().region
    assert found is not None
    return found


@pytest.fixture(scope="module")
def band(findings5: Findings, region: RegionMap) -> SurfaceBand:
    found = surface_band(findings5.evidence, region)
    assert found is not None
    return found


def test_the_band_is_of_the_difference_from_the_top(findings5: Findings, region: RegionMap, band: SurfaceBand) -> None:
    points, _, top = known(region, band)
    half = band.half_widths(points, top)
    assert half[np.all(points == top, axis=1)] == pytest.approx(0.0, abs=1e-6)
    assert (half >= 0.0).all() and float(np.median(half)) > 0.01
    process = findings5.location.process
    assert process is not None
    some = np.vstack([points[::40], top])
    draws = process.draws(findings5.evidence.space.axes.to_fit(some), count=4000, rng=np.random.default_rng(1))
    spread = 1.96 * (draws[:, :-1] - draws[:, -1:]).std(axis=0)
    assert band.half_widths(some[:-1], top) == pytest.approx(spread, rel=0.1, abs=0.01)


def test_it_is_narrower_near_many_runs_than_at_the_edge_of_the_box(
    findings5: Findings, region: RegionMap, band: SurfaceBand
) -> None:
    points, _, top = known(region, band)
    runs = band.axes.from_fit(band.process.x)
    near = np.array([int((np.abs(runs - point).max(axis=1) < 0.5).sum()) for point in points])
    v_bounds, u_bounds = findings5.evidence.space.v_bounds, findings5.evidence.space.u_bounds
    corners = np.array([[v, u] for v in v_bounds for u in u_bounds])
    many = band.half_widths(points[near >= np.quantile(near, 0.8)], top)
    few = band.half_widths(points[near <= np.quantile(near, 0.2)], top)
    assert many.mean() < 0.7 * few.mean()
    assert many.max() < band.half_widths(corners, top).min()


def test_it_holds_a_planted_parabola_about_as_often_as_it_says() -> None:
    shares = [_share_held(QUADRATIC, seed) for seed in range(4)]
    assert np.mean(shares) >= 0.88
    assert min(shares) >= 0.6


def _share_held(scenario: Scenario, seed: int) -> float:
    """Share of a map's nodes whose planted difference from the top lies in the band."""
    evidence = simulate(scenario, np.random.default_rng(seed), shipped(5))
    region = drawn(evidence)
    band = surface_band(evidence, region)
    assert band is not None
    points, drop, top = known(region, band)
    truth = scenario.height(*points.T) - scenario.height(*top[:, None])
    return float((np.abs(truth - drop) <= band.half_widths(points, top) + 1e-9).mean())


def test_there_is_none_where_it_would_say_too_much(
    findings5: Findings, supported: Evidence, region: RegionMap, select: Select
) -> None:
    few = select(findings5.evidence, np.asarray(findings5.evidence.runs.phase == "map"))
    assert surface_band(few, drawn(few)) is None, "few rows leave lengths and noise open"
    assert surface_band(supported, drawn(supported)) is None, "analysis 4 fits cliffs and all"
    none = select(findings5.evidence, np.zeros(len(findings5.evidence.runs), dtype=np.bool_))
    assert surface_band(none, region) is None


def test_there_is_none_where_the_runs_do_not_yield_the_map(findings5: Findings, region: RegionMap) -> None:
    moved = tuple(tuple(None if x is None else x + 0.1 * i for x in row) for i, row in enumerate(region.mean))
    assert surface_band(findings5.evidence, replace(region, mean=moved)) is None
    assert surface_band(findings5.evidence, replace(region, mean=region.mean[:-1])) is None
    runs = findings5.evidence.runs
    more = replace(findings5.evidence, runs=runs.where(np.arange(len(runs)) % 7 != 0))
    assert surface_band(more, region) is None, "a running study's verdict may be older than its runs"


def test_it_is_in_the_unit_of_the_map() -> None:
    plain = simulate(SCENARIOS["A"], np.random.default_rng(0), shipped(5))
    widths = [_of_measure(plain, factor) for factor in (1.0, 1000.0)]
    assert widths[1] == pytest.approx(1000.0 * widths[0], rel=1e-6)


def _of_measure(evidence: Evidence, factor: float) -> FloatArray:
    """Half widths by a real measure of so many to the unit, and last the depth."""
    measure = Measure(name="score", direction="maximize", kind="real")
    claim = evidence.claim.model_copy(update={"objective": "measure", "margin_floor": 0.0})
    runs = replace(evidence.runs, value=-factor * np.log(evidence.runs.cross_entropy))
    judged = replace(
        evidence, claim=claim.bound(evidence.claim.axes, measure), runs=runs, objective="measure", analysis=5
    )
    region = drawn(judged)
    band = surface_band(judged, region)
    assert band is not None
    points, _, top = known(region, band)
    return np.append(band.half_widths(points, top), band.depth)
