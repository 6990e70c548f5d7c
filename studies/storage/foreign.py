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
from studies.storage import address as addresses
from studies.storage import sqlite_look
from studies.storage.address import Address
from studies.storage.engine import open_database
from studies.storage.faults import Fault, of_driver
from studies.storage.patience import COMMAND

ETA_NAMES = ("eta", "lr", "learning_rate")
ALPHA_NAMES = ("alpha", "momentum")
DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
ENGINE: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {"connect_args": {"connect_timeout": COMMAND.connect}},
}
OPTUNA_TABLES = {"studies", "trials", "version_info"}
NO_OPTUNA = Fault("cannot be read as an Optuna database: it has no tables of Optuna", "name the one in which it works")
UNREADABLE = Fault("cannot be read as an Optuna database", "open it with the Optuna that made it, and upgrade it there")


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
    directions, trials = _load(url, study)
    if len(directions) != 1:
        raise SpecError([Problem("--study", f"{study!r} has {len(directions)} objectives; one is needed")])
    if not any(trial.state is TrialState.COMPLETE for trial in trials):
        raise SpecError([Problem("--study", f"{study!r} has no complete trial")])
    judged = [trial for trial in trials if trial.state is TrialState.COMPLETE or _failed_at_a_point(trial)]
    others = Counter(trial.state.name for trial in trials) - Counter(trial.state.name for trial in judged)
    return ForeignTrials([_trial(t) for t in judged], directions[0] is StudyDirection.MAXIMIZE, dict(others))


def _failed_at_a_point(trial: FrozenTrial) -> bool:
    named = all(any(name in trial.params for name in names) for names in (ETA_NAMES, ALPHA_NAMES))
    return trial.state is TrialState.FAIL and named


def _load(url: str, study: str) -> tuple[list[StudyDirection], list[FrozenTrial]]:
    address = addresses.parse(url)
    if address.kind == "sqlite":
        _check_file(address)
    else:
        _check_server(url)
    storage: RDBStorage | None = None
    name = address.url.set(drivername=DRIVERS[address.kind]).render_as_string(hide_password=False)
    try:
        storage = RDBStorage(name, skip_table_creation=True, engine_kwargs=ENGINE[address.kind])
        found = optuna.load_study(study_name=study, storage=storage)
        return found.directions, found.get_trials(deepcopy=False)
    except KeyError:
        raise StudyNotFoundError(f"{address.shown} has no Optuna study {study!r}") from None
    except (sa.exc.SQLAlchemyError, RuntimeError, optuna.exceptions.StorageInternalError, AssertionError) as error:
        raise _unreadable(address, error) from None
    finally:
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()


def _check_file(address: Address) -> None:
    """Look at a SQLite file before Optuna opens it, since that would write to it."""
    path = Path(str(address.url.database))
    if not path.is_file():
        raise DatabaseUrlError(f"there is no file {path}")
    seen = sqlite_look.look(str(path.absolute()))
    if isinstance(seen, Fault):
        raise seen.error(address, "it cannot be read as an Optuna database")
    if not seen.tables >= OPTUNA_TABLES:
        raise NO_OPTUNA.error(address)


def _check_server(url: str) -> None:
    """Look at a database of a server: whether it can be reached, and whether Optuna's tables are in it."""
    database = open_database(url)
    try:
        with database.read() as connection:
            found = all(sa.inspect(connection).has_table(name) for name in OPTUNA_TABLES)
    finally:
        database.dispose()
    if not found:
        raise NO_OPTUNA.error(database.address)


def _unreadable(address: Address, error: Exception) -> StorageUnavailableError:
    """The cause, which Optuna hides behind a sentence about invalid data; masked."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, sa.exc.DBAPIError):
        cause = cause.__cause__
    fault = of_driver(cause) if isinstance(cause, sa.exc.DBAPIError) else None
    if fault is None or fault.is_schema:
        text = str(error) if isinstance(error, RuntimeError) else ""
        return StorageUnavailableError(str((NO_OPTUNA if fault else UNREADABLE).error(address, text)))
    return StorageUnavailableError(str(fault.error(address, str(getattr(cause, "orig", "")))))


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
