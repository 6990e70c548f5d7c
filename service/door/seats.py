"""The connections that the service holds, and which of them gives way to a new one once there are as many as it takes.

A connection that waits for its caller may be closed: it has sent no request yet, or nothing after the last response, or
its body does not arrive, or it does not read. Where the service itself is at work, as for an event stream, it is not.

- Once as many connections as allowed have shown no credential, the one of them gives way that has waited for longest.
- Once all connections are taken, one gives way in this order: without a credential, idle, stalled for a while.
- It is chosen from the address with the most connections, and never from one with fewer than the newcomer's. So a
  single address cannot shut out the others, and shares all with them if it comes alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import IntEnum

from service.door.caps import MIN_CONNECTIONS, Caps

STALLED_SECONDS = 2.0  # a body or a response that stands still for less is no reason to close its connection
SHRINK_BY = 32  # connections, once the process has run out of files nevertheless


class Waiting(IntEnum):
    """The reason why a connection waits for its caller, in the order in which connections give way."""

    ANONYMOUS = 0  # has shown no credential yet
    IDLE = 1  # between two requests
    STALLED = 2  # in the middle of a request or of its response


class Seat:
    """The place of one connection.

    Args:
        holder: of all seats.
        address: the network that the caller comes from.
        give_up: closes the connection at once.
    """

    def __init__(self, holder: Seats, address: str, give_up: Callable[[], None]) -> None:
        self._holder = holder
        self._address = address
        self._give_up = give_up
        self.anonymous = True
        self.waiting: Waiting | None = None
        self.left = False

    def waits(self, *, stalled: bool = False) -> None:
        """Note that the connection waits for its caller; since when counts from the first note."""
        reason = Waiting.ANONYMOUS if self.anonymous else Waiting.STALLED if stalled else Waiting.IDLE
        if reason is not self.waiting:
            self._holder.move(self, self._address, reason)

    def works(self) -> None:
        """Note that the service is at work for the connection."""
        if self.waiting is not None:
            self._holder.move(self, self._address, None)

    def recognise(self) -> None:
        """Note that the caller has shown a credential."""
        if self.anonymous and not self.left:
            self._holder.recognise(self, self._address)

    def leave(self) -> None:
        """Give the seat back; a second time has no effect."""
        if not self.left:
            self.left = True
            self._holder.remove(self, self._address)

    def vacate(self) -> None:
        """Give the seat back and close the connection."""
        self.leave()
        self._give_up()


class _Group:
    """The seats of one network."""

    def __init__(self) -> None:
        self.held = 0
        self.anonymous = 0
        self.waiting: dict[Waiting, dict[Seat, float]] = {reason: {} for reason in Waiting}  # since when, oldest first


class Seats:
    """All seats.

    Args:
        caps: how many there are.
        clock: seconds, monotonic.
    """

    def __init__(self, caps: Caps, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = caps.connections
        self._anonymous_cap = caps.anonymous
        self._clock = clock
        self._groups: dict[str, _Group] = {}
        self.held = 0
        self.anonymous = 0
        self.refusing = 0  # connections without a seat that will be told so

    def take(self, address: str, give_up: Callable[[], None]) -> Seat | None:
        """A seat for a new connection; None if all are taken and none is given up.

        Args:
            address: the network that the caller comes from.
            give_up: closes the connection; called if it has to give way to another.
        """
        if self.anonymous >= self._anonymous_cap and not self._make_room(address, [Waiting.ANONYMOUS]):
            return None
        if self.held >= self._connections and not self._make_room(address, list(Waiting)):
            return None
        seat = Seat(self, address, give_up)
        group = self._groups.setdefault(address, _Group())
        for counter in (self, group):
            counter.held += 1
            counter.anonymous += 1
        seat.waits()
        return seat

    def shrink(self) -> None:
        """Take fewer connections from now on, and close some: the process ran out of files."""
        self._connections = max(MIN_CONNECTIONS, self.held - SHRINK_BY)
        while self.held > self._connections and self._make_room("", list(Waiting)):
            pass

    def move(self, seat: Seat, address: str, reason: Waiting | None) -> None:
        """Put a seat among those that wait for a reason, or among those at work. Called by the seat."""
        if seat.left:
            return
        group = self._groups[address]
        if seat.waiting is not None:
            del group.waiting[seat.waiting][seat]
        seat.waiting = reason
        if reason is not None:
            group.waiting[reason][seat] = self._clock()

    def recognise(self, seat: Seat, address: str) -> None:
        """Count a seat as one with a credential. Called by the seat."""
        reason, seat.anonymous = seat.waiting, False
        self.anonymous -= 1
        self._groups[address].anonymous -= 1
        if reason is not None:
            self.move(seat, address, Waiting.IDLE)

    def remove(self, seat: Seat, address: str) -> None:
        """Forget a seat. Called by the seat."""
        group = self._groups[address]
        if seat.waiting is not None:
            del group.waiting[seat.waiting][seat]
        for counter in (self, group):
            counter.held -= 1
            counter.anonymous -= seat.anonymous
        if group.held == 0:
            del self._groups[address]

    def _make_room(self, address: str, reasons: list[Waiting]) -> bool:
        """Close the connection that is to give way to one from `address`; False if there is none."""
        seat = next(self._candidates(address, reasons), None)
        if seat is not None:
            seat.vacate()
        return seat is not None

    def _candidates(self, address: str, reasons: list[Waiting]) -> Iterator[Seat]:
        alone = reasons == [Waiting.ANONYMOUS]

        def weight(group: _Group) -> int:
            return group.anonymous if alone else group.held

        own = weight(self._groups[address]) if address in self._groups else 0
        for group in sorted(self._groups.values(), key=weight, reverse=True):
            if weight(group) < own:
                return
            for reason in reasons:
                seat, since = next(iter(group.waiting[reason].items()), (None, 0.0))
                if seat is not None and not (reason is Waiting.STALLED and self._clock() - since < STALLED_SECONDS):
                    yield seat
