"""Trials of an Optuna study that is not ours, read and never written: from a database, or from a journal file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from studies.errors import DatabaseUrlError, StorageUnavailableError, StudyNotFoundError
from studies.storage import address as addresses
from studies.storage import optuna_files, sqlite_look
from studies.storage.address import Address
from studies.storage.engine import open_database
from studies.storage.faults import Fault, of_driver
from studies.storage.own_sweeps import own_runs
from studies.storage.patience import COMMAND

DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
ENGINE: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {"connect_args": {"connect_timeout": COMMAND.connect}},
}
OPTUNA_TABLES = {"studies", "trials", "version_info"}
NO_OPTUNA = Fault("cannot be read as an Optuna database: it has no tables of Optuna", "name the one in which it works")
UNREADABLE = Fault("cannot be read as an Optuna database", "open it with the Optuna that made it, and upgrade it there")
OLD = Fault("has tables of an older Optuna", "run `optuna storage upgrade` on it, or on a copy")
GRID = "grid_id"  # the system attribute that a `GridSampler` gives every trial
MOST_NAMED = 10  # studies that a message names
MOST_SHOWN = 60  # characters of such a name
_DRIVER = re.compile(r"^postgres(?:ql)?\+\w+://")  # whatever driver Optuna works with, we read with our own
TROUBLES = (sa.exc.SQLAlchemyError, RuntimeError, optuna.exceptions.StorageInternalError, AssertionError, ValueError)


@dataclass(frozen=True, slots=True)
class ForeignStudy:
    """The trials of a study as its data frame would have them, whatever their state.

    Attributes:
        rows: by column: `number`, `state`, `params_*`, `user_attrs_*` and the values.
        places: the trials in words, one for each row.
        values: the columns of the values, one for each objective.
        maximised: one for each of them.
        is_grid: True where every trial came from a grid fixed in advance.
        runs: where the study is a sweep of ours, its single runs; then rows are the trials without a result.
    """

    rows: list[dict[str, Any]]
    places: list[str]
    values: tuple[str, ...]
    maximised: tuple[bool, ...]
    is_grid: bool = False
    runs: list[dict[str, Any]] = field(default_factory=list)


def read_optuna(source: str, study: str) -> ForeignStudy:
    """The trials of an Optuna study.

    Args:
        source: a database's URL, with whatever driver, or the path of a SQLite or journal file.
        study: its name.

    Raises:
        DatabaseUrlError: the URL is malformed, or names no file that is there.
        StorageUnavailableError: the database cannot be read.
        StudyNotFoundError: it holds no such study; the message names those that it holds.
    """
    path = optuna_files.plain_path(source)
    if path is not None and optuna_files.is_journal(path):
        with optuna_files.journal(path) as journal:
            return _study_in(journal, str(path), study)
    if path is not None:
        optuna_files.require_sqlite(path)
    url = _DRIVER.sub("postgresql://", source) if path is None else f"sqlite:///{str(path).replace('?', '%3F')}"
    address = addresses.parse(url)
    runs = _own_runs(address, url, study)
    with _storage(address) as storage:
        return _study_in(storage, address.shown, study, runs)


def _own_runs(address: Address, url: str, study: str) -> list[dict[str, Any]]:
    """The runs behind a sweep of ours; none in anybody else's study. Looks at the database before Optuna opens it."""
    tables = _tables_of_file(address) if address.kind == "sqlite" else _tables_of_server(url)
    if not tables >= OPTUNA_TABLES:
        raise NO_OPTUNA.error(address)
    return own_runs(url, tables, study)


def _tables_of_file(address: Address) -> frozenset[str]:
    path = Path(str(address.url.database))
    if not path.is_file():
        raise DatabaseUrlError(f"there is no file {path}")
    if optuna_files.is_journal(path):
        raise DatabaseUrlError(f"{path} is no SQLite file but a journal file of Optuna; name it without sqlite:///")
    seen = sqlite_look.look(str(path.absolute()))
    if isinstance(seen, Fault):
        raise seen.error(address, "it cannot be read as an Optuna database")
    return seen.tables


def _tables_of_server(url: str) -> frozenset[str]:
    database = open_database(url)
    try:
        with database.read() as connection:
            return frozenset(sa.inspect(connection).get_table_names())
    finally:
        database.dispose()


@contextmanager
def _storage(address: Address) -> Iterator[BaseStorage]:
    """Optuna's storage of a database; of a SQLite file with older tables, that of an upgraded copy."""
    name = address.url.set(drivername=DRIVERS[address.kind]).render_as_string(hide_password=False)
    storage: RDBStorage | None = None
    with optuna_files.room() as folder:
        try:
            try:
                storage = RDBStorage(name, skip_table_creation=True, engine_kwargs=ENGINE[address.kind])
            except RuntimeError as error:
                if "storage upgrade" not in str(error):
                    raise
                if address.kind != "sqlite":
                    raise OLD.error(address) from None
                storage = optuna_files.upgraded(Path(str(address.url.database)), folder)
            yield storage
        except TROUBLES as error:
            if isinstance(error, StorageUnavailableError):
                raise
            raise _unreadable(address, error) from None
        finally:
            if storage is not None:
                storage.remove_session()
                storage.engine.dispose()


def _study_in(storage: BaseStorage, shown: str, name: str, runs: list[dict[str, Any]] | None = None) -> ForeignStudy:
    try:
        found = optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        there = [study[:MOST_SHOWN] for study in sorted(optuna.get_all_study_names(storage))]
        more = f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
        has = f"it has {', '.join(map(repr, there[:MOST_NAMED]))}{more}" if there else "it has none"
        raise StudyNotFoundError(f"{shown} has no Optuna study {name!r}; {has}") from None
    return as_foreign(found, runs)


def as_foreign(found: optuna.Study, runs: list[dict[str, Any]] | None = None) -> ForeignStudy:
    """The trials of a study that Optuna has loaded.

    Args:
        found: the study.
        runs: where it is a sweep of ours, its single runs.
    """
    trials = found.get_trials(deepcopy=False)
    values = _value_names(found.metric_names, len(found.directions))
    kept = [trial for trial in trials if not runs or trial.values is None]
    return ForeignStudy(
        rows=[_row(trial, values) for trial in kept],
        places=[f"trial {trial.number}" for trial in kept],
        values=values,
        maximised=tuple(direction is StudyDirection.MAXIMIZE for direction in found.directions),
        is_grid=bool(trials) and all(GRID in trial.system_attrs for trial in trials),
        runs=runs or [],
    )


def _value_names(metrics: list[str] | None, objectives: int) -> tuple[str, ...]:
    """Columns of the values: the metrics' names where they have any, else those of Optuna's data frame."""
    if metrics:
        return tuple(metrics)
    return ("value",) if objectives == 1 else tuple(f"values_{i}" for i in range(objectives))


def _row(trial: FrozenTrial, values: tuple[str, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {"number": trial.number, "state": trial.state.name}
    row |= dict(zip(values, trial.values or [None] * len(values), strict=True))
    row |= {f"params_{name}": value for name, value in trial.params.items()}
    row |= {
        f"user_attrs_{name}": value for name, value in trial.user_attrs.items() if not isinstance(value, dict | list)
    }
    return row


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
