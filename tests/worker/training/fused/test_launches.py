"""How many kernels a step launches on a device, counted where none is needed."""

from __future__ import annotations

import pytest
from launches import launches_of_a_step
from stacked import fitted

from worker.training.lanes import LOSSES, Lane, Setup
from worker.training.rules import names

LANES = [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)]
MOST = 60
MOST_OF = {"yamadam": 65}  # its norms of each parameter, before and after, are 51 of them


@pytest.mark.parametrize("rule", names())
def test_the_paper_s_network_takes_at_most_60_launches(rule: str) -> None:
    counted = launches_of_a_step(Setup(epochs=2, update_rule=rule), fitted(rule, LANES), fused=True)
    assert counted.total() <= MOST_OF.get(rule, MOST), counted


def test_a_step_of_the_paper_s_set_up_takes_17_as_the_docs_say() -> None:
    counted = launches_of_a_step(Setup(epochs=2), LANES, fused=True)
    assert counted.total() == 17, counted
    assert counted["fused_tile._loss_gradient"] == counted["fused_tile._norm_gradient"] == 1


@pytest.mark.parametrize(("losses", "expected"), [(LOSSES, 113), (("golden",), 90)], ids=["five losses", "one loss"])
def test_without_the_kernels_five_losses_cost_little_more_than_one(losses: tuple[str, ...], expected: int) -> None:
    lanes = [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(losses)]
    counted = launches_of_a_step(Setup(epochs=2), lanes, fused=False)
    assert counted.total() == expected, counted
