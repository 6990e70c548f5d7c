"""The engine on a CUDA device, held to the same promises as on the CPU."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from backward_variants import Settings, named, train_alone, variants
from solo_schedules import SETTINGS
from stacked import fitted, moved

from worker.training import schedules
from worker.training.engine import max_lanes, train, train_lanes
from worker.training.graph import EpochGraph
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Drop, Fold, Lane, Progress, Setup
from worker.training.memory import CUDA_STACK, is_out_of_memory, lanes_that_fit
from worker.training.minibatches import orders
from worker.training.networks import build_network
from worker.training.reference import train_one
from worker.training.rules import names
from worker.training.stack import Stack
from worker.training.tiled import TiledLanes

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: the engine is tested on the CPU only"),
]

MakeFold = Callable[..., Fold]
# Relative to the largest weight of a parameter: of the number that differs most, and of the middle one. In float32 one
# rounding may carry an activation across the ReLU's corner, which takes one of a channel's 48 x 576 terms away.
WEIGHT_TOLERANCE = {torch.float64: (1e-9, 1e-9), torch.float32: (2e-2, 5e-6)}
BY_SIZE = {"adam", "rmsprop", "yamadam"}  # divide by a gradient's own size, so that rounding becomes a whole step


def on_cuda(fold: Fold) -> Fold:
    return moved(fold, "cuda")


@pytest.mark.parametrize(
    ("rule", "dtype"),
    [(rule, dtype) for dtype in WEIGHT_TOLERANCE for rule in names() if dtype == torch.float64 or rule not in BY_SIZE],
    ids=str,
)
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_lane_equals_plain_loop(make_fold: MakeFold, network: str, rule: str, dtype: torch.dtype) -> None:
    fold = on_cuda(make_fold(shape=(1, 28, 28), dtype=dtype))
    setup = Setup(network=network, update_rule=rule, epochs=1, batch_size=48, drop_last=False)
    lanes = fitted(rule, [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)])
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    largest, middle = WEIGHT_TOLERANCE[dtype]
    for number, lane in enumerate(lanes):
        _, parameters = train_one(lane, setup, fold)
        for name, value in stack.parameters(number).items():
            apart = (value - parameters[name]).abs() / parameters[name].abs().max()
            assert apart.max() <= largest and apart.median() <= middle, (name, apart.max(), apart.median())


@pytest.mark.parametrize(("network", "width"), [("fig3", None), ("mlp", 1), ("mlp", 100)])
@pytest.mark.parametrize("variant", variants(), ids=named)
def test_backward_rules_equal_the_plain_loop_and_their_replay(
    make_fold: MakeFold, variant: tuple[str, Settings], network: str, width: int | None
) -> None:
    """Three epochs: launched, recorded, replayed; each lane alone has the bits that it has among others."""
    rule, settings = variant
    fold = on_cuda(make_fold())
    setup = Setup(
        network=network,
        width=width,
        backward_rule=rule,
        backward_settings=settings,
        epochs=3,
        batch_size=48,
        drop_last=False,
    )
    lanes = [Lane(0.01, 0.6, loss, seed) for seed, loss in enumerate(LOSSES)]
    stack, alone = Stack(lanes, setup, fold), Stack(lanes[3:4], setup, fold)
    for epoch in range(1, 4):
        stack.run_epoch(epoch)
        alone.run_epoch(epoch)
    for number, lane in enumerate(lanes):
        expected = train_alone(lane, setup, fold)
        for name, value in stack.parameters(number).items():
            assert (value - expected[name]).abs().max() <= 1e-9 * expected[name].abs().max(), name
    for name, value in alone.parameters(0).items():
        assert torch.equal(value, stack.parameters(3)[name])


@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_bits_do_not_depend_on_the_stack(make_fold: MakeFold, network: str) -> None:
    fold = on_cuda(make_fold(dtype=torch.float32))
    setup = Setup(network=network, epochs=2, batch_size=50, drop_last=False)
    lanes = [Lane(0.01 * (1 + number), 0.5, LOSSES[number % 5], number) for number in range(19)]
    together = train(lanes, setup, fold)
    for number in (0, 7, 18):
        (alone,) = train([lanes[number]], setup, fold)
        assert alone.correct == together[number].correct
        assert alone.loss_curve.tobytes() == together[number].loss_curve.tobytes()


@pytest.mark.parametrize("schedule", schedules.names())
def test_replayed_epochs_equal_the_plain_loop(make_fold: MakeFold, schedule: str) -> None:
    fold = on_cuda(make_fold(dtype=torch.float64))
    setup = Setup(epochs=5, batch_size=48, drop_last=False, schedule=schedule, schedule_settings=SETTINGS[schedule])
    lanes = [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)]
    for lane, result in zip(lanes, train(lanes, setup, fold), strict=True):
        expected, _ = train_one(lane, setup, fold)
        assert result.loss_curve == pytest.approx(expected.loss_curve, rel=1e-6)


def test_diverging_lanes_leave_a_replayed_stack(make_fold: MakeFold) -> None:
    fold, setup = on_cuda(make_fold(dtype=torch.float32)), Setup(epochs=4, batch_size=50)
    calm = [Lane(0.02, 0.8, "golden", seed) for seed in range(3)]
    company = [Lane(0.01, 0.5, "cross_entropy", 2)] * 300
    wild = [Lane(1e30, 0.9, "cross_entropy", 2)] * 300
    for left, right in zip(train([*calm, *wild], setup, fold), train([*calm, *company], setup, fold), strict=True):
        if left.divergence is None:
            assert left.loss_curve.tobytes() == right.loss_curve.tobytes()


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
@pytest.mark.parametrize("schedule", schedules.names())
def test_an_epoch_never_waits_for_the_device(make_fold: MakeFold, schedule: str) -> None:
    fold = on_cuda(make_fold(dtype=torch.float32))
    setup = Setup(epochs=3, batch_size=50, schedule=schedule, schedule_settings=SETTINGS[schedule])
    network = build_network("fig3", (1, 8, 8), 10)
    lanes = TiledLanes(network, setup, fold, [Lane(0.01, 0.8, loss, 1) for loss in LOSSES])
    order = next(orders(setup, len(fold.train_labels)))
    lanes.train(order)
    on_device = order.cuda()
    torch.cuda.synchronize()
    try:
        torch.cuda.set_sync_debug_mode("error")
        lanes._epoch(on_device)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_stack_size_comes_from_free_memory(make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch) -> None:
    fold = on_cuda(make_fold(shape=(1, 28, 28), n_train=8, n_test=8, dtype=torch.float32))
    assert max_lanes(Setup(), fold) == CUDA_STACK, "this device has room"
    sizes = []
    for free in (1 << 30, 2 << 30):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device, free=free: (free, 80 << 30))
        sizes.append(max_lanes(Setup(), fold))
    assert sizes == [lanes_that_fit(free=n << 30, parameters=115_792, buffers=1, element_size=4) for n in (1, 2)]


@pytest.mark.filterwarnings("ignore:The CUDA Graph is empty")  # the work failed before its first kernel
def test_memory_that_runs_out_while_an_epoch_is_recorded_is_raised() -> None:
    def work() -> None:
        torch.empty(1 << 50, dtype=torch.uint8, device="cuda")  # 1 PiB

    with pytest.raises(RuntimeError) as caught:
        EpochGraph().run(work)
    assert is_out_of_memory(caught.value)
    torch.zeros(8, device="cuda").add_(1.0)
    torch.cuda.synchronize()  # the device lives on


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_dropped_lanes_leave_a_replayed_stack_as_it_was(make_fold: MakeFold, schedule: str) -> None:
    fold, setup = on_cuda(make_fold(dtype=torch.float32)), Setup(epochs=6, batch_size=50, schedule=schedule)
    lanes = [Lane(0.02, 0.8, LOSSES[seed % 5], seed) for seed in range(300)]

    def leave(progress: Progress) -> bool | Drop:
        return Drop(frozenset({7} if progress.epoch == 3 else range(290))) if progress.epoch in (3, 5) else True

    untouched = train(lanes, setup, fold)
    for number, result in enumerate(train_lanes(lanes, setup, fold, on_epoch=leave).results):
        if number < 290:
            assert result is None
        else:
            assert result is not None
            assert result.loss_curve.tobytes() == untouched[number].loss_curve.tobytes()
