"""On-line training by compiled kernels: every rule that they have, against the plain loop of torch."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from stacked import bits, fitted, largest_gap, weights_of

from worker.training.engine import train, train_lanes
from worker.training.lanes import Drop, Fold, Lane, Progress, Setup
from worker.training.native import build
from worker.training.native.online import RULES
from worker.training.reference import train_one
from worker.training.rules import names, rule
from worker.training.stack import Stack

pytestmark = pytest.mark.skipif(build.library(build.ONLINE) is None, reason="no C++ compiler")
TOLERANCE = 1e-9  # relative to the largest weight of a matrix, float64
Settings = tuple[tuple[str, object], ...]
IDENTITY = ("substitute", (("layer", "output"), ("derivative", "identity")))
BACKWARD = [("backpropagation", ()), IDENTITY]
WIDTHS = [1, 13, 45, 100]  # less than a vector, odd, and blocks of one, two, four and eight vectors


def sparse_fold(n_train: int = 120, n_test: int = 60, dtype: torch.dtype = torch.float64) -> Fold:
    """Images of which two thirds are zero, some pixels in every image and some in hardly any."""
    generator = torch.Generator().manual_seed(4)
    prototypes = torch.rand(10, 1, 9, 7, generator=generator, dtype=torch.float64)
    rare = torch.rand(1, 9, 7, generator=generator, dtype=torch.float64).pow(2)

    def draw(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.randint(0, 10, (n,), generator=generator)
        noise = torch.rand(n, 1, 9, 7, generator=generator, dtype=torch.float64)
        images = (prototypes[labels] + 0.3 * noise) / 1.3
        images[noise > rare + 0.05] = 0.0
        return images.to(dtype), labels

    return Fold(*draw(n_train), *draw(n_test), classes=10)


def setup_for(name: str, **more: object) -> Setup:
    """One image a step, weights that are not small, in a new order each epoch."""
    normal = {"initialisation": "normal", "initialisation_settings": (("sd", 0.3),)}
    base = Setup(
        network="logistic", width=13, update_rule=name, batch_size=1, weight_decay=0.0, reshuffle=True, epochs=2
    )
    return dataclasses.replace(base, **{**normal, **more})  # type: ignore[arg-type]


def lanes_of(name: str, *, alpha: float = 0.6) -> list[Lane]:
    """Lanes of several rates; small ones where a rule begins with steps of a fixed size."""
    rates = (0.002, 0.004, 0.001) if name in ("adam", "rmsprop") else (0.2, 0.5, 0.05)
    return fitted(name, [Lane(eta, alpha, "sse", seed) for seed, eta in enumerate(rates)])


def variants() -> list[tuple[str, Settings, float]]:
    """Every rule under every word of its own, with and without momentum."""
    return [
        (name, settings, alpha)
        for name in names()
        for settings in ((), *(((choice, allowed[-1]),) for choice, allowed in rule(name).CHOICES.items()))
        for alpha in ((0.6, 0.0) if rule(name).ALPHA else (0.0,))
    ]


def test_the_kernels_have_every_rule_of_the_registry() -> None:
    assert {name.removesuffix("_post") for name in RULES} == set(names())


@pytest.mark.parametrize("decay", [0.0, 1e-3])
@pytest.mark.parametrize("backward", BACKWARD, ids=["gradient", "identity"])
@pytest.mark.parametrize(("name", "settings", "alpha"), variants())
def test_a_lane_equals_the_plain_loop(
    name: str,
    settings: tuple[tuple[str, object], ...],
    alpha: float,
    backward: tuple[str, tuple[object, ...]],
    decay: float,
) -> None:
    """Weights and every metric, whatever the kernels leave idle in between; the rest trains by torch."""
    fold, (chosen, sent) = sparse_fold(), backward
    setup = setup_for(
        name, rule_settings=settings, backward_rule=chosen, backward_settings=sent, weight_decay=decay, targets="offset"
    )
    lanes = lanes_of(name, alpha=alpha)
    stack = Stack(lanes, setup, fold)
    by_torch = dict(settings).get("side") == "post" and (alpha > 0 or decay > 0)
    assert stack.backend == ("torch" if by_torch else "online")
    for epoch in (1, 2):
        stack.run_epoch(epoch)
    for number, (lane, result) in enumerate(zip(lanes, stack.results(), strict=True)):
        expected, parameters = train_one(lane, setup, fold)
        assert largest_gap(stack, number, parameters) <= TOLERANCE
        assert (result.correct, result.epochs_to_target) == (expected.correct, expected.epochs_to_target)
        assert result.cross_entropy == pytest.approx(expected.cross_entropy, rel=1e-9)
        assert result.own_loss == pytest.approx(expected.own_loss, rel=1e-9)
        assert result.loss_area == pytest.approx(expected.loss_area, rel=1e-9)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["sgd", "adam", "dlr", "yamadam"])
def test_any_width_equals_the_plain_loop(name: str, width: int) -> None:
    fold, setup = sparse_fold(60), setup_for(name, width=width, epochs=1)
    lane = lanes_of(name)[0]
    stack = Stack([lane], setup, fold)
    stack.run_epoch(1)
    assert largest_gap(stack, 0, train_one(lane, setup, fold)[1]) <= TOLERANCE


SCHEDULED = [
    (name, schedule) for name in ("heavy_ball", "nesterov", "dlr", "adam") for schedule in ("cosine", "anneal_alpha")
]


@pytest.mark.parametrize(
    ("name", "schedule"), [case for case in SCHEDULED if case[1] == "cosine" or rule(case[0]).ALPHA]
)
def test_scheduled_rates_reach_idle_columns_too(name: str, schedule: str) -> None:
    fold, setup = sparse_fold(), setup_for(name, schedule=schedule)
    lane = lanes_of(name)[0]
    stack = Stack([lane], setup, fold)
    for epoch in (1, 2):
        stack.run_epoch(epoch)
    assert stack.backend == "online"
    assert largest_gap(stack, 0, train_one(lane, setup, fold)[1]) <= TOLERANCE


@pytest.mark.parametrize("name", names())
def test_looks_within_an_epoch_change_nothing_but_when_a_run_ends(name: str) -> None:
    """Metrics of the plain loop that looks as often; lanes that reach the target earlier leave the others alone."""
    fold = sparse_fold()
    setup = setup_for(name, epochs=3, evaluate_every=7, target_accuracy=0.3)
    lanes = lanes_of(name)
    plain = train(lanes, dataclasses.replace(setup, evaluate_every=None), fold)
    for stops in (False, True):
        looking = dataclasses.replace(setup, stop_at_target=stops)
        for lane, result, without in zip(lanes, train(lanes, looking, fold), plain, strict=True):
            expected = train_one(lane, looking, fold)[0]
            assert (result.epochs_to_target, result.correct) == (expected.epochs_to_target, expected.correct)
            assert (result.steps, result.divergence) == (expected.steps, expected.divergence)
            assert result.loss_area == pytest.approx(expected.loss_area, rel=1e-9)
            assert result.own_loss == pytest.approx(expected.own_loss, rel=1e-9)
            if not stops:
                assert result.cross_entropy == pytest.approx(without.cross_entropy, rel=1e-9)


@pytest.mark.parametrize("name", names())
def test_bits_do_not_depend_on_company(name: str) -> None:
    fold, setup = sparse_fold(dtype=torch.float32), setup_for(name, epochs=2, evaluate_every=50)
    lanes = [*lanes_of(name), *fitted(name, [Lane(1e30, 0.9, "sse", 5)])]
    together = [bits(result) for result in train(lanes, setup, fold)]
    assert [bits(result) for result in train(lanes[::-1], setup, fold)] == together[::-1]
    assert bits(train(lanes[1:2], setup, fold)[0]) == together[1]

    def leave(progress: Progress) -> Drop:
        return Drop(frozenset({0}))

    left = train_lanes(lanes, setup, fold, on_epoch=leave).results
    assert left[0] is None
    assert [bits(result) for result in left[1:] if result is not None] == together[1:]


@pytest.mark.parametrize("name", names())
def test_float32_trains_as_the_plain_loop_does(name: str) -> None:
    fold, setup = sparse_fold(40, dtype=torch.float32), setup_for(name, epochs=1)
    lane = lanes_of(name)[0]
    stack = Stack([lane], setup, fold)
    stack.run_epoch(1)
    assert largest_gap(stack, 0, train_one(lane, setup, fold)[1]) <= 1e-4


def test_a_velocity_that_has_died_away_leaves_the_weight_where_it_went() -> None:
    """A pixel that is seen once, then idle for longer than a velocity lives."""
    images = torch.zeros(2000, 1, 2, 2, dtype=torch.float64)
    images[:, 0, 0, 0] = 0.5
    images[3, 0, 1, 1] = 1.0
    labels = torch.arange(2000) % 3
    fold = Fold(images, labels, images[:9], labels[:9], classes=3)
    for name in ("heavy_ball", "nesterov", "adam", "rmsprop", "adadelta", "dlr"):
        lane = lanes_of(name)[0]
        setup = setup_for(name, epochs=1, reshuffle=False)
        stack = Stack([lane], setup, fold)
        stack.run_epoch(1)
        assert largest_gap(stack, 0, train_one(lane, setup, fold)[1]) <= TOLERANCE, name


def test_without_a_compiler_torch_trains_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fold, setup, lane = sparse_fold(), setup_for("dlr"), lanes_of("dlr")[0]
    found = []
    for switch in ("1", "0"):
        monkeypatch.setenv(build.SWITCH, switch)
        stack = Stack([lane], setup, fold)
        stack.run_epoch(1)
        found.append((stack.backend, weights_of(stack, 0)))
    assert [backend for backend, _ in found] == ["online", "torch"]
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layers", [("first",), ("last",), ("first", "last")])
@pytest.mark.parametrize("name", names())
def test_a_table_gives_each_layer_its_own_rate(name: str, layers: tuple[str, ...]) -> None:
    fold = sparse_fold()
    shares = {"shares": (1.0, 0.8, 0.4, 0.9), "first": (0.5, 1.5, 0.2, 0.0), "last": (1.2, 0.1, 0.6, 0.3)}
    table = tuple((row, shares[row]) for row in ("shares", *layers))
    setup = setup_for(name, schedule="table", schedule_settings=(*table, ("per_epoch", 2.0)))
    lane = lanes_of(name)[0]
    stack = Stack([lane], setup, fold)
    for epoch in (1, 2):
        stack.run_epoch(epoch)
    assert stack.backend == "online"
    assert largest_gap(stack, 0, train_one(lane, setup, fold)[1]) <= TOLERANCE
