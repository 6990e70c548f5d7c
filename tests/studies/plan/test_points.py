"""Fixed points: inside the box, repeatable, evenly spread in (v, u)."""

from __future__ import annotations

import numpy as np
import pytest

from studies.coordinates import to_vu
from studies.language.space import AlphaRange, EtaRange, SearchSpace
from studies.plan.points import FixedSampler, fixed_points

BOX = SearchSpace(eta=EtaRange(low=1e-4, high=2.0), alpha=AlphaRange(low=0.0, high=0.995))
SAMPLERS: list[FixedSampler] = ["sobol", "grid", "random"]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("n", [1, 2, 7, 16, 100])
def test_points_lie_in_the_box_and_repeat(sampler: FixedSampler, n: int) -> None:
    eta, alpha = fixed_points(BOX, sampler, n, seed=3)
    assert eta.shape == alpha.shape == (n,)
    assert len(set(zip(eta.tolist(), alpha.tolist(), strict=True))) == n
    assert all(BOX.contains(e, a) for e, a in zip(eta, alpha, strict=True))
    assert (eta >= BOX.eta.low).all()
    assert (alpha <= BOX.alpha.high).all()
    again = fixed_points(BOX, sampler, n, seed=3)
    assert np.array_equal(eta, again[0])
    assert np.array_equal(alpha, again[1])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_quarter_of_the_box_gets_its_share(sampler: FixedSampler) -> None:
    v, u = to_vu(*fixed_points(BOX, sampler, 64, seed=1))
    upper_v = v > np.mean(BOX.v_bounds)
    upper_u = u > np.mean(BOX.u_bounds)
    shares = [np.mean((upper_v == a) & (upper_u == b)) for a in (0, 1) for b in (0, 1)]
    tolerance = 0.15 if sampler == "random" else 0.0
    assert np.allclose(shares, 0.25, atol=tolerance)


def test_longer_sobol_sequence_begins_with_the_shorter() -> None:
    short, long = fixed_points(BOX, "sobol", 20, seed=5), fixed_points(BOX, "sobol", 200, seed=5)
    assert np.array_equal(short[0], long[0][:20])
    assert np.array_equal(short[1], long[1][:20])


def test_square_grid_reaches_the_corners() -> None:
    v, u = to_vu(*fixed_points(BOX, "grid", 64, seed=0))
    assert len(np.unique(np.round(v, 9))) == len(np.unique(np.round(u, 9))) == 8
    assert (v.min(), v.max()) == pytest.approx(BOX.v_bounds)
    assert (u.min(), u.max()) == pytest.approx(BOX.u_bounds)


def test_another_seed_gives_other_points() -> None:
    assert not np.array_equal(fixed_points(BOX, "sobol", 8, seed=1)[0], fixed_points(BOX, "sobol", 8, seed=2)[0])


def test_senseless_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        fixed_points(BOX, "sobol", 0, seed=1)
    with pytest.raises(ValueError, match="expected sobol, grid or random"):
        fixed_points(BOX, "tpe", 1, seed=1)  # type: ignore[arg-type]
