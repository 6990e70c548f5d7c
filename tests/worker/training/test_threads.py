"""Threads that take whole lanes, and numbers that are too small to be worth their time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from worker.training.engine import train
from worker.training.lanes import Fold, Lane, Setup
from worker.training.native.build import library
from worker.training.native.lanes import Kernels
from worker.training.threads import flushes_denormals, lane_threads
from worker.training.tile import Tile

MakeFold = Callable[..., Fold]
SMALL = 1e-40  # below the smallest normal float32


@pytest.fixture(params=[False, True])
def before(request: pytest.FixtureRequest) -> Iterator[bool]:
    """The thread's former handling of small numbers: flushed or not."""
    torch.set_flush_denormal(request.param)
    yield request.param
    torch.set_flush_denormal(False)


@pytest.mark.parametrize("threads", [1, 2])
def test_small_numbers_count_as_zero_in_every_thread_and_only_meanwhile(
    before: bool, threads: int, restored_threads: None
) -> None:
    torch.set_num_threads(threads)
    with lane_threads(4) as for_each:
        seen = for_each(lambda _: float(torch.full((1,), SMALL).mul(2.0)), range(4))
    assert seen == [0.0] * 4
    assert flushes_denormals() is before
    assert (float(torch.full((1,), SMALL).mul(2.0)) == 0.0) is before


def test_what_the_thread_did_before_comes_back_after_an_error(before: bool) -> None:
    with pytest.raises(KeyError), lane_threads(2):
        raise KeyError
    assert flushes_denormals() is before


@pytest.mark.parametrize("backend", ["native", "torch"])
def test_lanes_are_trained_so(make_fold: MakeFold, backend: str, before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if backend == "native" and library() is None:
        pytest.skip("no C++ compiler: training goes through torch")
    monkeypatch.setenv("GOLDEN_NATIVE", str(int(backend == "native")))
    seen: dict[str, set[bool]] = {}
    for owner, name in ((Kernels, "call"), (Tile, "step"), (Tile, "logits")):
        monkeypatch.setattr(owner, name, _watched(getattr(owner, name), name, seen))
    fold = make_fold(dtype=torch.float32)
    lanes = [Lane(eta, 0.9, "golden", seed) for seed, eta in enumerate((0.01, 0.1, 0.01))]
    train(lanes, Setup(epochs=1, batch_size=64), fold)
    wanted = {"train", "evaluate"} if backend == "native" else {"step", "logits"}
    assert {name: seen[name] for name in wanted} == {name: {True} for name in wanted}
    assert flushes_denormals() is before


def _watched(original: Callable[..., Any], name: str, seen: dict[str, set[bool]]) -> Callable[..., Any]:
    """The same, noting whether its thread flushes; `Kernels.call` under the name of the function it calls."""

    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        what = arguments[0] if name == "call" else name
        seen.setdefault(what, set()).add(flushes_denormals())
        return original(self, *arguments, **named)

    return call
