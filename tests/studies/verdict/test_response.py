from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.language.claim import OBJECTIVES
from studies.language.measure import Measure
from studies.records import Runs
from studies.verdict.model import Evidence
from studies.verdict.response import at_chance, logit, response, scored_accuracy, valueless
from worker.training.outcomes import chance_limit


def _first(evidence: Evidence, count: int = 4) -> Runs:
    return evidence.runs.where(np.arange(len(evidence.runs)) < count)


def test_logit_of_half_correct_is_zero() -> None:
    assert logit(50, 100) == 0.0


def test_logit_follows_the_stated_formula() -> None:
    assert logit(990, 1000) == pytest.approx(np.log(990.5 / 10.5))


def test_diverged_run_scores_at_chance_whatever_it_measured(supported: Evidence) -> None:
    runs = replace(_first(supported), diverged=np.array([True, False, False, False]))
    y = response(runs, "accuracy", classes=10, epochs=30)
    assert y[0] == pytest.approx(logit(runs.n_test[0] / 10, runs.n_test[0]))
    assert scored_accuracy(runs, 10)[0] == pytest.approx(0.1)
    assert at_chance(runs, 10).tolist() == [True, False, False, False]


@pytest.mark.parametrize(("images", "classes"), [(30, 2), (360, 10), (600, 10), (1000, 47)])
def test_chance_level_is_the_same_rule_as_the_trainings(supported: Evidence, images: int, classes: int) -> None:
    counts = np.arange(images + 1)
    runs = _first(supported, 1).where(np.zeros(len(counts), dtype=np.int64))  # type: ignore[arg-type]
    runs = replace(runs, correct=counts, n_test=np.full(len(counts), images))
    assert at_chance(runs, classes).tolist() == [count <= chance_limit(images, classes) for count in counts]


def test_error_gives_the_response_of_accuracy(supported: Evidence) -> None:
    runs = _first(supported)
    one, other = (response(runs, name, classes=10, epochs=30) for name in ("accuracy", "error"))
    np.testing.assert_array_equal(one, other)


def test_cross_entropy_of_a_diverged_run_is_uniform_guessing_at_best(supported: Evidence) -> None:
    runs = replace(_first(supported), diverged=np.array([True, False, False, False]))
    runs = replace(runs, cross_entropy=np.array([0.01, 0.2, 0.3, 0.4]))
    y = response(runs, "cross_entropy", classes=10, epochs=30)
    np.testing.assert_allclose(y, -np.log([np.log(10), 0.2, 0.3, 0.4]))


def test_own_loss_of_a_diverged_run_is_never_the_best(supported: Evidence) -> None:
    runs = replace(_first(supported), diverged=np.array([True, False, False, False]))
    runs = replace(runs, own_loss=np.array([1e-9, 0.2, 0.3, 0.4]))
    y = response(runs, "own_loss", classes=10, epochs=30)
    assert y[0] == y.min()


def test_target_never_reached_counts_as_one_epoch_more_than_the_training_has(supported: Evidence) -> None:
    runs = replace(_first(supported), epochs_to_target=np.array([3.0, np.nan, 30.0, 5.0]))
    runs = replace(runs, diverged=np.array([False, False, False, True]))
    y = response(runs, "epochs_to_target", classes=10, epochs=30)
    np.testing.assert_allclose(y, -np.log([3.0, 31.0, 30.0, 31.0]))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_response_is_finite_when_every_run_diverged(supported: Evidence, objective: str) -> None:
    runs = replace(_first(supported), diverged=np.ones(4, dtype=bool), own_loss=np.zeros(4), loss_area=np.zeros(4))
    assert np.isfinite(response(runs, objective, classes=10, epochs=30)).all()


def test_unknown_objective_is_refused(supported: Evidence) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        response(_first(supported), "speed", classes=10, epochs=30)


def _measured(evidence: Evidence, values: list[float], broken: list[bool], **fields: str | int) -> tuple[Runs, Measure]:
    runs = replace(_first(evidence), value=np.array(values), diverged=np.array(broken))
    return runs, Measure.model_validate({"name": "m", "direction": "maximize", **fields})


def test_a_share_of_ones_own_is_judged_as_an_accuracy_of_as_many_cases(supported: Evidence) -> None:
    runs, share = _measured(supported, [0.9, 0.5, 1.0, np.nan], [False] * 3 + [True], kind="share", test_size=1000)
    y = response(runs, "measure", classes=1, epochs=1, measure=share)
    np.testing.assert_allclose(y, logit([900, 500, 1000, 0], 1000))
    np.testing.assert_allclose(scored_accuracy(runs, 1, share), [0.9, 0.5, 1.0, 0.0])
    other = share.model_copy(update={"direction": "minimize"})
    turned = replace(runs, value=1.0 - runs.value)
    np.testing.assert_allclose(response(turned, "measure", classes=1, epochs=1, measure=other), y)
    assert not valueless(runs, share).any()


@pytest.mark.parametrize("kind", ["positive", "real"])
def test_a_broken_run_has_no_value_of_its_own(supported: Evidence, kind: str) -> None:
    runs, measure = _measured(supported, [2.0, 8.0, np.nan, 4.0], [False, False, True, False], kind=kind)
    for direction, best in (("maximize", 1), ("minimize", 0)):
        chosen = measure.model_copy(update={"direction": direction})
        y = response(runs, "measure", classes=1, epochs=1, measure=chosen)
        assert np.isfinite(y).all() and int(np.argmax(y)) == best and y[2] == y.min()
        expected = np.log(4.0) if kind == "positive" else 4.0
        assert y[3] == pytest.approx(expected if direction == "maximize" else -expected)
        assert valueless(runs, chosen).tolist() == [False, False, True, False]


def test_runs_that_all_broke_still_have_finite_responses(supported: Evidence) -> None:
    runs, measure = _measured(supported, [np.nan] * 4, [True] * 4, kind="real")
    assert response(runs, "measure", classes=1, epochs=1, measure=measure).tolist() == [0.0] * 4


def test_a_measure_that_no_document_states_is_unknown(supported: Evidence) -> None:
    with pytest.raises(ValueError, match="`objective` must be one of"):
        response(_first(supported), "measure", classes=10, epochs=30)


def test_positive_values_are_compared_by_ratios_however_small_they_are(supported: Evidence) -> None:
    runs, measure = _measured(supported, [1e-14, 1e-15, 1e-16, 1e-17], [False] * 4, kind="positive")
    y = response(runs, "measure", classes=10, epochs=30, measure=measure)
    assert np.diff(y) == pytest.approx([-np.log(10.0)] * 3)
