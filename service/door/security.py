"""Authentication: tokens, login codes and sessions. Access is denied by default, by a gate in front of every route.

    bearer token   `Authorization: Bearer <token>`, for programs
    cookie         a session, set by `/login?code=`, a one-time address that `golden login` prints, for browsers

A token is known by its SHA-256 digest alone, which is compared in constant time. Login codes and sessions are signed
under a key that is derived from the digest, so that whoever holds the token can sign a code, and changing or removing
the token ends them all. The database keeps used codes and logged-out sessions until they expire, so that neither a
restart nor a second service accepts one again (`service/door/sessions.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

from itsdangerous import BadSignature, Signer

from service.door.scopes import Scope, granted

COOKIE = "golden_session"
CODE_SECONDS = 300  # a login code works once, within five minutes
SESSION_SECONDS = 30 * 86_400
Purpose = Literal["login", "session"]


@dataclass(frozen=True, slots=True)
class Key:
    """A token in force, by its digest.

    Attributes:
        name: of its caller.
        scopes: its rights, the included ones among them.
        digest: SHA-256 of the token, in lower-case hexadecimal.
        expires: seconds since 1970 from which on it is refused; None: never.
    """

    name: str
    scopes: frozenset[Scope]
    digest: str = field(repr=False)
    expires: float | None = None

    @classmethod
    def of_token(cls, name: str, scopes: Iterable[Scope], token: str) -> Self:
        """The key of a token that never expires."""
        return cls(name, granted(scopes), digest_of(token))

    @property
    def id(self) -> str:
        """A short name of the key, part of what it signs; it reveals nothing of the digest."""
        return hashlib.sha256(f"golden-study.key.{self.digest}".encode()).hexdigest()[:12]

    @property
    def in_force(self) -> bool:
        """True unless it has expired."""
        return self.expires is None or time.time() < self.expires


@dataclass(frozen=True, slots=True)
class Session:
    """A session whose signature is ours and which has not expired; it may have been logged out.

    `id` is the signed part of the cookie. The whole cookie is no identity: one signature can be spelled in several
    ways, since Base64 decoders ignore some bits and characters.
    """

    id: str
    key: Key


def digest_of(token: str) -> str:
    """SHA-256 of a token, in hexadecimal: all that the service keeps of it. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def expiry_of(signed: str) -> int:
    """The expiry of a login code or session signed here, in seconds since 1970. Takes the whole text or its id."""
    return int(signed.partition(".")[0])


def login_code(token: str, *, now: float | None = None) -> str:
    """A one-time code that stands for `token` for five minutes.

    Args:
        token: the token to sign with.
        now: seconds since 1970; None for the clock's.
    """
    key = Key.of_token("", (), token)
    return _signed(key, "login", int(time.time() if now is None else now) + CODE_SECONDS)


class Authenticator:
    """Checks tokens, codes and cookies, and exchanges login codes for sessions.

    Args:
        keys: gives the tokens in force at present, which may change while the service runs.
        open: True if no token is configured, which settings allow on loopback alone; it never changes.
    """

    def __init__(self, keys: Callable[[], Sequence[Key]], *, open: bool) -> None:
        self._keys = keys
        self.open = open

    def by_token(self, token: str) -> Key | None:
        """The key of a bearer token; None for one that is unknown or has expired."""
        digest = digest_of(token)
        matches = [key for key in self._keys() if hmac.compare_digest(digest, key.digest)]
        return next((key for key in matches if key.in_force), None)

    def by_cookie(self, cookie: str) -> Session | None:
        """The session of a cookie; None if it is forged or has expired, or if its token has or is no longer in force.

        `EndedSessions` knows the logged-out ones.
        """
        found = self._verified(cookie, "session")
        return Session(*found) if found else None

    def session_for(self, code: str, *, use_once: Callable[[str, int], bool]) -> str | None:
        """The cookie of a new session for a login code; None if the code is forged, expired or used.

        Args:
            code: as made by `login_code`.
            use_once: marks a code's id, which expires at the given second, as used; False if it was used before.
        """
        found = self._verified(code, "login")
        if found is None or not use_once(found[0], expiry_of(found[0])):
            return None
        return _signed(found[1], "session", int(time.time()) + SESSION_SECONDS)

    def _verified(self, text: str, purpose: Purpose) -> tuple[str, Key] | None:
        """The signed id and the key that signed it; None if no key in force did, or if it has expired."""
        signer = text.rpartition(".")[0].rpartition(".")[2]
        for key in self._keys():
            if key.id != signer or not key.in_force:
                continue
            try:
                signed = _signer(key, purpose).unsign(text).decode()
            except BadSignature:
                continue
            return (signed, key) if expiry_of(signed) >= time.time() else None
        return None


def _signed(key: Key, purpose: Purpose, expiry: int) -> str:
    # The expiry is signed, not the time of signing: `TimestampSigner` refuses texts from a clock that runs ahead.
    return _signer(key, purpose).sign(f"{expiry}.{secrets.token_urlsafe(12)}.{key.id}").decode()


def _signer(key: Key, purpose: Purpose) -> Signer:
    """A signer whose key is derived from a digest for one purpose, so that a code is no session, nor the reverse."""
    return Signer(key.digest, salt=f"golden-study.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
