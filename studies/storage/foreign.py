"""Trials of an Optuna study that is not ours, read and never written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from studies.errors import DatabaseUrlError, Problem, SpecError, StorageUnavailableError, StudyNotFoundError
from studies.storage.engine import open_database

ETA_NAMES = ("eta", "lr", "learning_rate")
ALPHA_NAMES = ("alpha", "momentum")


@dataclass(frozen=True, slots=True)
class ForeignTrial:
    """A trial that is complete, or that failed at a point (its objective was NaN, say)."""

    eta: Any  # as Optuna has it, not checked to be a number
    alpha: Any
    value: float | None  # None: failed
    state: str  # COMPLETE or FAIL
    attributes: dict[str, Any]  # all user attributes


@dataclass(frozen=True, slots=True)
class ForeignTrials:
    """The trials of a study that have a point, and how many others there were."""

    trials: list[ForeignTrial]
    maximised: bool
    left_out: dict[str, int]  # by state: pruned, running or waiting, or failed before they had a point


def read_optuna(url: str, study: str) -> ForeignTrials:
    """The trials of an Optuna study whose parameters are named eta (lr, learning_rate) and alpha (momentum).

    Optuna marks a trial whose objective is NaN as failed, so failed trials are read too.

    Raises:
        DatabaseUrlError: the URL is malformed, or names no file that is there.
        StorageUnavailableError: the database cannot be read.
        StudyNotFoundError: it holds no such study.
        SpecError: the study has several objectives, or its parameters have other names.
    """
    found = _load(url, study)
    if len(found.directions) != 1:
        raise SpecError([Problem("--study", f"{study!r} has {len(found.directions)} objectives; one is needed")])
    trials = found.get_trials(deepcopy=False)
    if not any(trial.state is TrialState.COMPLETE for trial in trials):
        raise SpecError([Problem("--study", f"{study!r} has no complete trial")])
    judged = [trial for trial in trials if trial.state is TrialState.COMPLETE or _failed_at_a_point(trial)]
    others = Counter(trial.state.name for trial in trials) - Counter(trial.state.name for trial in judged)
    return ForeignTrials([_trial(t) for t in judged], found.direction is StudyDirection.MAXIMIZE, dict(others))


def _failed_at_a_point(trial: FrozenTrial) -> bool:
    named = all(any(name in trial.params for name in names) for names in (ETA_NAMES, ALPHA_NAMES))
    return trial.state is TrialState.FAIL and named


def _load(url: str, study: str) -> optuna.Study:
    database = open_database(url)  # checks the URL, opens nothing
    address = database.engine.url
    database.dispose()
    if database.kind == "sqlite" and not Path(str(address.database)).is_file():
        raise DatabaseUrlError(f"there is no file {address.database}")
    shown = database.url_shown
    storage: RDBStorage | None = None
    try:
        storage = RDBStorage(address.render_as_string(hide_password=False), skip_table_creation=True)
        return optuna.load_study(study_name=study, storage=storage)
    except KeyError:
        raise StudyNotFoundError(f"{shown} has no Optuna study {study!r}") from None
    except (sa.exc.SQLAlchemyError, RuntimeError, optuna.exceptions.StorageInternalError, AssertionError) as error:
        text = type(error).__name__ if isinstance(error, sa.exc.SQLAlchemyError) else str(error).split("\n")[0]
        raise StorageUnavailableError(f"{shown} cannot be read as an Optuna database ({text})") from None


def _trial(trial: FrozenTrial) -> ForeignTrial:
    eta, alpha = (_parameter(trial, names) for names in (ETA_NAMES, ALPHA_NAMES))
    value = trial.value if trial.state is TrialState.COMPLETE else None
    return ForeignTrial(eta, alpha, value, trial.state.name, dict(trial.user_attrs))


def _parameter(trial: FrozenTrial, names: tuple[str, ...]) -> Any:
    name = next((name for name in names if name in trial.params), None)
    if name is None:
        have = ", ".join(sorted(trial.params)) or "none"
        raise SpecError([Problem(f"trial {trial.number}", f"has no parameter {' or '.join(names)}; it has {have}")])
    value = trial.params[name]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
