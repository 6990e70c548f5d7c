"""How many kernels a step launches on a device, counted where none is needed."""

from __future__ import annotations

import pytest
from launches import launches_of_a_step
from stacked import fitted

from worker.training.lanes import LOSSES, Lane, Setup
from worker.training.rules import names

LANES = [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)]
MOST = 60


@pytest.mark.parametrize("rule", names())
def test_the_paper_s_network_takes_at_most_60_launches(rule: str) -> None:
    counted = launches_of_a_step(Setup(epochs=2, update_rule=rule), fitted(rule, LANES), fused=True)
    assert counted.total() <= MOST, counted


@pytest.mark.parametrize("precision", ["fp32", "tf32"])
def test_a_step_of_the_paper_s_set_up_takes_12_as_the_docs_say(precision: str) -> None:
    counted = launches_of_a_step(Setup(epochs=2, precision=precision), LANES, fused=True)
    assert counted.total() == 12, counted
    assert counted["fused_tile._loss_gradient"] == counted["fused_tile._norm_gradient"] == 1
    for function in ("logits", "_accumulate"):
        assert counted[f"recomputing_tile.{function}"] == 2, "a kernel, and the sum of its parts"


@pytest.mark.parametrize(("losses", "expected"), [(LOSSES, 113), (("golden",), 90)], ids=["five losses", "one loss"])
def test_without_the_kernels_five_losses_cost_little_more_than_one(losses: tuple[str, ...], expected: int) -> None:
    lanes = [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(losses)]
    counted = launches_of_a_step(Setup(epochs=2), lanes, fused=False)
    assert counted.total() == expected, counted
