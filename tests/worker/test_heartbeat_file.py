"""The file that a health check looks at: recent while the worker is alive, whatever its database does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from processes import free_port

from studies.errors import StorageUnavailableError
from studies.storage.engine import open_database
from worker.heartbeat_file import HeartbeatFile
from worker.status import Status


def _touched(path: Path) -> bool:
    """True if it was touched since `os.utime(path, (0, 0))`."""
    return path.stat().st_mtime > 0


def test_it_is_touched_and_removed(tmp_path: Path) -> None:
    file = HeartbeatFile(tmp_path / "deep" / "folder", "cuda:1")
    file.prepare()
    path = tmp_path / "deep" / "folder" / "cuda1"
    os.utime(path, (0, 0))
    file.touch()
    assert _touched(path)
    file.remove()
    assert not path.exists()


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = HeartbeatFile(None, "cpu")
    file.prepare()
    file.touch()
    file.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_heartbeat_touches_the_file_though_the_database_is_away(tmp_path: Path) -> None:
    db = open_database(f"postgresql://golden@127.0.0.1:{free_port()}/none")
    file = HeartbeatFile(tmp_path / "files", "cpu")
    status = Status(db=db, name="w", device="cpu", torch_device=torch.device("cpu"), heartbeat_file=file)
    file.prepare()
    os.utime(tmp_path / "files" / "cpu", (0, 0))
    with pytest.raises(StorageUnavailableError):
        status.beat({})
    assert _touched(tmp_path / "files" / "cpu")
    db.dispose()
