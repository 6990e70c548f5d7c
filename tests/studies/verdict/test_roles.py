from __future__ import annotations

import numpy as np
import pytest

from studies import golden
from studies.language.claim import Claim
from studies.language.parameters import PAPER
from studies.verdict.roles import by_point, lies_at, role
from studies.verdict.rows import ArmRuns

OTHER = Claim(eta=0.1, alpha=0.9)


def _arm(label: str, eta: float, alpha: float) -> ArmRuns:
    return ArmRuns(label, eta, alpha, np.zeros((1, 2), dtype=np.int64), np.zeros(1), np.zeros(1))


@pytest.mark.parametrize(
    ("label", "eta", "alpha", "found"),
    [
        ("default", 0.01, 0.9, "default"),
        ("default", 0.02, 0.9, "point"),
        ("best", 0.01, 0.9, "default"),
        ("best", 0.02, 0.9, "best"),
        ("mate:0.97", golden.ridge_mate(0.97), 0.97, "mate:0.97"),
        ("mate:0.97", golden.ridge_mate(0.97) * 1.01, 0.97, "point"),
        ("mate:0.97", golden.ridge_mate(0.5), 0.5, "point"),
        ("inside", golden.ETA * 1.9, golden.ALPHA, "inside"),
        ("inside", golden.ETA * 2.1, golden.ALPHA, "point"),
        ("outside", golden.ETA * 2.1, golden.ALPHA, "outside"),
        ("outside", golden.ETA * 1.9, golden.ALPHA, "point"),
        ("opposite", golden.ETA * 1.9, golden.ALPHA, "point"),
        ("decoy:0", 0.02, 0.9, "decoy:0"),
    ],
)
def test_a_label_holds_where_its_point_bears_it_out(label: str, eta: float, alpha: float, found: str) -> None:
    assert role(_arm(label, eta, alpha), Claim()) == found


def test_mates_lie_on_the_claims_own_ridge() -> None:
    on_its_own, on_the_golden = _arm("mate:0", 1.0, 0.0), _arm("mate:0", golden.ridge_mate(0.0), 0.0)
    assert [arm.arm for arm in by_point([on_its_own, on_the_golden], OTHER)] == ["mate:0", "point"]


def test_the_border_of_the_neighbourhood_belongs_to_both_sides_and_digits_may_be_rounded() -> None:
    for label in ("inside", "outside"):
        assert role(_arm(label, golden.ETA * 2.0 * (1.0 + 1e-8), golden.ALPHA), Claim()) == label
    assert lies_at(PAPER, _arm("best", 0.0100000001, 0.9), 0.01, 0.9)
