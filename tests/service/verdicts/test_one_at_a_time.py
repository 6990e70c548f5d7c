"""The bench: one sits, two wait, the others are sent away at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from waiting import join_all, wait_until

from service.problems import ProblemError
from service.verdicts.one_at_a_time import PLACES, Bench


def _bench(patience: float = 3600.0) -> Bench:
    return Bench(patience=patience, retry_after=7, busy="somebody sits here")


@contextmanager
def _crowded(bench: Bench) -> Iterator[list[threading.Thread]]:
    """The bench with its seat and all its places taken; at the end everybody has had a turn."""

    def turn() -> None:
        with bench.seated():
            pass

    waiting = [threading.Thread(target=turn) for _ in range(PLACES)]
    with bench.seated():
        for thread in waiting:
            thread.start()
        wait_until(lambda: bench.waiting == PLACES, what="all to wait")
        yield waiting
    join_all(*waiting)


def test_who_finds_no_place_is_told_at_once_when_to_come_again() -> None:
    bench = _bench()
    with _crowded(bench) as waiting:
        with pytest.raises(ProblemError, match="try again in 7 s") as refused, bench.seated():
            pass  # had it waited, pytest would have ended it: the others sit for an hour
        assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "7"})
        assert all(thread.is_alive() for thread in waiting)
    assert not any(thread.is_alive() for thread in waiting), "those who waited had their turn"
    with bench.seated():
        assert not bench.awaited


def test_patience_ends() -> None:
    bench = _bench(patience=0.05)
    with bench.seated():
        refusals: list[str] = []

        def ask() -> None:
            with pytest.raises(ProblemError) as refused, bench.seated():
                pass
            refusals.append(refused.value.detail)

        thread = threading.Thread(target=ask)
        thread.start()
        join_all(thread)
        assert refusals == ["somebody sits here; try again in 7 s"]
        assert not bench.awaited


def test_an_error_leaves_the_seat_free() -> None:
    bench = _bench()
    with pytest.raises(ZeroDivisionError), bench.seated():
        raise ZeroDivisionError
    with bench.seated():
        pass
