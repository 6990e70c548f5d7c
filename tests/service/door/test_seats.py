"""Seats: who gives way to whom."""

from __future__ import annotations

import pytest

from service.door.caps import Caps
from service.door.seats import STALLED_SECONDS, Seat, Seats


class Hall:
    """Seats on a clock that is turned by hand, and who had to leave."""

    def __init__(self, connections: int = 8, anonymous: int = 4) -> None:
        self.now = 0.0
        self.gone: list[str] = []
        self.seats = Seats(Caps(connections, anonymous, 1), clock=lambda: self.now)

    def enter(self, name: str, address: str = "a", *, known: bool = False) -> Seat | None:
        """A new connection, whose caller may show a credential at once."""
        seat = self.seats.take(address, lambda: self.gone.append(name))
        if seat is not None and known:
            seat.works()
            seat.recognise()
        return seat


@pytest.fixture
def hall() -> Hall:
    """Eight seats, four of them for strangers."""
    return Hall()


def test_the_stranger_that_waited_longest_gives_way(hall: Hall) -> None:
    seats = [hall.enter(str(number)) for number in range(6)]
    assert None not in seats
    assert hall.gone == ["0", "1"]
    assert (hall.seats.held, hall.seats.anonymous) == (4, 4)


def test_bytes_that_trickle_in_do_not_make_a_stranger_younger(hall: Hall) -> None:
    slow = hall.enter("slow")
    others = [hall.enter(str(number)) for number in range(3)]
    assert slow is not None and None not in others
    slow.waits()
    hall.enter("new")
    assert hall.gone == ["slow"]


def test_strangers_do_not_displace_callers_with_a_credential(hall: Hall) -> None:
    for name in "abcd":
        seat = hall.enter(name, known=True)
        assert seat is not None
        seat.waits()
    for number in range(20):
        hall.enter(str(number))
    assert not set(hall.gone) & set("abcd")


def test_one_address_cannot_shut_out_another(hall: Hall) -> None:
    for number in range(8):
        hall.enter(f"a{number}", known=True)
    assert hall.enter("one more from a") is None, "all of a's are being served"
    seat = hall.enter("b0", "b")
    assert seat is None, "nobody who is being served is cut off"
    hall = Hall()
    for number in range(8):
        seat = hall.enter(f"a{number}", known=True)
        assert seat is not None
        seat.waits()
    assert hall.enter("b0", "b", known=True) is not None
    assert hall.gone == ["a0"]
    for number in range(20):
        hall.enter(f"more{number}", known=True)
    assert "b0" not in hall.gone


def test_a_heavy_address_never_displaces_a_lighter_one(hall: Hall) -> None:
    light = hall.enter("light", "b", known=True)
    assert light is not None
    light.waits()
    for number in range(7):
        hall.enter(f"a{number}", known=True)
    assert hall.enter("another", "a") is None
    assert hall.gone == []


def test_who_reads_nothing_gives_way_after_a_while(hall: Hall) -> None:
    for number in range(8):
        seat = hall.enter(str(number), known=True)
        assert seat is not None
        seat.waits(stalled=True)
    assert hall.enter("new") is None
    hall.now = STALLED_SECONDS
    assert hall.enter("new") is not None
    assert hall.gone == ["0"]


def test_a_seat_is_given_back_once(hall: Hall) -> None:
    seat = hall.enter("x")
    assert seat is not None
    seat.leave()
    seat.leave()
    seat.works()
    seat.waits()
    seat.recognise()
    assert (hall.seats.held, hall.seats.anonymous) == (0, 0)


def test_a_shortage_of_files_closes_those_who_wait() -> None:
    hall = Hall(connections=200, anonymous=200)
    for number in range(100):
        hall.enter(str(number))
    hall.seats.shrink()
    assert hall.gone == [str(number) for number in range(32)]
