"""Files that older releases of Optuna made are read, and left as they are."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import optuna
import pytest

from studies.errors import DatabaseUrlError, StorageUnavailableError, StudyNotFoundError
from studies.foreign.judgement import answer_to
from studies.foreign.optuna_table import study_table
from studies.storage.foreign import read_optuna

KEPT = Path(__file__).parents[2] / "support" / "optuna_files"
DUMPS = sorted(KEPT.glob("*.sql"))  # of SQLite files made by that release; 3.1.1 has an older schema
JOURNALS = sorted(KEPT.glob("*.journal"))


def made(dump: Path, folder: Path) -> Path:
    path = folder / "theirs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text())
    return path


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
@pytest.mark.parametrize("as_url", [True, False])
def test_databases_of_the_last_majors(dump: Path, as_url: bool, tmp_path: Path) -> None:
    path = made(dump, tmp_path)
    before = path.read_bytes()
    found = read_optuna(f"sqlite:///{path}" if as_url else str(path), "tuned")
    assert (len(found.rows), found.maximised, found.is_grid) == (8, (False,), False)
    assert found.rows[5]["value"] == float("inf")
    assert read_optuna(str(path), "grid").is_grid
    answer = answer_to(study_table("tuned", found, {}))
    assert (answer.objective, answer.sweeps[0].runs, answer.sweeps[0].diverged_share) == ("own_loss", 8, 0.125)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["theirs.db"]


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda path: path.stem)
def test_journals_of_the_last_majors(journal: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(journal, tmp_path))
    found = read_optuna(str(path), "tuned")
    assert (len(found.rows), found.rows[5]["value"]) == (8, float("inf"))
    assert path.read_bytes() == journal.read_bytes()
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(StudyNotFoundError, match="has no Optuna study 'other'; it has 'tuned'"):
        read_optuna(str(path), "other")
    with pytest.raises(DatabaseUrlError, match="is no SQLite file but a journal file of Optuna; name it without"):
        read_optuna(f"sqlite:///{path}", "tuned")


def test_a_journal_of_the_present_release(tmp_path: Path) -> None:
    path = tmp_path / "present.log"
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    study = optuna.create_study(storage=optuna.storages.JournalStorage(backend), study_name="s", direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("lr", 0.01, 0.1) + trial.suggest_float("momentum", 0, 0.5), 7)
    assert len(read_optuna(str(path), "s").rows) == 7


def test_a_broken_journal_and_other_files(tmp_path: Path) -> None:
    broken, table = tmp_path / "broken.log", tmp_path / "runs.csv"
    broken.write_text('{"op_code": 0, "worker_id": "x"}\n{"op_code": 99}\nnonsense\n')
    table.write_text("eta,alpha,value\n")
    with pytest.raises(StorageUnavailableError, match="cannot be read as a journal file of Optuna"):
        read_optuna(str(broken), "s")
    with pytest.raises(DatabaseUrlError, match=r"runs\.csv is neither a SQLite file nor a journal file of Optuna"):
        read_optuna(str(table), "s")


def test_a_missing_study_names_ten_of_those_that_are_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'many.db'}"
    for i in range(12):
        optuna.create_study(storage=url, study_name=f"study-{i:02d}")
    with pytest.raises(StudyNotFoundError) as caught:
        read_optuna(url, "none")
    text = str(caught.value)
    assert "'study-00'" in text and "'study-09'" in text and "'study-10'" not in text
    assert text.endswith(" and 2 more")
