"""Moments in the reader's zone, which is named; a zone that does not exist is UTC and no crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from studies.local_time import local_time, stamp_local_time

MOMENT = datetime(2026, 11, 25, 9, 15, 30, tzinfo=UTC)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def put(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    with monkeypatch.context():
        yield put
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Asia/Tokyo", "2026-11-25 18:15 JST"),
        ("Europe/London", "2026-11-25 09:15 GMT"),
        ("America/Sao_Paulo", "2026-11-25 06:15 -03:00"),
        ("Asia/Kathmandu", "2026-11-25 15:00 +05:45"),
        ("UTC", "2026-11-25 09:15 UTC"),
        *((odd, "2026-11-25 09:15 UTC") for odd in ("", "Mars/Phobos", "foo", ":", "/none", "x" * 5000, "\udcff-")),
    ],
)
def test_the_zone_is_named(zone: Callable[[str], None], name: str, shown: str) -> None:
    zone(name)
    assert local_time(MOMENT) == shown
    assert local_time(MOMENT.replace(tzinfo=None)) == shown  # without a zone: UTC


def test_seconds_and_the_ends_of_the_calendar(zone: Callable[[str], None]) -> None:
    zone("Asia/Tokyo")
    assert local_time(MOMENT, "seconds") == "2026-11-25 18:15:30 JST"
    for end in (datetime.min, datetime.max):
        assert local_time(end.replace(tzinfo=UTC))


def test_a_log_line_has_the_local_time(zone: Callable[[str], None]) -> None:
    zone("Asia/Tokyo")
    assert str(stamp_local_time(None, "info", {})["timestamp"]).endswith(" JST")
