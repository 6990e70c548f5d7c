"""Addresses: the internet is allowed, everything else only where the operator says so, however it is written."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import httpcore2 as httpcore
import pytest

from service.webhooks.addresses import GuardedBackend, RefusedAddressError, is_allowed

REFUSED = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.127.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9"),
    *("192.88.99.1", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"),
    *("2001::1", "2001:db8::1", "2001:2::1", "2002:7f00:1::", "3fff::1", "5f00::1"),
)
ALLOWED = ("1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.169.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8")
SPELLINGS = ("2130706433", "017700000001", "0x7f000001", "127.1", "0177.0.0.1", "127.0.0.1", "localhost", "::1")


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_the_internet_is_refused(text: str) -> None:
    assert not is_allowed(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", ALLOWED)
def test_the_internet_is_allowed(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text), ())


def test_the_operator_may_allow_networks_and_no_more() -> None:
    networks = [ipaddress.ip_network(text) for text in ("10.1.0.0/16", "fd00::/8")]
    allowed = {text: is_allowed(ipaddress.ip_address(text), networks) for text in ("10.1.2.3", "10.2.0.1", "fd12::1")}
    assert allowed == {"10.1.2.3": True, "10.2.0.1": False, "fd12::1": True}
    assert is_allowed(ipaddress.ip_address("::ffff:10.1.2.3"), networks)
    assert not is_allowed(ipaddress.ip_address("::ffff:10.2.2.3"), networks)


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_leads_to_this_machine(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(httpcore.ConnectError) as refused:
            GuardedBackend((), seconds=5.0).connect_tcp(host, port)
        assert isinstance(refused.value, RefusedAddressError) or "no address" in str(refused.value)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere at the second look is looked up once."""
    looks: list[str] = []
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host != "rebinding.example":
            return real(host, port, *more, **named)
        looks.append(host)
        (address,) = answers[min(len(looks), 2) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        allowed = [ipaddress.ip_network("127.0.0.1/32")]
        backend = GuardedBackend(allowed, seconds=5.0)
        stream = backend.connect_tcp("rebinding.example", listener.getsockname()[1])
        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        assert looks == ["rebinding.example"]
        stream.close()
        with pytest.raises(RefusedAddressError):
            backend.connect_tcp("rebinding.example", listener.getsockname()[1])


def test_of_several_addresses_only_allowed_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in ("127.0.0.2", "127.0.0.1")]
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *more, **named: both if host == "two.example" else real(host, *more, **named),
        )
        stream = GuardedBackend([ipaddress.ip_network("127.0.0.1/32")], seconds=5.0).connect_tcp("two.example", port)
        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        stream.close()
