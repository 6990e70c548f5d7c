"""One caller works, two wait, and the others are refused at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from waiting import join_all, wait_until

from service.problems import ProblemError
from service.verdicts.one_at_a_time import MAX_WAITING, OneAtATime


def _one_at_a_time(timeout: float = 3600.0) -> OneAtATime:
    return OneAtATime(timeout=timeout, retry_after=7, busy="somebody works here")


@contextmanager
def _crowded(work: OneAtATime) -> Iterator[list[threading.Thread]]:
    """The slot and all places of its queue are taken; at the end everybody has had a turn."""

    def turn() -> None:
        with work.slot():
            pass

    waiting = [threading.Thread(target=turn) for _ in range(MAX_WAITING)]
    with work.slot():
        for thread in waiting:
            thread.start()
        wait_until(lambda: work.waiting == MAX_WAITING, what="all to wait")
        yield waiting
    join_all(*waiting)


def test_a_caller_beyond_the_queue_is_refused_at_once_with_a_time() -> None:
    work = _one_at_a_time()
    with _crowded(work) as waiting:
        with pytest.raises(ProblemError, match="try again in 7 s") as refused, work.slot():
            pass  # had it waited, pytest would have ended it: the slot is taken for an hour
        assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "7"})
        assert all(thread.is_alive() for thread in waiting)
    assert not any(thread.is_alive() for thread in waiting), "those who waited had their turn"
    with work.slot():
        assert work.waiting == 0


def test_a_caller_waits_only_so_long() -> None:
    work = _one_at_a_time(timeout=0.05)
    with work.slot():
        refusals: list[str] = []

        def ask() -> None:
            with pytest.raises(ProblemError) as refused, work.slot():
                pass
            refusals.append(refused.value.detail)

        thread = threading.Thread(target=ask)
        thread.start()
        join_all(thread)
        assert refusals == ["somebody works here; try again in 7 s"]
        assert work.waiting == 0


def test_an_error_leaves_the_slot_free() -> None:
    work = _one_at_a_time()
    with pytest.raises(ZeroDivisionError), work.slot():
        raise ZeroDivisionError
    with work.slot():
        pass
