"""Wrong credentials are limited for each address and in total."""

from __future__ import annotations

import pytest

from service.door.address import network_of
from service.door.guesses import ADDRESSES, Guesses


def test_each_address_has_its_own_allowance_and_all_have_one_in_total() -> None:
    guesses = Guesses(3, clock=lambda: 0.0)
    assert [guesses.take("10.0.0.1") for _ in range(4)] == [0, 0, 0, 20]
    assert guesses.take("10.0.0.2") == 0
    others = [guesses.take(f"10.0.1.{n}") for n in range(3 * ADDRESSES)]
    assert others[: 3 * ADDRESSES - 4] == [0] * (3 * ADDRESSES - 4)
    assert all(others[3 * ADDRESSES - 4 :])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("testclient", "", False),
    ],
)
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same
