"""Caps follow from the number of files that may be open."""

from __future__ import annotations

import subprocess
import sys

import pytest

from service.door.caps import LOW_CONNECTIONS, MAX_CONNECTIONS, Caps, caps_for
from service.settings import load

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from service.door.caps import attainable_files, raise_file_limit
print(attainable_files(), raise_file_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize("files", [64, 256, 1024, 8192, 1_000_000, None])
@pytest.mark.parametrize("pool", [1, 5, 100])
@pytest.mark.parametrize("url", ["sqlite:////tmp/x.db", "postgresql://golden@db/golden"])
def test_there_is_room_for_everything_else(files: int | None, pool: int, url: str) -> None:
    caps = caps_for(load({}, pool_size=pool, database_url=url), files)
    assert 0 < caps.anonymous < caps.connections <= MAX_CONNECTIONS
    assert 0 < caps.streams <= caps.connections // 2
    if files is not None and caps.connections > 16:
        assert caps.connections + 2 * pool * (3 if "sqlite" in url else 1) + 64 < files


def test_what_is_too_high_or_too_low_is_said() -> None:
    asked = load({}, max_streams=1000)
    assert [line.partition(" is ")[0] for line in caps_for(asked, 1024).warnings(asked)] == ["GOLDEN_MAX_STREAMS"]
    assert caps_for(asked, 8192).warnings(asked) == []
    usual = load({})
    low = caps_for(usual, 256)
    assert low.connections < LOW_CONNECTIONS
    assert [line.partition(" allow ")[0] for line in low.warnings(usual)] == ["256 open files"]
    assert caps_for(usual, None).warnings(usual) == []


@pytest.mark.parametrize(
    ("soft", "hard", "given"),
    [(1024, 4096, "4096 4096 4096 4096"), (256, 256, "256 256 256 256"), (512, 1024, "1024 1024 1024 1024")],
)
def test_the_limit_is_raised_as_far_as_it_may(soft: int, hard: int, given: str) -> None:
    code = LIMITED.format(soft=soft, hard=hard)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == given


def test_callers_that_wait_and_streams_leave_a_quarter_of_the_connections() -> None:
    for connections in (16, 868, 4000, 100_000):
        caps = Caps(connections, connections, min(1000, connections // 2))
        assert caps.waiting + caps.streams <= 0.75 * connections
        assert 1 <= caps.waiting <= 1000
