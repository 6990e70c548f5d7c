"""Limits on wrong credentials, counted for each address and in total.

Right credentials are recognised first and never wait, whatever others send from the same address: otherwise one page or
one script could lock every reader out. So the limits bound what guessing costs the service and show it in the metrics;
what makes guessing hopeless is the length of a token.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from service.door.address import network_of
from service.door.rate_limit import RateLimit

ADDRESSES = 10  # whose allowances together are the allowance in total


class Guesses:
    """Wrong credentials of one kind.

    Args:
        per_minute: that one address may send.
        clock: seconds, monotonic.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._each = RateLimit(per_minute, clock=clock)
        self._total = RateLimit(per_minute * ADDRESSES, clock=clock)

    def take(self, address: str) -> int:
        """Count one wrong credential: 0 if it is within the limits, else the whole seconds until another is."""
        return self._each.take(network_of(address)) or self._total.take("")
