"""The file that a health check looks at: young while the worker goes round, whatever its database does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from processes import free_port

from studies.errors import StorageUnavailableError
from studies.storage.engine import open_database
from worker.sign_of_life import SignOfLife
from worker.status import Status


def _touched(path: Path) -> bool:
    """Whether it was since `os.utime(path, (0, 0))`."""
    return path.stat().st_mtime > 0


def test_it_is_touched_and_removed(tmp_path: Path) -> None:
    sign = SignOfLife(tmp_path / "deep" / "folder", "cuda:1")
    sign.prepare()
    path = tmp_path / "deep" / "folder" / "cuda1"
    os.utime(path, (0, 0))
    sign.touch()
    assert _touched(path)
    sign.remove()
    assert not path.exists()


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sign = SignOfLife(None, "cpu")
    sign.prepare()
    sign.touch()
    sign.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_heartbeat_is_a_sign_of_life_though_the_database_is_away(tmp_path: Path) -> None:
    db = open_database(f"postgresql://golden@127.0.0.1:{free_port()}/none")
    sign = SignOfLife(tmp_path / "signs", "cpu")
    status = Status(db=db, name="w", device="cpu", torch_device=torch.device("cpu"), sign=sign)
    sign.prepare()
    os.utime(tmp_path / "signs" / "cpu", (0, 0))
    with pytest.raises(StorageUnavailableError):
        status.beat({})
    assert _touched(tmp_path / "signs" / "cpu")
    db.dispose()
