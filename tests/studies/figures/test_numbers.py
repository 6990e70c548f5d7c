"""Numbers as readers see them."""

from __future__ import annotations

import pytest

from studies import golden
from studies.figures.numbers import momentum, momentum_span, number, p_value, percent, point, signed, span
from studies.verdict.model import Interval
from studies.verdict.names import OF_PAPER


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (number(0.0158679), "0.0159"),
        (number(-2.5e-7), "−2.50e−7".replace("e−7", "e−07")),
        (number(None), "–"),
        (number(float("nan")), "–"),
        (number(12345.0), "12345"),
        (signed(-0.123), "−0.12"),
        (percent(0.98765), "98.77 %"),
        (p_value(0.00001), "< 0.001"),
        (momentum(0.874032), "0.874"),
        (momentum(0.99), "0.9900"),
    ],
)
def test_numbers_are_written_for_readers(written: str, expected: str) -> None:
    assert written == expected


def test_spans_and_points_are_pairs_of_numbers() -> None:
    assert span(Interval(0.02, 0.0123, 0.0301)) == "0.0123 to 0.0301"
    assert momentum_span(Interval(0.9, 0.8, 0.99)) == "0.800 to 0.9900"
    assert (span(Interval(0.02, None, None)), momentum_span(Interval(0.9, None, 0.99))) == ("–", "–")
    assert point(golden.ETA, golden.ALPHA, OF_PAPER) == "η 0.0159, α 0.874"
