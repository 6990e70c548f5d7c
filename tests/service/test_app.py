"""The application as a whole: what it imports, and what it closes."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading

import pytest
from fastapi.testclient import TestClient
from waiting import CEILING

from service.app import create_app
from service.settings import Settings
from studies import late_scipy
from studies.storage import overview
from studies.storage.engine import Database


def test_service_loads_no_tensor_library() -> None:
    imports = "import sys, service.app, service.cli, service.commands.demo"
    code = f"{imports}; print(*{{'torch', 'torchvision', 'sklearn'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_stop_closes_the_streams_and_leaves_the_callers_database_open(settings: Settings, database: Database) -> None:
    app = create_app(settings, database)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/readyz").status_code == 200
        assert not app.state.event_streams._closed.is_set()
    assert app.state.event_streams._closed.is_set()
    assert overview.revisions(database) >= 0


def test_a_service_that_cannot_load_everything_yet_answers_all_the_same(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def without_files() -> None:
        tried.set()
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(late_scipy, "load", without_files)
    with TestClient(create_app(settings, database), base_url="http://127.0.0.1:8000") as client:
        assert tried.wait(CEILING)
        assert client.get("/healthz").status_code == 200
