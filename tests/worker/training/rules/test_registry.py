"""The table that documents name rules from, beside the files that compute them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from stacked import bits, fitted

from studies.learning import update_rules
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, Setup
from worker.training.rules import names, rule

MakeFold = Callable[..., Fold]


def test_every_rule_that_a_document_may_name_has_its_file_and_the_other_way_round() -> None:
    assert {entry.name for entry in update_rules.ENTRIES} == set(names())


@pytest.mark.parametrize("name", names())
def test_parameters_and_defaults_are_the_same_on_both_sides(name: str) -> None:
    entry, found = update_rules.by_name(name), rule(name)
    stated = {parameter.name: parameter for parameter in entry.parameters}
    assert set(stated) == {*found.NUMBERS, *found.CHOICES}
    for parameter, default in found.NUMBERS.items():
        assert stated[parameter].default == default
        assert not isinstance(stated[parameter].default, bool | str)
    for parameter, allowed in found.CHOICES.items():
        assert stated[parameter].default == allowed[0]
        assert set(stated[parameter].choices or (True, False)) == set(allowed)
    assert (entry.eta, entry.alpha) == (found.ETA, found.ALPHA)


@pytest.mark.parametrize("backend", ["native", "torch"])
@pytest.mark.parametrize("name", names())
def test_results_stay_finite_at_the_bounds_of_every_parameter_and_at_any_rate(
    make_fold: MakeFold, name: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training may diverge there; its metrics are numbers all the same, and calm neighbours are unharmed."""
    monkeypatch.setenv("GOLDEN_NATIVE", str(int(backend == "native")))
    fold = make_fold(n_train=90, n_test=30, dtype=torch.float32)
    setup = Setup(update_rule=name, epochs=2, batch_size=32)
    extremes = [
        ((parameter.name, bound),)
        for parameter in update_rules.by_name(name).parameters
        if parameter.name in rule(name).NUMBERS
        for bound in (parameter.lowest, parameter.highest)
    ]
    lanes = [Lane(0.005, 0.5, "golden", 1)]
    lanes += [Lane(eta, 0.9, "golden", 1, own) for own in [(), *extremes] for eta in (0.0, 1e-30, 0.01, 1e30)]
    results = train(fitted(name, lanes), setup, fold)
    assert bits(results[0]) == bits(train(fitted(name, lanes[:1]), setup, fold)[0])
    for lane, result in zip(lanes, results, strict=True):
        for metric in ("accuracy", "error", "cross_entropy", "own_loss", "loss_area"):
            assert np.isfinite(getattr(result, metric)), (lane, metric)
        assert not np.isinf(result.loss_curve).any(), lane
