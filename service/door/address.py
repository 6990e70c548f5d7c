"""The part of a caller's address by which callers are told apart."""

from __future__ import annotations

import ipaddress

V6_PREFIX = 64  # bits; one machine may use every address of such a network


def network_of(address: str) -> str:
    """The address itself, of IPv6 its /64 network, of a mapped IPv4 address that one; other texts as they are."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, V6_PREFIX), strict=False))
