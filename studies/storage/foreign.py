"""Trials from somebody else's Optuna study, read and never written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from studies.errors import DatabaseUrlError, SpecError, StorageUnavailableError, StudyNotFoundError
from studies.storage.engine import open_database

ETA_NAMES = ("eta", "lr", "learning_rate")
ALPHA_NAMES = ("alpha", "momentum")
ATTRIBUTES: tuple[str, ...] = ("loss", "fold", "repeat", "diverged")


@dataclass(frozen=True, slots=True)
class ForeignTrials:
    """Complete trials as rows of a table, and how many others there were."""

    rows: list[dict[str, Any]]
    maximised: bool
    left_out: int  # pruned, failed, running or waiting


def read_optuna(url: str, study: str) -> ForeignTrials:
    """The complete trials of an Optuna study whose parameters are named eta (lr, learning_rate) and alpha (momentum).

    User attributes `loss`, `fold`, `repeat` and `diverged` become columns of the same name.

    Raises:
        DatabaseUrlError: the URL is malformed, or names no file that is there.
        StorageUnavailableError: the database cannot be read.
        StudyNotFoundError: it holds no such study.
        SpecError: the study has several objectives, or its parameters have other names.
    """
    found = _load(url, study)
    if len(found.directions) != 1:
        raise SpecError([("--study", f"{study!r} has {len(found.directions)} objectives; one is needed")])
    trials = found.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if not complete:
        raise SpecError([("--study", f"{study!r} has no complete trial")])
    rows = [_row(trial) for trial in complete]
    return ForeignTrials(rows, found.direction is StudyDirection.MAXIMIZE, len(trials) - len(complete))


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


def _row(trial: FrozenTrial) -> dict[str, Any]:
    eta, alpha = (_parameter(trial, names) for names in (ETA_NAMES, ALPHA_NAMES))
    row: dict[str, Any] = {name: trial.user_attrs[name] for name in ATTRIBUTES if name in trial.user_attrs}
    row.update(eta=eta, alpha=alpha, value=trial.value)
    return row


def _parameter(trial: FrozenTrial, names: tuple[str, ...]) -> Any:
    name = next((name for name in names if name in trial.params), None)
    if name is None:
        have = ", ".join(sorted(trial.params)) or "none"
        raise SpecError([(f"trial {trial.number}", f"has no parameter {' or '.join(names)}; it has {have}")])
    value = trial.params[name]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
