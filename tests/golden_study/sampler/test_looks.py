"""A study that is not decided ends where it would anywhere else, and goes on where its sampler may look again."""

from __future__ import annotations

import optuna
import pytest
from one_study import STUDY, loss

from golden_study import LocateSampler, judge
from studies.errors import SpecError

OPEN = {**STUDY, "claim": {**STUDY["claim"], "at": {"lr": 0.013, "width": 44.0}}}


def objective(trial: optuna.Trial) -> float:
    """A training that yields what point and seeds say."""
    lr, width = trial.suggest_float("lr", 1e-4, 1.0, log=True), trial.suggest_float("width", 8.0, 128.0)
    return loss(lr, width, trial.user_attrs["order_seed"], trial.user_attrs["init_seed"])


def test_a_sampler_with_more_looks_goes_on_with_the_same_study() -> None:
    study = optuna.create_study(direction="minimize", sampler=LocateSampler(study=OPEN))
    study.optimize(objective)
    first = judge(study)
    assert first.outcome == "inconclusive"
    study.sampler = LocateSampler(study=OPEN, looks=2)
    study.optimize(objective)
    more = judge(study)
    assert more.rows[: len(first.rows)] == first.rows
    assert len(more.rows) > len(first.rows)
    study.sampler = LocateSampler(study=OPEN)
    with pytest.raises(SpecError, match="give it the same again"):
        study.optimize(objective)
