"""Shares of planted collapse: everywhere, growing, at the claim's own point."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.calibration.collapse import CLAIM_U, CLAIM_V, MOST_SHARE, Collapse


def test_a_growing_share_has_its_value_at_the_claim_and_a_limit() -> None:
    collapse = Collapse(0.06, 2.0, growth=0.9)
    low, here, high = collapse.shares(np.full(3, CLAIM_V), np.array([0.0, CLAIM_U, 10.0]))
    assert low == pytest.approx(0.06 * math.exp(-0.9 * CLAIM_U))
    assert here == pytest.approx(0.06)
    assert high == MOST_SHARE


def test_the_claims_own_share_holds_at_its_point_alone() -> None:
    collapse = Collapse(0.05, 2.0, at_claim=0.3)
    shares = collapse.shares(CLAIM_V + np.array([0.0, 1e-9, 1e-3]), np.full(3, CLAIM_U))
    assert shares.tolist() == [0.3, 0.3, 0.05]
    assert collapse.singles_out_claim
    assert not Collapse(0.05, 2.0).singles_out_claim
    assert Collapse(0.05, math.inf).is_to_chance
