"""Every schedule that there is, held to the same promises."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from solo_schedules import RATES

from worker.training import schedules
from worker.training.lanes import Setup
from worker.training.minibatches import steps_per_epoch
from worker.training.rates import Length, Rates
from worker.training.solo_measured import FOLLOWERS

ETA, ALPHA = 0.0158679247, 0.8740320489


@dataclass(frozen=True)
class Case:
    """A schedule with values of its own, and the (eta, alpha) of its last step."""

    name: str
    settings: tuple[tuple[str, float | tuple[float, ...]], ...]
    last: tuple[float, float]


CASES = (
    Case("constant", (), (ETA, ALPHA)),
    Case("step", (), (ETA * 0.1**3, ALPHA)),
    Case("step", (("factor", 0.5), ("every", 0.3)), (ETA * 0.5**3, ALPHA)),
    Case("step", (("factor", 1e-3), ("every", 0.1)), (ETA * 1e-27, ALPHA)),
    Case("step", (("factor", 0.1), ("every", 0.25)), (ETA * 0.1**3, ALPHA)),
    Case("step", (("factor", 0.3), ("every", 1.0)), (ETA, ALPHA)),
    Case("step", (("factor", 0.9), ("every", 1 / 7)), (ETA * 0.9**6, ALPHA)),
    Case("cosine", (), (0.0, ALPHA)),
    Case("cosine", (("end", 0.07),), (0.07 * ETA, ALPHA)),
    Case("cosine", (("end", 1.0),), (ETA, ALPHA)),
    Case("anneal_eta", (), (0.0, ALPHA)),
    Case("anneal_eta", (("end", 0.3), ("share", 0.7)), (0.3 * ETA, ALPHA)),
    Case("anneal_eta", (("end", 0.1), ("share", 1.0)), (0.1 * ETA, ALPHA)),
    Case("anneal_alpha", (), (ETA, 0.0)),
    Case("anneal_alpha", (("end", 0.35), ("share", 0.9)), (ETA, 0.35)),
    Case("anneal_alpha", (("end", 0.95), ("share", 0.001)), (ETA, ALPHA)),  # above: alpha is never raised
)
RISING = Case("table", (("shares", (0.25, 1.0, *[0.5] * 28)),), (0.5 * ETA, ALPHA))  # a warm-up
every_case = pytest.mark.parametrize("case", (*CASES, RISING), ids=lambda case: f"{case.name}-{dict(case.settings)}")
falling_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{dict(case.settings)}")


def table_of(case: Case, length: Length, eta: float = ETA, alpha: float = ALPHA) -> Rates:
    return schedules.schedule(case.name).table(length, eta, alpha, schedules.own_values(case.name, case.settings))


def last_of(case: Case, length: Length) -> tuple[float, float]:
    """The end value; that of a table depends on the epochs that it reaches."""
    if case.name != "table":
        return case.last
    return {1: 0.25, 2: 1.0}.get(length.steps // length.steps_per_epoch, 0.5) * ETA, ALPHA


def lengths() -> list[Length]:
    """One step, one epoch, and trainings whose last batch is whole, partial and kept, or dropped."""
    found = [Length(1, 1), Length(2, 2), Length(2, 1), Length(78, 78)]
    for batch, drop, epochs, n in itertools.product((1, 7, 16, 128), (True, False), (1, 3, 30), (50, 101, 128)):
        steps = steps_per_epoch(Setup(batch_size=batch, drop_last=drop), n)
        found.append(Length(epochs * steps, steps))
    return list(dict.fromkeys(found))


def test_every_schedule_has_a_solo_reference_and_a_case() -> None:
    tabled = {name for name in schedules.names() if schedules.measured(name) is None}
    assert tabled == set(RATES) == {case.name for case in (*CASES, RISING)}
    assert set(schedules.names()) - tabled == set(FOLLOWERS)


@every_case
def test_every_step_has_the_rates_of_the_solo_reference(case: Case) -> None:
    own = schedules.own_values(case.name, case.settings)
    for length in lengths():
        rates = table_of(case, length)
        expected = [RATES[case.name](t, length, ETA, ALPHA, own) for t in range(length.steps)]
        np.testing.assert_allclose(np.stack([rates.eta, rates.alpha], axis=1), expected, rtol=1e-12, atol=1e-17)


@every_case
def test_the_last_step_has_the_end_value_exactly(case: Case) -> None:
    for length in lengths():
        rates = table_of(case, length)
        last = (rates.eta[-1], rates.alpha[-1])
        if case.name == "step":  # a power: exact up to its own rounding
            assert last == pytest.approx(case.last, rel=1e-15)
        else:
            assert last == last_of(case, length)


@falling_case
def test_rates_never_rise_and_stay_between_start_and_end(case: Case) -> None:
    for length, (eta, alpha) in itertools.product(lengths(), [(ETA, ALPHA), (0.0, 0.0), (1e30, 0.2), (1e-30, 1.7)]):
        rates = table_of(case, length, eta, alpha)
        for start, values in ((eta, rates.eta), (alpha, rates.alpha)):
            assert values.shape == (length.steps,)
            assert values.dtype == np.float64
            assert (np.diff(values) <= 0.0).all()
            assert 0.0 <= values[-1] <= values[0] <= start


@falling_case
def test_a_training_starts_with_the_lane_s_own_rates(case: Case) -> None:
    rates = table_of(case, Length(300, 10))
    assert (rates.eta[0], rates.alpha[0]) == (ETA, ALPHA)


@pytest.mark.parametrize("name", schedules.names())
def test_the_file_says_source_formula_and_units(name: str) -> None:
    text = schedules.schedule(name).__doc__ or ""
    assert "Source:" in text
    assert "Formula" in text
    assert "arameter" in text
    assert ("reconstruction" in text) == (name.startswith("anneal_") or name == "mi_decay"), (
        "what no source gives carries the word"
    )


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        (
            "linear",
            (),
            "`schedule` must be one of anneal_alpha, anneal_eta, constant, cosine, mi_decay, step, table, got 'linear'",
        ),
        ("rates", (), "`schedule` must be one of"),
        ("constant", (("end", 0.1),), "names 'end', but constant has no parameters"),
        ("cosine", (("factor", 0.1),), "names 'factor', but cosine has end"),
        ("cosine", (("end", -0.1),), "`end` must lie between 0 and 1"),
        ("cosine", (("end", 1.5),), "`end` must lie between 0 and 1"),
        ("cosine", (("end", True),), "`end` of the schedule cosine must be a finite number, got True"),
        ("cosine", (("end", "0"),), "must be a finite number, got '0'"),
        ("step", (("factor", float("nan")),), "`factor` of the schedule step must be a finite number"),
        ("step", (("factor", 1.1),), "`factor` must lie above 0 and not above 1"),
        ("step", (("factor", 0.0),), "`factor` must lie above 0"),
        ("step", (("every", 0.0),), "`every` must lie above 0"),
        ("anneal_eta", (("end", 1.0),), "`end` must not be below 0 and must lie below 1"),
        ("anneal_eta", (("share", 0.0),), "`share` must lie above 0"),
        ("anneal_alpha", (("end", -1.0),), "`end` must not be below 0"),
        ("mi_decay", (("lo", 0.3), ("hi", 0.3)), "`lo` must not be below 0 and must lie below `hi`"),
        ("mi_decay", (("lo", -0.1),), "`lo` must not be below 0"),
        ("mi_decay", (("hi", 1.5),), "`hi`, which must not be above 1"),
        ("mi_decay", (("tau", 0.0),), "`tau` must lie above 0"),
        ("mi_decay", (("held", 0.0),), "`held` must lie above 0 and not above 0.5"),
        ("mi_decay", (("held", 0.6),), "`held` must lie above 0 and not above 0.5"),
        (
            "mi_decay",
            (("layers", "some"),),
            "`layers` of the schedule mi_decay must be one of global, each, got 'some'",
        ),
        ("mi_decay", (("layers", 1.0),), "must be one of global, each, got 1.0"),
        ("mi_decay", (("lo", "0"),), "`lo` of the schedule mi_decay must be a finite number, got '0'"),
        ("mi_decay", (("images", "test"),), "names 'images', but mi_decay has lo, hi, tau, held, layers"),
        ("anneal_alpha", (("share", 1.01),), "`share` must lie above 0 and not above 1"),
    ],
)
def test_what_a_schedule_cannot_mean_is_refused(name: str, settings: schedules.Settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        schedules.own_values(name, settings)
