"""The limit on log lines: by kind, by minute, with counts of what is left out."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

import pytest

from studies.log_throttle import MAX_KINDS, Throttle, ThrottledHandler, kind_of, shortened


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """At zero."""
    return Clock()


def _one() -> int:
    return 1


def _storm(throttle: Throttle, clock: Clock, *, kinds: int, minutes: int, lines: Callable[[], int]) -> list[int]:
    """Lines written in each second while every kind sends 20 messages a second."""
    seconds = []
    for second in range(60 * minutes):
        clock.now = float(second)
        seconds.append(sum(throttle.admit(f"kind {kind}", lines) for kind in range(kinds) for _ in range(20)))
    return seconds


@pytest.mark.parametrize("kinds", [1, 3, 10, 40])
@pytest.mark.parametrize("length", [1, 5, 35, 400])
def test_fewer_than_a_hundred_lines_in_any_minute(clock: Clock, kinds: int, length: int) -> None:
    seconds = _storm(Throttle(clock), clock, kinds=kinds, minutes=4, lines=lambda: length)
    assert sum(seconds) > 0
    assert max(sum(seconds[at : at + 60]) for at in range(len(seconds))) <= 95


def test_a_noisy_kind_takes_no_line_from_another(clock: Clock) -> None:
    throttle = Throttle(clock)
    for second in range(300):
        clock.now = float(second)
        for _ in range(100):
            throttle.admit("noisy", _one)
        if second % 60 == 30:
            assert throttle.admit(f"rare {second}", lambda: 15) == 15, "whole, traceback included"
            assert throttle.admit("now and again", _one) == 1


def test_the_first_message_of_a_kind_is_always_written(clock: Clock) -> None:
    throttle = Throttle(clock)
    for kind in range(MAX_KINDS):
        assert throttle.admit(f"kind {kind}", lambda: 30) >= 1
    assert throttle.admit("one more", _one) == 1
    assert throttle.admit("and another", _one) == 0, "kinds without end count as one"


def test_what_is_left_out_is_counted_once(clock: Clock) -> None:
    throttle = Throttle(clock)
    written = sum(throttle.admit("noisy", _one) for _ in range(1000))
    throttle.admit("quiet", _one)
    assert throttle.left_out() == [("noisy", 1000 - written)]
    assert throttle.left_out() == []


def test_messages_that_are_left_out_are_not_formatted(clock: Clock) -> None:
    formatted = 0

    def lines() -> int:
        nonlocal formatted
        formatted += 1
        return 1

    throttle = Throttle(clock)
    written = sum(throttle.admit("noisy", lines) for _ in range(1000))
    assert formatted == written < 20


@pytest.fixture
def stream() -> io.StringIO:
    """Takes the lines."""
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO, clock: Clock) -> logging.Logger:
    """A logger of its own with the handler under test."""
    found = logging.Logger("shop")
    found.addHandler(
        ThrottledHandler(stream, throttle=Throttle(clock), exempt=lambda record: record.levelno == logging.DEBUG)
    )
    return found


def test_the_handler_counts_at_the_end(logger: logging.Logger, stream: io.StringIO) -> None:
    for number in range(20_000):
        logger.error("customer %d is lost", number)
    logger.handlers[0].close()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "customer 0 is lost"
    assert lines[-1] == f"{20_000 - len(lines) + 1:,} more of this kind were left out: shop error: customer %d is lost"


def test_at_most_five_lines_of_counts(logger: logging.Logger, stream: io.StringIO) -> None:
    for kind in "abcdefghijklmnop":
        for _ in range(100):
            logger.error(kind)
    before = len(stream.getvalue().splitlines())
    handler = logger.handlers[0]
    assert isinstance(handler, ThrottledHandler)
    handler.report()
    counts = stream.getvalue().splitlines()[before:]
    assert len(counts) == 5
    assert counts[-1].endswith("more of 12 other kinds were left out")
    handler.close()


def test_exempt_records_are_all_written(logger: logging.Logger, stream: io.StringIO) -> None:
    for _ in range(300):
        logger.debug("asked for")
    assert stream.getvalue().count("asked for") == 300


def test_a_long_traceback_is_shortened_in_the_middle() -> None:
    text = "\n".join(f"line {number}" for number in range(50))
    assert shortened(text, 50) == text
    assert shortened(text, 5).split("\n") == ["line 0", "... 46 lines left out ...", "line 47", "line 48", "line 49"]
    assert shortened(text, 1) == "line 0 (and 49 more lines)"


def _record(message: object, *, level: int = logging.ERROR, error: BaseException | None = None) -> logging.LogRecord:
    info = None if error is None else (type(error), error, None)
    return logging.LogRecord("asyncio", level, "", 0, message, None, info)


def test_kinds() -> None:
    assert kind_of(_record("socket 17 of 0x7f3a\nprotocol: x")) == kind_of(_record("socket 3 of 0xff\nelse"))
    assert kind_of(_record({"event": "tick", "leases": 3})) == "asyncio error: tick"
    assert kind_of(_record("failed", error=ValueError("x"))) == "asyncio error: failed (ValueError)"
    assert kind_of(_record({"event": "failed", "exc_info": OSError(5)})) == "asyncio error: failed (OSError)"
    assert kind_of(_record({"event": "request", "status": 503})) == "asyncio error: request (5xx)"
    assert kind_of(_record("a", level=logging.INFO)) != kind_of(_record("a"))
