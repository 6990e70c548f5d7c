"""Adequacy of a polynomial, tested by the terms beyond it or by repeated runs.

Hypothesis: the expected response in the zone is the fitted polynomial, up to its coefficients. The terms next to the
surface's own are tested together in the weighted fit that it comes from, twice: by the nested F-test, exact under
normal noise where the weights are right, and by Wald's test on the HC3 covariance, which holds for large samples
whatever the weights; the larger p-value counts. On planted noise that grows thirteenfold, further than the weights
follow, F alone rejects too often. A test needs fewer rows than a fit that is to be used: a poorly determined
coefficient is no use as an estimate, but what it explains can still be compared with the noise.

Where the points do not determine further terms (a lattice with few levels, say), repeated runs at one point give the
noise without any polynomial, and the surface is held against one mean for each point by an F-test (Draper & Smith 1998,
section 2.1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studies.verdict.surface import FloatArray, IntArray, Surface, centred, exponents
from studies.verdict.tails import f_tail

Attempt = Callable[[int, int], Surface | None]  # (degree, across) to the fit, None where the rows do not determine it
MAX_DEGREE = 6  # of a surface that is used, and of s alone
TEST_ROWS_PER_COEFFICIENT = 1.5  # fewer rows than this for each coefficient: the terms are not tested
SAME_POINT = 9  # decimals in which repeated points agree, ln units


def nested_p_value(simple: Surface, rich: Surface) -> float:
    """p-value of the F-test that the terms of `rich` beyond `simple` are zero; same rows and weights."""
    return _f_p_value(simple.df, _unexplained(simple), rich.df, _unexplained(rich))


def wald_p_value(simple: Surface, rich: Surface) -> float:
    """p-value of Wald's test that the terms of `rich` beyond `simple` are zero, by its HC3 covariance."""
    known = set(exponents(simple.degree, simple.across))
    terms = [i for i, pair in enumerate(exponents(rich.degree, rich.across)) if pair not in known]
    found, covariance = rich.beta[terms], rich.covariance[np.ix_(terms, terms)]
    statistic = float(found @ np.linalg.pinv(covariance) @ found) / len(terms)
    return f_tail(statistic, len(terms), rich.df)


def beyond_p_value(attempt: Attempt, surface: Surface, next_degree: float | None) -> float | None:
    """p-value of the terms next to the surface's own: the next degree's, and two more powers of s where those end.

    Args:
        attempt: fits a richer model to the same rows.
        surface: the model in use.
        next_degree: the p-value of the next degree's terms, where it is known already.

    Returns:
        Bonferroni-adjusted where both kinds were tested; None where the rows determine neither.
    """
    richer = [] if next_degree is not None else [attempt(surface.degree + 1, max(surface.across, surface.degree + 1))]
    if surface.across == MAX_DEGREE > surface.degree:
        richer.append(attempt(surface.degree, surface.across + 2))
    usable = [rich for rich in richer if rich is not None and _is_testable(rich)]
    found = [max(nested_p_value(surface, rich), wald_p_value(surface, rich)) for rich in usable]
    found += [] if next_degree is None else [next_degree]
    return min(1.0, len(found) * min(found)) if found else None


def pure_error_p_value(
    surface: Surface, x: FloatArray, y: FloatArray, *, blocks: IntArray | None, weights: FloatArray
) -> float | None:
    """p-value of the surface against one mean for each distinct point, block effects in both; None without repeats."""
    codes = np.zeros(len(y), dtype=np.int64) if blocks is None else np.unique(blocks, return_inverse=True)[1].ravel()
    place = np.unique(np.round(x, SAME_POINT), axis=0, return_inverse=True)[1].ravel()
    w = weights / weights.mean()
    root = np.sqrt(w)[:, None]
    design = centred(np.eye(int(place.max()) + 1)[place], codes, w) * root
    target = (centred(y[:, None], codes, w) * root)[:, 0]
    left, singular, _ = np.linalg.svd(design, full_matrices=False)
    left = left[:, singular > 1e-9 * singular[0]] if len(singular) and singular[0] > 0.0 else left[:, :0]
    df = len(y) - left.shape[1] - int(codes.max()) - 1
    if df < 1 or df >= surface.df:
        return None
    residual = target - left @ (left.T @ target)
    return _f_p_value(surface.df, _unexplained(surface), df, float(residual @ residual))


def _is_testable(rich: Surface) -> bool:
    count = len(rich.beta)
    return rich.df + count >= TEST_ROWS_PER_COEFFICIENT * (count + 1)


def _unexplained(surface: Surface) -> float:
    return surface.df * surface.residual_deviation**2


def _f_p_value(df: int, unexplained: float, rich_df: int, rich_unexplained: float) -> float:
    gained = max(unexplained - rich_unexplained, 0.0)
    if rich_unexplained <= 0.0:
        return 1.0 if gained <= 0.0 else 0.0
    extra = df - rich_df
    return f_tail((gained / extra) / (rich_unexplained / rich_df), extra, rich_df)
