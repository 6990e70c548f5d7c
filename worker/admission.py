"""Which studies this worker can work on: those whose data sets are all here, checked before anything is claimed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from studies.storage.engine import Database
from studies.storage.openings import explain, openings
from worker.training.data import DatasetMissing, check_dataset, load_dataset

RETRY_SECONDS = 30.0  # before missing files are looked for again: somebody may have put them there
log = structlog.get_logger(__name__)


def fetch(name: str, data_dir: Path) -> None:
    """Make sure that a data set can be loaded, downloading it once where its files are missing.

    Raises:
        DatasetMissing: the files are not here and cannot be fetched; one sentence names them and the folder.
    """
    try:
        check_dataset(name, data_dir)
    except DatasetMissing:
        load_dataset(name, data_dir)


@dataclass(slots=True)
class Admission:
    """Remembers which data sets are here and which are missing.

    Attributes:
        only: names of the studies to consider; None for all.
        find: raises `DatasetMissing` where a data set cannot be had.
    """

    db: Database
    data_dir: Path
    only: tuple[str, ...] | None = None
    find: Callable[[str, Path], None] = fetch
    _here: set[str] = field(default_factory=set)
    _missing: dict[str, tuple[float, str]] = field(default_factory=dict)  # name -> (when looked for, what is missing)

    def studies(self) -> list[str]:
        """Studies with waiting trials whose data this worker has; the others are told why they wait.

        Raises:
            StorageUnavailableError: the database cannot be reached.
        """
        able = []
        for opening in openings(self.db):
            if self.only is not None and opening.study not in self.only:
                continue
            reasons = [text for name in sorted(opening.datasets) if (text := self._lacks(name))]
            if not reasons:
                able.append(opening.study)
            if reasons or opening.note:
                explain(self.db, opening.study, " ".join(reasons))
        return able

    def _lacks(self, name: str) -> str:
        """Why a data set cannot be used here, "" if it can."""
        if name in self._here:
            return ""
        looked, text = self._missing.get(name, (-RETRY_SECONDS, ""))
        if time.monotonic() - looked < RETRY_SECONDS:
            return text
        try:
            self.find(name, self.data_dir)
        except DatasetMissing as error:
            log.error("data set missing", dataset=name, error=str(error))
            self._missing[name] = (time.monotonic(), str(error))
            return str(error)
        self._missing.pop(name, None)
        self._here.add(name)
        return ""
