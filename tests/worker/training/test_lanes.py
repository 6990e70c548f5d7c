"""The records of a stacked training: names and defaults are those of the studies' language."""

from __future__ import annotations

import dataclasses

import pytest

from studies.language.context import Context
from studies.language.loss_names import LABELS
from worker.lanes_of import setup_of
from worker.training.lanes import LOSSES, Lane, Setup


def test_the_engine_trains_the_losses_that_a_study_may_name() -> None:
    assert set(LOSSES) == set(LABELS)


def test_the_defaults_are_the_papers() -> None:
    setup = Setup()
    assert (setup.network, setup.update_rule, setup.schedule) == ("fig3", "heavy_ball", "constant")
    assert (setup.batch_size, setup.epochs, setup.weight_decay) == (128, 30, 1e-4)
    assert (setup.drop_last, setup.reshuffle, setup.precision) == (True, False, "fp32")
    assert setup_of(Context.model_validate({}), setup.order_seed) == setup


def test_records_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Lane(0.1, 0.5, "sse", 0).eta = 0.2  # type: ignore[misc]
