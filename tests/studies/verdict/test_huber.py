from __future__ import annotations

import numpy as np
import pytest
from statsmodels.robust.scale import Huber

from studies.verdict.huber import CUT, huber_scale, second_moment

# Copper in wholemeal flour, parts per million: Analytical Methods Committee (1989); `chem` of Venables & Ripley's MASS.
COPPER = np.array(
    [
        *(2.20, 2.20, 2.40, 2.40, 2.50, 2.70, 2.80, 2.90, 3.03, 3.03, 3.10, 3.37),
        *(3.40, 3.40, 3.40, 3.50, 3.60, 3.70, 3.70, 3.70, 3.70, 3.77, 5.28, 28.95),
    ]
)


def test_the_published_values_for_copper_in_flour() -> None:
    """Venables & Ripley (2002), section 5.5: hubers(chem) is 3.2055 and 0.67365."""
    assert huber_scale(COPPER - 3.205498, df=len(COPPER) - 1, cut=1.5) == pytest.approx(0.673653, abs=1e-6)


@pytest.mark.parametrize("cut", [1.5, CUT])
def test_an_independent_implementation_agrees(cut: float) -> None:
    values = np.concatenate([np.random.default_rng(3).normal(5.0, 0.2, 40), [1.0, 2.0, 11.0]])
    location, scale = Huber(c=cut, tol=1e-12, maxiter=200)(values)
    found = huber_scale(values - float(location), df=len(values) - 1, cut=cut)
    assert found == pytest.approx(float(scale), rel=1e-6)


def test_consistent_and_nearly_efficient_for_normal_noise() -> None:
    samples = np.random.default_rng(0).standard_normal((2000, 58))
    robust = np.array([huber_scale(x - x.mean(), df=57) for x in samples])
    plain = samples.std(axis=1, ddof=1)
    assert robust.mean() == pytest.approx(1.0, abs=0.01)
    efficiency = (plain.std() / plain.mean()) ** 2 / (robust.std() / robust.mean()) ** 2
    assert 0.84 < efficiency < 0.94, "0.886 for large samples"


def test_a_minority_that_lies_far_off_counts_as_two_deviations() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.1, 94)
    near, far = (huber_scale(np.concatenate([noise, np.full(6, -depth)]), df=99) for depth in (1.0, 1000.0))
    assert near == pytest.approx(far)
    assert far < 1.2 * noise.std()


@pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0, 0.0], [1.0, -1.0], [0.0, 0.0, 0.0, 5.0]])
def test_thin_or_equal_residuals_give_a_finite_scale(values: list[float]) -> None:
    for df in (0, 1, max(0, len(values) - 1)):
        assert 0.0 <= huber_scale(np.array(values), df=df) < 10.0
    assert second_moment(1e9) == pytest.approx(1.0)
