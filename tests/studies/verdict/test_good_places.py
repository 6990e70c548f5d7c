from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.verdict.findings import Findings
from studies.verdict.good_places import good_places
from studies.verdict.model import UNKNOWN


def test_a_wider_margin_makes_more_of_the_box_good(findings5: Findings) -> None:
    shares = [good_places(replace(findings5, margin=margin))[0].estimate or 0.0 for margin in (0.05, 0.2, 1.0, 9.0)]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] == pytest.approx(1.0)


def test_the_planted_share_lies_in_the_interval(findings5: Findings) -> None:
    """Scenario A at a margin of 0.5: the part of the box where the planted surface is less than 0.5 below its top."""
    v, u = np.meshgrid(np.linspace(np.log(10**-3.5), 0.0, 400), np.linspace(0.0, -np.log(0.01), 300))
    dv, du = v - np.log(findings5.evidence.claim.eta), u + np.log1p(-findings5.evidence.claim.alpha)
    x = dv + du
    height = -0.35 / 0.64 * (np.exp(0.8 * x) - 0.8 * x - 1.0) - 0.1 * du**2
    share, alpha = good_places(replace(findings5, margin=0.5))
    assert share.low is not None
    assert share.high is not None
    assert share.low <= float(np.mean(height > -0.5)) <= share.high
    assert alpha is not None
    assert 0.0 <= alpha[0] < findings5.evidence.claim.alpha < alpha[1] < 1.0


def test_nothing_is_said_without_a_margin(findings5: Findings) -> None:
    assert good_places(replace(findings5, margin=None)) == (UNKNOWN, None)
