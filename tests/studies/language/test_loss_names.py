"""Every loss of the study language has a label and a phrase; others keep their own name."""

from __future__ import annotations

from typing import get_args

from studies.language.context import Loss
from studies.language.loss_names import LABELS, label, phrase


def test_every_loss_is_named() -> None:
    assert set(LABELS) == set(get_args(Loss))
    assert len({phrase(loss) for loss in LABELS}) == len(LABELS)


def test_a_sentence_has_the_article_and_a_table_has_not() -> None:
    assert label("golden") == "golden loss"
    assert phrase("golden") == "the golden loss"
    assert phrase("sse") == label("sse") == "squared error"
    assert label("my_loss") == phrase("my_loss") == "my_loss"
