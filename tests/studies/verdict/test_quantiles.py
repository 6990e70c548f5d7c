"""Quantiles of few values are NumPy's to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from studies.verdict.quantiles import median, quantile, quantiles, upper_medians

SHARES = (0.0, 0.25, 0.5, 0.6826895, 0.75, 0.8413447, 0.9, 0.95, 1.0)


@pytest.mark.parametrize("count", [*range(1, 14), 40, 199])
def test_they_are_numpys_to_the_last_bit(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    assert quantiles(values, *SHARES) == tuple(np.quantile(values, SHARES).tolist())
    assert [quantile(values, share) for share in SHARES] == [float(np.quantile(values, share)) for share in SHARES]
    assert median(values) == float(np.median(values))


def test_upper_medians_leave_missing_cells_out() -> None:
    rng = np.random.default_rng(3)
    table = rng.normal(size=(60, 9))
    table[:, 1:][rng.random((60, 8)) < 0.4] = np.nan  # each row keeps its first value
    expected = np.nanquantile(table, 0.5, axis=1, keepdims=True, method="higher")
    np.testing.assert_array_equal(upper_medians(table), expected)
    assert len(np.unique(np.isnan(table).sum(axis=1) % 2)) == 2  # even and odd counts were among them
