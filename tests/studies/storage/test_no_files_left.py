"""A process that may open no more files says that the database cannot be opened: nothing else, and not for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studies.storage.engine import open_database
from studies.storage.migrate import migrate

ROOT = Path(__file__).parents[3]
JOB = """
import os, resource, sys
from studies.advance import advance
from studies.errors import StorageUnavailableError
from studies.storage import overview, queue
from studies.storage.contents import revisions
from studies.storage.engine import open_database
from studies.storage.migrate import require_current

url, jobs = sys.argv[1], {"reap": queue.reap, "advance": advance, "list": overview.list_page, "schema": require_current}
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
jobs["schema"](open_database(url))  # loads what a first look loads
for name, job in jobs.items():
    for left in range(8):
        revisions.cache_clear()
        database = open_database(url)
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1 + left, most))
        try:
            job(database)
            said = "done"
        except StorageUnavailableError as error:
            said = f"unavailable: {error}"
        except Exception as error:
            said = f"WRONG: {type(error).__name__}: {error}"
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        try:
            job(database)
        except Exception as error:
            said += f"; WRONG AFTERWARDS: {type(error).__name__}: {error}"
        print(name, left, said)
        database.dispose()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")
def test_want_of_files_is_said_as_such_and_passes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'golden.db'}"
    database = open_database(url)
    migrate(database)
    database.dispose()
    command = [sys.executable, "-c", JOB, url]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert len(lines) == 32
    assert [line for line in lines if "WRONG" in line] == []
    for job in ("reap", "advance", "list", "schema"):
        said = [line.split(" ", 2)[2] for line in lines if line.startswith(job)]
        assert said[0].startswith("unavailable: ")
        assert said[-1] == "done"
