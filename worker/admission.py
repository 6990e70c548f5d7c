"""Admission to studies: a worker may work on those whose data sets are here, whole, and the same as other workers'.

This is checked before anything is claimed: a result from bad data would look like any other. So would a result of
another release, so a worker whose release is incompatible with the service's is admitted to none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from studies.storage.engine import Database
from studies.storage.fingerprints import same_data
from studies.storage.identity import require_same
from studies.storage.provenance import note_software
from studies.storage.release import refusal
from studies.storage.waiting import explain, waiting_studies
from worker.training.data import check_dataset, load_dataset
from worker.training.dataset import DatasetMissing

RETRY_SECONDS = 30.0  # before missing files are looked for again: they may have been put there
log = structlog.get_logger(__name__)


def fetch(name: str, data_dir: Path) -> None:
    """Ensures that a data set can be loaded, and downloads it where its files are missing.

    Raises:
        DatasetMissing: the files are not here and cannot be fetched; one sentence names them and the folder.
    """
    try:
        check_dataset(name, data_dir)
    except DatasetMissing:
        load_dataset(name, data_dir)


def digest(name: str, data_dir: Path) -> str:
    """SHA-256 of a whole data set, read from its files.

    Raises:
        DatasetMissing: the files are missing or damaged; one sentence names them.
    """
    try:
        return load_dataset(name, data_dir, download=False).sha256
    except DatasetMissing:
        raise
    except Exception as error:  # damaged files break their readers in many ways
        text = f"{name} in {data_dir} is damaged ({type(error).__name__}: {str(error)[:200]}); fetch its files again."
        raise DatasetMissing(text) from error


@dataclass(slots=True)
class Admission:
    """The studies that one worker is admitted to; remembers which data sets are here and which are missing.

    Attributes:
        only: names of the studies to consider; None for all.
        find: raises `DatasetMissing` where a data set cannot be had.
        read: the data set's SHA-256; raises `DatasetMissing` where it is damaged.
        worker: this worker's name.
        software: describes its software and device, noted with each study that it is admitted to.
        refused: why this worker is admitted to no study now, "" where it is.
    """

    db: Database
    data_dir: Path
    only: tuple[str, ...] | None = None
    find: Callable[[str, Path], None] = fetch
    read: Callable[[str, Path], str] = digest
    worker: str = ""
    software: Callable[[], str] | None = None
    refused: str = ""
    _here: dict[str, str] = field(default_factory=dict)  # name -> SHA-256
    _agreed: set[tuple[str, str]] = field(default_factory=set)  # (study, data set) that other workers have the same
    _noted: set[str] = field(default_factory=set)  # studies whose reports know this worker's software
    _logged: set[tuple[str, str]] = field(default_factory=set)  # (study, difference), each logged once
    _missing: dict[str, tuple[float, str]] = field(default_factory=dict)  # name -> (when looked for, what is missing)

    def studies(self) -> list[str]:
        """Studies with waiting trials whose data this worker has; the reason why others wait is stored with them.

        Raises:
            StorageUnavailableError: the database cannot be reached.
        """
        if self._is_refused():
            return []
        able = []
        for waiting in waiting_studies(self.db):
            if self.only is not None and waiting.study not in self.only:
                continue
            reasons = [text for name in sorted(waiting.datasets) if (text := self._reason_against(name, waiting.study))]
            if not reasons:
                self._note(waiting.study)
                able.append(waiting.study)
            if reasons or waiting.note:
                explain(self.db, waiting.study, " ".join(reasons))
        return able

    def _is_refused(self) -> bool:
        """True if another release is in force; asked each time, since a service may be upgraded while workers run.

        Raises:
            StorageUnavailableError: the database cannot be reached, or is another one than at the start.
        """
        require_same(self.db)
        before, self.refused = self.refused, refusal(self.db)
        if self.refused and self.refused != before:
            log.error("refused", error=self.refused)
        elif before and not self.refused:
            log.info("no longer refused")
        return bool(self.refused)

    def _note(self, study: str) -> None:
        if self.software is not None and study not in self._noted:
            note_software(self.db, study, worker=self.worker, software=self.software())
            self._noted.add(study)

    def _reason_against(self, name: str, study: str) -> str:
        """Why a data set cannot be used here for a study, "" if it can."""
        return self._absent(name) or self._differs(name, study)

    def _differs(self, name: str, study: str) -> str:
        if (study, name) in self._agreed:
            return ""
        if same_data(self.db, study, name, self._here[name], worker=self.worker):
            self._agreed.add((study, name))
            return ""
        text = f"{name} in {self.data_dir} is not the copy that {study} is measured on; compare the workers' files."
        if (study, text) not in self._logged:
            self._logged.add((study, text))
            log.error("data set differs", study=study, dataset=name, error=text)
        return text

    def _absent(self, name: str) -> str:
        if name in self._here:
            return ""
        looked, text = self._missing.get(name, (-RETRY_SECONDS, ""))
        if time.monotonic() - looked < RETRY_SECONDS:
            return text
        try:
            self.find(name, self.data_dir)
            self._here[name] = self.read(name, self.data_dir)
        except DatasetMissing as error:
            log.error("data set missing", dataset=name, error=str(error))
            self._missing[name] = (time.monotonic(), str(error))
            return str(error)
        self._missing.pop(name, None)
        return ""
