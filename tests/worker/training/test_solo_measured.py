"""The plain loop's schedules that measure: which there are, and that their rates reach the optimizer layer by layer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from worker.training import schedules
from worker.training.lanes import Fold, Lane, Setup
from worker.training.networks import build_network, plain_module
from worker.training.solo import solo_optimizer
from worker.training.solo_measured import FOLLOWERS, MiDecay, follower

MakeFold = Callable[..., Fold]
LANE = Lane(0.1, 0.5, "sse", 0)


def test_every_schedule_that_measures_has_a_follower_and_no_other_has() -> None:
    assert set(FOLLOWERS) == {name for name in schedules.names() if schedules.measured(name) is not None}


def test_a_schedule_with_tables_is_followed_by_nobody(make_fold: MakeFold) -> None:
    assert follower(LANE, Setup(schedule="cosine"), make_fold()) is None


@pytest.mark.parametrize("layers", ["global", "each"])
def test_rates_reach_the_parameters_of_their_layer(make_fold: MakeFold, layers: str) -> None:
    setup = Setup(schedule="mi_decay", schedule_settings=(("layers", layers), ("hi", 0.5)))
    module = plain_module(build_network("fig3", (1, 8, 8), 10), 1)
    optimizer, follow = solo_optimizer(module, LANE, setup), MiDecay(LANE, setup, make_fold())
    follow.set_rates(optimizer, module)
    assert set(follow.rates) == ({"all"} if layers == "global" else {"first", "last"})
    assert {group["lr"] for group in optimizer.param_groups} == {0.05}
    follow.rates = dict.fromkeys(follow.rates, 0.01) | ({"last": 0.02} if layers == "each" else {})
    follow.set_rates(optimizer, module)
    found = {id(value): group["lr"] for group in optimizer.param_groups for value in group["params"]}
    decay = {id(value): group["weight_decay"] for group in optimizer.param_groups for value in group["params"]}
    for name, value in module.named_parameters():
        assert found[id(value)] == (0.02 if layers == "each" and name.startswith("last") else 0.01), name
        assert decay[id(value)] == (0.0 if name in ("first.bias", "last.bias") else 1e-4), name


def test_a_classifier_that_knows_all_has_the_lowest_rate_from_the_second_epoch_on(make_fold: MakeFold) -> None:
    class Oracle(torch.nn.Module):
        def __init__(self, follow: MiDecay) -> None:
            super().__init__()
            self._labels = torch.tensor(follow._labels)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.one_hot(self._labels[: len(images)], 10).double()

    setup = Setup(schedule="mi_decay", schedule_settings=(("lo", 0.25),))
    module = plain_module(build_network("softmax", (1, 8, 8), 10), 1)
    follow = MiDecay(LANE, setup, make_fold())
    follow.set_rates(solo_optimizer(module, LANE, setup), module)
    module.last = Oracle(follow)
    follow.after_epoch(module)
    assert follow.rates == {"all": 0.1}
    follow.after_epoch(module)
    assert follow.rates["all"] == pytest.approx(0.025)
