from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studies.verdict.model import Evidence
from studies.verdict.row_blocks import ROWS_PER_BLOCK
from studies.verdict.rows import located_rows, sample_of

ByHand = Callable[[list[Any]], Evidence]


def test_only_blocks_with_enough_rows_have_an_effect_of_their_own(by_hand: ByHand) -> None:
    large = [("map", "point", i % 2, 0, 0.01, 0.5, 900, False) for i in range(2 * ROWS_PER_BLOCK)]
    small = [("zoom", "point", i % 2, 0, 0.01, 0.5, 900, False) for i in range(2 * ROWS_PER_BLOCK - 1)]
    strip = [("widen", "point", 1, 0, 0.01, 0.5, 900, False)]
    blocks = located_rows(sample_of(by_hand([*large, *strip, *small]))).blocks
    even, odd = blocks[0], blocks[1]
    assert even != odd
    assert set(blocks[: len(large)].tolist()) == {even, odd}
    assert blocks[len(large)] == odd, "the strip's points were dealt into the map's blocks"
    assert len(set(blocks[len(large) + 1 :].tolist()) - {even, odd}) == 1
