"""The parsing thread: one body at a time, others wait without a thread, and too many are refused."""

from __future__ import annotations

import asyncio
import threading

import pytest
from loops import run_alone
from waiting import wait_for_event

from service.parsing import Parsing
from service.problems import ProblemError


def test_bodies_are_parsed_one_at_a_time_away_from_the_event_loop() -> None:
    async def ask() -> list[str]:
        parsing = Parsing()
        found = await asyncio.gather(*(parsing.run(lambda _: threading.current_thread().name, b"x") for _ in range(50)))
        parsing.close()
        return list(found)

    names = set(run_alone(ask()))
    assert len(names) == 1
    assert threading.main_thread().name not in names


def test_an_error_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        run_alone(Parsing().run(int, b"x"))


def test_too_many_waiting_bodies_are_refused_and_nothing_is_lost() -> None:
    async def ask() -> list[object]:
        parsing, go = Parsing(max_waiting_bytes=10), threading.Event()

        def parse(content: bytes) -> int:
            wait_for_event(go, what="the others")
            return len(content)

        first = [asyncio.ensure_future(parsing.run(parse, b"x" * 20)), asyncio.ensure_future(parsing.run(parse, b"x"))]
        await asyncio.sleep(0)  # both have begun: the first is taken whatever its size, the second is one too many
        go.set()
        found = await asyncio.gather(*first, return_exceptions=True)
        return [*found, await parsing.run(parse, b"xyz")]

    first, second, third = run_alone(ask())
    assert (first, third) == (20, 3)
    assert isinstance(second, ProblemError)
    assert (second.status_code, second.headers) == (429, {"Retry-After": "2"})
