"""Where notices may be sent: the internet, and what the operator allowed beyond it.

A name is resolved here and the connection is made to the address that was judged, so that no name can lead elsewhere
between the two (DNS rebinding). The spelling of an address does not matter: the resolver turns 2130706433, 0177.0.0.1
or a name into the numbers that are judged.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable

import httpcore2 as httpcore

from service.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Beyond what the registries behind `is_global` say. Only 2000::/3 is the internet, so NAT64's 64:ff9b::/96, which leads
# to any IPv4 address, is refused too.
_INTERNET6 = ipaddress.IPv6Network("2000::/3")
_NOT_GLOBAL: tuple[Network, ...] = (
    *(ipaddress.IPv4Network(text) for text in ("192.0.0.0/24", "192.88.99.0/24")),  # protocol assignments, 6to4 relays
    *(ipaddress.IPv6Network(text) for text in ("2001::/23", "2002::/16", "3fff::/20")),  # Teredo etc., 6to4, examples
)


class TargetError(httpcore.ConnectError):
    """No connection can be made to a target; the message says why, without its address."""


class RefusedAddressError(TargetError):
    """A target leads to addresses that are not allowed."""


def is_internet(address: Address) -> bool:
    """True for an address of the public internet: not of this machine, a private network, a group or a translator."""
    if address.version == 6 and address not in _INTERNET6:
        return False
    if _within(address, _NOT_GLOBAL):
        return False
    odd = address.is_private or address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not odd


def is_allowed(address: Address, allowed: Iterable[Network]) -> bool:
    """True for an address of the internet, or of a network that the operator allows."""
    plain: Address = getattr(address, "ipv4_mapped", None) or address
    return is_internet(plain) or _within(plain, allowed)


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to allowed addresses alone, and to each before one deadline that covers all that follows.

    Args:
        allowed: networks that may be reached although they are not the internet.
        seconds: from now until every read and write must have ended.
    """

    def __init__(self, allowed: Iterable[Network], *, seconds: float) -> None:
        self._allowed = tuple(allowed)
        self._deadline = time.monotonic() + seconds
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A stream to the first allowed address of the host that answers.

        Raises:
            RefusedAddressError: none of its addresses is allowed.
            TargetError: it has no address, or none answers.
            httpcore.TimeoutException: none answers in time.
        """
        failure: Exception = TargetError("no connection")
        for address in self._addresses(host, port):
            try:
                seconds = left(self._deadline, timeout)
                stream = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
                return _Stream(stream, self._deadline)
            except httpcore.ConnectTimeout as error:
                failure = error
            except httpcore.ConnectError:
                failure = TargetError("no connection")
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise TargetError("the host has no address") from None
        texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [text for text in texts if is_allowed(ipaddress.ip_address(text.partition("%")[0]), self._allowed)]
        if not allowed:
            raise RefusedAddressError(
                "refused: the host's address is not on the internet; GOLDEN_WEBHOOK_ALLOW may name its network"
            )
        return allowed


class _Stream(httpcore.NetworkStream):
    """A stream whose every wait ends at one deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = left(self._deadline, timeout)
        try:
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)
        except httpcore.ConnectError as error:
            distrusted = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            text = "its certificate is not trusted" if distrusted else "no TLS connection can be made"
            raise TargetError(text) from None

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def left(deadline: float, timeout: float | None) -> float:
    """Seconds that may still be waited.

    Raises:
        httpcore.ReadTimeout: none.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0.0:
        raise httpcore.ReadTimeout("the time is over")
    return seconds if timeout is None else min(seconds, timeout)
