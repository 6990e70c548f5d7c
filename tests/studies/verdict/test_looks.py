"""Repeated looks: the level is never overspent, and what is spent is resolved."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from studies.language.claim import Claim
from studies.language.sizes import data_factor
from studies.verdict.looks import MOST_LOOKS, look_level, looks_left, share, spend
from studies.verdict.paired import FLIPS, sign_flip_p_value
from studies.verdict.region import BETA, DRAWS, coefficient_draws, location_p_values, resolution, resolved_p_values
from studies.verdict.surface import fit_surface


@pytest.mark.parametrize("first_look", [0.01, 0.5, 0.9, 1.0])
def test_all_looks_together_spend_no_more_than_the_level(first_look: float) -> None:
    shares = [share(Claim(first_look=first_look), look) for look in range(1, 40)]
    assert shares[0] == first_look
    assert sum(shares) <= 1.0
    assert all(later <= earlier / 2 for earlier, later in itertools.pairwise(shares[1:]))
    assert shares[MOST_LOOKS:] == [0.0] * (39 - MOST_LOOKS)


def test_looks_by_default() -> None:
    claim = Claim()
    assert [look_level(claim, look) for look in (1, 2, 3, 4)] == pytest.approx([0.045, 0.0025, 0.00125, 0.000625])
    assert [data_factor(look) for look in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert [looks_left(claim, look) for look in (1, 4, 9)] == [3, 0, 0]
    assert looks_left(Claim(first_look=1.0), 1) == 0
    with pytest.raises(ValueError, match="counts from 1"):
        share(claim, 0)


def test_spending_divides_and_stays_a_probability() -> None:
    assert spend(0.01, 0.5) == 0.02
    assert spend(0.9, 0.5) == 1.0
    assert spend(0.0, 0.0) == 1.0
    assert spend(None, 0.9) is None


def test_looking_four_times_at_a_true_null_errs_no_more_often_than_the_level() -> None:
    """z-tests on data that double from look to look, as rounds do: the worst case, with the null at its border."""
    claim, studies = Claim(first_look=0.5), 200_000
    rng = np.random.default_rng(4)
    total, wrong = np.zeros(studies), np.zeros(studies, dtype=bool)
    for look in range(1, MOST_LOOKS + 1):
        fresh = data_factor(look) - (data_factor(look - 1) if look > 1 else 0)
        total += np.sqrt(fresh) * rng.standard_normal(studies)
        wrong |= norm.sf(total / np.sqrt(data_factor(look))) <= look_level(claim, look)
    assert claim.first_look * claim.level < wrong.mean() <= claim.level


def test_lower_levels_are_resolved_as_finely() -> None:
    assert resolution(0.045) == (BETA, DRAWS)
    assert resolution(0.3) == (BETA, DRAWS)
    for look in (1, 2, 3, 4):
        level = look_level(Claim(), look)
        beta, draws = resolution(level)
        assert beta + 1 / (draws + 1) < level / 5, "the strictest route can still reject"


def test_many_draws_are_spent_only_where_they_tell() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, (120, 2))
    surface = fit_surface(x, -(x**2).sum(axis=1) + 0.1 * rng.standard_normal(120), degree=2)
    grid = np.column_stack([a.ravel() for a in np.meshgrid(np.linspace(-1, 1, 7), np.linspace(-1, 1, 7))])
    draws = coefficient_draws(surface, count=10_000, rng=rng)
    found = resolved_p_values(surface, grid, grid, draws, beta=3e-4)
    plain = location_p_values(surface, grid, grid, draws, beta=3e-4)
    assert found == pytest.approx(plain, rel=0.3, abs=2e-4)
    assert (found >= 3e-4).all()
    assert found.min() < 5e-4
    assert found[24] == found.max() > 0.1, "the top, which the grid's middle is"


def test_sign_flips_resolve_a_low_level() -> None:
    d = np.random.default_rng(1).normal(1.0, 0.5, 40)
    assert sign_flip_p_value(d, alternative="greater", rng=np.random.default_rng(2)) == 1 / (FLIPS + 1)
    finer = sign_flip_p_value(d, alternative="greater", rng=np.random.default_rng(2), level=0.0025)
    assert finer == pytest.approx(1 / (10 * FLIPS + 1))
