"""A rate limit refills, and forgets no caller early."""

from __future__ import annotations

from service.door.rate_limit import RateLimit


def test_an_allowance_refills_and_forgets_nobody_early() -> None:
    now = [0.0]
    allowance = RateLimit(60, clock=lambda: now[0])
    assert [allowance.take("a") for _ in range(61)] == [0] * 60 + [1]
    assert allowance.take("b") == 0
    now[0] = 1.0
    assert [allowance.take("a"), allowance.take("a")] == [0, 1]
    now[0] = 3600.0
    assert [allowance.take("a") for _ in range(61)] == [0] * 60 + [1]
