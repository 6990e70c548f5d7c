"""The constants against 16-digit values computed with 40-digit arithmetic, and their identities."""

import math

import pytest

from studies import golden


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (golden.P1, 0.6180339887498948),
        (golden.P2, -1.618033988749895),
        (golden.ALPHA, 0.8740320488976421),
        (1 - golden.ALPHA, 0.1259679511023579),
        (golden.ETA, 0.01586792470492602),
        (math.log(golden.ETA), -4.143455521430420),
        (-math.log1p(-golden.ALPHA), 2.071727760715210),
        (golden.effective_rate(golden.ETA, golden.ALPHA), 0.1259679511023579),
    ],
)
def test_constants_have_their_published_digits(value: float, expected: float) -> None:
    assert value == pytest.approx(expected, rel=2e-15)


def test_p1_and_p2_solve_eq_12_and_15() -> None:
    assert pytest.approx(0, abs=1e-15) == golden.P1**2 + golden.P1 - 1
    assert pytest.approx(0, abs=1e-15) == golden.P2**2 + golden.P2 - 1
    assert pytest.approx(-1 / golden.P2) == golden.P1
    assert abs(golden.P1 + golden.P2) == pytest.approx(1)


def test_alpha_is_a_root_of_its_quartic() -> None:
    assert pytest.approx(0, abs=1e-14) == golden.ALPHA**4 - 6 * golden.ALPHA**2 + 4


def test_eta_has_its_closed_form() -> None:
    assert pytest.approx(4 - math.sqrt(5) - math.sqrt(10) + math.sqrt(2), abs=1e-15) == golden.ETA


def test_effective_rate_at_the_golden_point_is_one_minus_alpha() -> None:
    assert golden.effective_rate(golden.ETA, golden.ALPHA) == pytest.approx(1 - golden.ALPHA, rel=1e-15)


@pytest.mark.parametrize(
    ("alpha", "eta"),
    [(0.0, 0.1259680), (0.5, 0.0629840), (0.75, 0.0314920), (0.95, 0.0062984), (0.97, 0.0037790), (0.99, 0.0012597)],
)
def test_ridge_mates_share_the_effective_rate(alpha: float, eta: float) -> None:
    assert golden.ridge_mate(alpha) == pytest.approx(eta, abs=5e-8)


@pytest.mark.parametrize("alpha", [-0.1, 1.0, 2.0, math.nan])
def test_momentum_outside_its_range_is_refused(alpha: float) -> None:
    for function in (golden.ridge_mate, lambda a: golden.effective_rate(0.1, a)):
        with pytest.raises(ValueError, match="alpha"):
            function(alpha)


@pytest.mark.parametrize("eta", [0.0, -1.0])
def test_effective_rate_refuses_a_rate_that_is_not_positive(eta: float) -> None:
    with pytest.raises(ValueError, match="eta"):
        golden.effective_rate(eta, 0.5)
