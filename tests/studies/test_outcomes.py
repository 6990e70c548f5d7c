"""Causes of failure: recorded curves of real trainings, trainings run here, and curves that nobody should store."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from studies.outcomes import ADVICE, FAR, WORDS, cause_of, cause_of_result, in_words, travel, unknown_causes
from studies.records import Cause
from worker.results import run_result
from worker.training.data import load_dataset, make_fold, split
from worker.training.engine import train
from worker.training.lanes import LOSSES, Fold, Lane, Setup

LN_10 = math.log(10.0)
UNIFORM = {"sse": 0.9, "golden": 2.9310228039335064, "golden_unsquared": 6.1541758186711, "cross_entropy": LN_10}
RATES = tuple(10.0 ** (-5 + step / 2) for step in range(13))


@dataclass(frozen=True)
class Recorded:
    """A run at chance as the worker stored it."""

    name: str
    loss: str
    eta: float
    alpha: float
    steps: int
    loss_area: float
    curve: tuple[float | None, ...]
    nats: tuple[float | None, ...]


UNTRAINED = (
    Recorded("mnist mlp, one epoch", "golden", 1e-5, 0.0, 12, 1.02220784535352, (2.94059,), (2.36293,)),
    Recorded(
        "digits fig3, high at first", "cross_entropy", 1e-5, 0, 22, 1.2475965, (2.87361, 2.87178), (2.93738, 2.93553)
    ),
    Recorded(
        "digits softmax, far", "golden_unsquared", 0.31622776601683794, 0, 22, 1.0037968056, (6.1553,), (2.22048,)
    ),
    Recorded(
        "digits mlp, flat",
        *("sse", 1e-5, 0.0, 110, 1.032487902978454),
        (0.929261, 0.92925, 0.929239, 0.929228, 0.929217),
        (2.38602, 2.38598, 2.38594, 2.3859, 2.38586),
    ),
    Recorded(
        "digits mlp, falls below chance level",
        *("golden_unsquared", 0.0031622776601683794, 0.9, 110, 1.0084069361829449),
        (6.16467, 6.16027, 6.15612, 6.15265, 6.14963),
        (2.35402, 2.31189, 2.27641, 2.2462, 2.21962),
    ),
)
DIVERGED = (
    Recorded(
        "digits fig3, dead in one epoch", "cross_entropy", 3.162277660168, 0, 22, 1.147326997, (2.64182,), (2.4842,)
    ),
    Recorded(
        "digits mlp, one epoch", "cross_entropy", 3.162277660168, 0.0, 22, 1.1168398053332944, (2.57162,), (2.18361,)
    ),
    Recorded("mnist fig3, saturated", "sse", 0.1, 0.0, 12, 1.8304839012799439, (1.64744,), (36.17,)),
    Recorded(
        "digits fig3, fell and lies dead",
        *("cross_entropy", 3.1622776601683795, 0.5, 88, 1.099903318711419),
        (3.12642, 2.33544, 2.3343, 2.33432),
        (2.32576, 2.33649, 2.33646, 2.33646),
    ),
    Recorded(
        "digits fig3, exploded and lies dead",
        *("cross_entropy", 10.0, 0.5, 88, 686353.197669054),
        (6309050.0, 12488.0, 2.45206, 2.45206),
        (192663.0, 2.39456, 2.39467, 2.39467),
    ),
    Recorded(
        "digits fig3, learned and lost it",
        *("cross_entropy", 1.0, 0.95, 88, 0.9585041298077415),
        (2.19281, 2.1061, 2.19258, 2.33666),
        (1.37432, 2.19165, 2.28361, 2.43801),
    ),
    Recorded(
        "mnist fig3, exploded early and recovers",
        *("cross_entropy", 0.05623413251903491, 0.9, 36, 1.630936604120797),
        (6.61076, 2.36175, 2.2936),
        (2.39125, 2.30798, 2.26064),
    ),
    Recorded(
        "digits mlp, dead from the first epoch",
        *("golden", 10.0, 0.0, 110, 1.0238171895430028),
        (2.97913, 2.93398, 2.92697, 2.93311, 2.93325),
        (2.34712, 2.31552, 2.31484, 2.31234, 2.31238),
    ),
    Recorded(
        "digits mlp, settles on one wrong answer",
        *("golden", 3.1622776601683795, 0.9, 110, 2.724105959923814),
        (3.02703, 3.78492, 3.85293, 3.85293, 3.85293),
        (128.341, 782.076, 899.83, 807.721, 706.786),
    ),
)


def _cause(run: Recorded, divergence: str | None = "chance") -> Cause:
    return cause_of(
        divergence,
        run.curve,
        run.nats,
        own_loss=UNIFORM[run.loss],
        cross_entropy=LN_10,
        loss_area=run.loss_area,
        eta=run.eta,
        alpha=run.alpha,
        steps=run.steps,
    )


@pytest.mark.parametrize("run", UNTRAINED, ids=lambda run: run.name)
def test_slow_runs_are_untrained(run: Recorded) -> None:
    assert _cause(run) is Cause.UNTRAINED


@pytest.mark.parametrize("run", DIVERGED, ids=lambda run: run.name)
def test_runs_at_too_high_a_rate_diverged(run: Recorded) -> None:
    assert _cause(run) is Cause.DIVERGED


def test_a_run_that_ended_above_chance_has_no_cause_and_one_that_broke_needs_no_curve() -> None:
    assert _cause(UNTRAINED[0], None) is Cause.NONE
    broken = Recorded("", "golden", 0.1, 0.9, 100, 1.0, (None, None), (None, None))
    assert _cause(broken, "non-finite") is Cause.DIVERGED


@pytest.mark.parametrize("curve", [(), (None, None), (math.nan,)], ids=["none", "null", "nan"])
def test_without_a_curve_the_cause_is_not_known(curve: tuple[float | None, ...]) -> None:
    assert _cause(Recorded("", "golden", 0.1, 0.9, 100, 1.0, curve, curve)) is Cause.CHANCE


@pytest.mark.parametrize("values", list(itertools.product((0.0, -1.0, 1e300, 3.4e38), repeat=3)))
def test_no_stored_numbers_break_the_rule(values: tuple[float, float, float]) -> None:
    first, uniform, area = values
    found = cause_of(
        "chance",
        (first, None, uniform),
        (uniform, first),
        own_loss=uniform,
        cross_entropy=first,
        loss_area=area,
        eta=0.1,
        alpha=0.9,
        steps=0,
    )
    assert found in frozenset(Cause)


def test_a_hard_task_learned_slowly_over_many_steps_is_untrained() -> None:
    """The travel is far, but the cross-entropy falls to its end, below that of knowing nothing."""
    nats = tuple(LN_10 * level for level in (1.01, 0.995, 0.985, 0.98))
    run = Recorded("", "cross_entropy", 0.01, 0.9, 4000, 0.99, nats, nats)
    assert travel(run.eta, run.alpha, run.steps) > FAR
    assert _cause(run) is Cause.UNTRAINED


@pytest.mark.parametrize("alpha", [0.0, 1e-9, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("steps", [0, 1, 7, 500])
def test_the_travel_is_that_of_the_update_rule_under_a_constant_gradient(alpha: float, steps: int) -> None:
    velocity = place = 0.0
    for _ in range(steps):
        velocity = alpha * velocity + 0.03
        place += velocity
    assert travel(0.03, alpha, steps) == pytest.approx(place, rel=1e-9, abs=1e-15)


def test_counts_in_words_name_each_cause_that_has_runs() -> None:
    assert in_words({"untrained": 1_200, "diverged": 3, "chance": 0}) == ("3 diverged", "1,200 untrained")
    assert in_words({}) == ()
    assert set(WORDS) == set(ADVICE) == set(Cause) - {Cause.NONE}


def test_causes_that_are_not_stated_are_unknown() -> None:
    assert unknown_causes(np.array([True, False])).tolist() == ["chance", ""]


def test_nobody_is_advised_to_lower_a_rate_that_was_too_low() -> None:
    assert "lower" not in ADVICE[Cause.UNTRAINED]
    assert "raise" not in ADVICE[Cause.DIVERGED]
    assert set(ADVICE) == set(Cause) - {Cause.NONE}


@pytest.fixture(scope="module")
def digits() -> Fold:
    dataset = load_dataset("digits", Path())
    train_images, test_images = split(dataset, folds=5, fold=1, seed=31)
    return make_fold(dataset, train_images, test_images, "cpu")


@pytest.mark.parametrize(("network", "epochs"), [("softmax", 1), ("mlp", 3), ("fig3", 1)])
def test_real_trainings_below_every_rate_that_trains_are_untrained_and_others_diverged(
    digits: Fold, network: str, epochs: int
) -> None:
    lines = [(loss, alpha) for loss in LOSSES for alpha in (0.0, 0.97)]
    lanes = [Lane(eta, alpha, loss, 31) for loss, alpha in lines for eta in RATES]
    results = train(lanes, Setup(network=network, batch_size=64, epochs=epochs, order_seed=31), digits)
    stored = [run_result(result, seconds=0.0, stack="") for result in results]
    seen: set[Cause] = set()
    for line in range(len(lines)):
        runs = list(zip(lanes, stored, strict=True))[line * len(RATES) : (line + 1) * len(RATES)]
        lowest = min(lane.eta for lane, result in runs if result.divergence is None)
        for lane, result in runs:
            cause = cause_of_result(result, eta=lane.eta, alpha=lane.alpha)
            slow = Cause.UNTRAINED if lane.eta < lowest else Cause.DIVERGED
            assert cause == (Cause.NONE if result.divergence is None else slow), (lane, result)
            seen.add(cause)
    assert Cause.UNTRAINED in seen
