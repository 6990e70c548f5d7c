"""Whole trainings as a device sees them, on any machine: nothing crosses between two steps, and what would is found.

`make gpu-dry` trains the same on CUDA's own branches, where torch was built for CUDA.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from dry_device import DryGraph, HostAndDevice, dry_device, gradients
from dry_trainings import NARROW, OF_MODULES, train_dry, trainings
from torch import Tensor, nn

from worker.training import backward, modules, rules, schedules
from worker.training.lanes import NETWORKS
from worker.training.products import PRECISIONS

ALL = trainings()
# Values that are read within a step, each in its own way.
CROSSINGS: dict[str, Callable[[Tensor], object]] = {
    "a number": lambda x: x[0].item(),
    "numbers": lambda x: x.cpu().numpy(),
    "a choice": lambda x: x[x > 0],
    "where": lambda x: torch.nonzero(x),
    "a truth": lambda x: bool((x > 0).any()),
    "a number of the host's": lambda x: x + torch.ones(2),
    "a copy to the device": lambda x: x.copy_(torch.ones(2)),
}


@pytest.mark.parametrize("name", ALL)
def test_nothing_crosses_between_the_steps_of_a_training(name: str) -> None:
    seen = train_dry(ALL[name])
    assert seen.calls > 0
    assert seen.parts >= ALL[name].epochs, "every epoch was watched"
    kept = [result for result in seen.outcome.results if result is not None]
    assert len(kept) == 2
    assert seen.outcome.width in (NARROW + 2, OF_MODULES)


def test_the_trainings_go_through_everything_that_is_registered() -> None:
    setups = ALL.values()
    assert {setup.network for setup in setups} == {*NETWORKS, *modules.names()}
    assert {setup.update_rule for setup in setups} == {*rules.names()}
    assert {setup.schedule for setup in setups} == {*schedules.names()}
    assert {setup.backward_rule for setup in setups} == {*backward.names()}
    assert {setup.precision for setup in setups} == {*PRECISIONS}


@pytest.mark.parametrize("name", CROSSINGS)
def test_what_crosses_within_a_step_is_found_and_between_epochs_it_is_answered(name: str) -> None:
    with dry_device() as watched:
        there = torch.zeros(2).to("meta")
        with pytest.raises(AssertionError, match=r"reads a number back|works on two devices"), watched.stepping():
            CROSSINGS[name](there)


def test_between_epochs_what_comes_back_is_counted_and_is_ones() -> None:
    with dry_device() as watched:
        there = torch.zeros(3).to("meta")
        assert there.cpu().tolist() == [1.0, 1.0, 1.0]
        assert there.sum().item() == 1.0
        assert there[there > 0].shape == (3,)
        assert torch.empty(3).copy_(there).tolist() == [1.0, 1.0, 1.0]
        assert float(torch.tensor([2.0, 3.0]).sum()) == 5.0, "what the host computes is computed"
    assert watched.reads == 4


def test_a_replay_that_would_differ_is_found() -> None:
    watched = HostAndDevice("meta")
    graph, factors = DryGraph(watched), iter((0.5, 0.5, 0.25))
    with watched:
        there = torch.zeros(2, device="meta")

        def work() -> None:
            with watched.stepping():
                there.mul_(next(factors))

        graph.run(work)
        graph.run(work)
        with pytest.raises(AssertionError, match="other calls than the recorded one"):
            graph.run(work)


def test_gradients_node_by_node_are_those_of_torch() -> None:
    torch.manual_seed(2)
    module = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)).double()
    outputs = module(torch.rand(6, 5, dtype=torch.float64))
    inputs, sent = list(module.parameters()), torch.rand_like(outputs)
    expected = torch.autograd.grad(outputs, inputs, sent, retain_graph=True)
    for found, value in zip(gradients(outputs, inputs, sent), expected, strict=True):
        assert torch.equal(found, value)
