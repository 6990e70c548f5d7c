"""Coordinate round trips and the lines that the claim and the ridge are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies import golden
from studies.coordinates import from_vu, to_su, to_vu

etas = st.floats(1e-6, 10.0)
alphas = st.floats(0.0, 0.999)


@given(eta=etas, alpha=alphas)
def test_points_survive_the_way_there_and_back(eta: float, alpha: float) -> None:
    again = from_vu(*to_vu(eta, alpha))
    assert again[0] == pytest.approx(eta, rel=1e-12)
    assert again[1] == pytest.approx(alpha, rel=1e-12, abs=1e-12)


def test_the_golden_point_has_its_published_coordinates() -> None:
    v, u = to_vu(golden.ETA, golden.ALPHA)
    s, _ = to_su(golden.ETA, golden.ALPHA)
    assert (v, u, s) == pytest.approx((-4.143455521430420, 2.071727760715210, -2.071727760715210), rel=1e-14)


@given(alpha=alphas)
def test_s_is_constant_along_the_ridge(alpha: float) -> None:
    s, _ = to_su(golden.ridge_mate(alpha), alpha)
    assert s == pytest.approx(-2.071727760715210, abs=1e-10)


@pytest.mark.parametrize(
    ("eta", "alpha"), [(0.0, 0.5), (-1.0, 0.5), (np.nan, 0.5), (0.1, 1.0), (0.1, -0.1), (0.1, np.nan)]
)
def test_points_outside_the_domain_are_refused(eta: float, alpha: float) -> None:
    with pytest.raises(ValueError, match="must"):
        to_vu(eta, alpha)


def test_arrays_broadcast() -> None:
    v, u = to_vu(np.ones((3, 1)), np.zeros(4))
    assert np.broadcast_shapes(v.shape, u.shape) == (3, 4)
