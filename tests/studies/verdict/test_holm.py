from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from studies.verdict.holm import holm


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    gc.freeze()  # statsmodels collects garbage at each call, which among all tests takes half a second
    expected = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(np.array(holm(p_values), dtype=float), expected, atol=1e-12)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_missing_p_values_do_not_count_towards_the_family() -> None:
    assert holm([None, 0.04, None, 0.01]) == [None, 0.04, None, 0.02]
