"""Authentication: tokens, login codes and sessions. Access is denied by default, by a gate in front of every route.

    bearer token   `Authorization: Bearer <token>`, for programs
    cookie         a session, set by `/login?code=`, a one-time address that `golden login` prints, for browsers
    scopes         `submit` may do everything, `read` may only look

Tokens are compared in constant time. Login codes and sessions are signed with the token that they stand for, so
changing the token ends them all. The database keeps used codes and logged-out sessions until they expire, so that
neither a restart nor a second service accepts one again (`service/door/sessions.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from itsdangerous import BadSignature, Signer

from service.settings import Settings

COOKIE = "golden_session"
CODE_SECONDS = 300  # a login code works once, within five minutes
SESSION_SECONDS = 30 * 86_400
Purpose = Literal["login", "session"]


class Scope(StrEnum):
    """The rights of a caller."""

    READ = "read"
    SUBMIT = "submit"


@dataclass(frozen=True, slots=True)
class Key:
    """A token and its scope."""

    scope: Scope
    secret: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session whose signature is ours and which has not expired; it may have been logged out.

    `id` is the signed part of the cookie. The whole cookie is no identity: one signature can be spelled in several
    ways, since Base64 decoders ignore some bits and characters.
    """

    id: str
    scope: Scope


def keys_of(settings: Settings) -> tuple[Key, ...]:
    """The tokens in force; without any, every caller on this machine may do everything."""
    pairs = ((Scope.SUBMIT, settings.token), (Scope.READ, settings.read_token))
    return tuple(Key(scope, secret.get_secret_value()) for scope, secret in pairs if secret is not None)


def expiry_of(signed: str) -> int:
    """The expiry of a login code or session signed here, in seconds since 1970. Takes the whole text or its id."""
    return int(signed.partition(".")[0])


def login_code(token: str, *, now: float | None = None) -> str:
    """A one-time code that stands for `token` for five minutes.

    Args:
        token: the token to sign with.
        now: seconds since 1970; None for the clock's.
    """
    return _signed(token, "login", int(time.time() if now is None else now) + CODE_SECONDS)


class Authenticator:
    """Checks tokens, codes and cookies, and exchanges login codes for sessions.

    Args:
        keys: the tokens in force.
    """

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = keys

    @property
    def open(self) -> bool:
        """True if no token is set, which settings allow on loopback alone."""
        return not self._keys

    def by_token(self, token: str) -> Scope | None:
        """The scope of a bearer token; None for an unknown one."""
        given = token.encode()
        matches = [key.scope for key in self._keys if hmac.compare_digest(given, key.secret.encode())]
        return matches[0] if matches else None

    def by_cookie(self, cookie: str) -> Session | None:
        """The session of a cookie; None if it is forged or has expired. `EndedSessions` knows the logged-out ones."""
        found = self._verified(cookie, "session")
        return Session(found[0], found[1].scope) if found else None

    def session_for(self, code: str, *, use_once: Callable[[str, int], bool]) -> str | None:
        """The cookie of a new session for a login code; None if the code is forged, expired or used.

        Args:
            code: as made by `login_code`.
            use_once: marks a code's id, which expires at the given second, as used; False if it was used before.
        """
        found = self._verified(code, "login")
        if found is None or not use_once(found[0], expiry_of(found[0])):
            return None
        return _signed(found[1].secret, "session", int(time.time()) + SESSION_SECONDS)

    def _verified(self, text: str, purpose: Purpose) -> tuple[str, Key] | None:
        """The signed id and the key that signed it; None if no key did, or if it has expired."""
        for key in self._keys:
            try:
                signed = _signer(key.secret, purpose).unsign(text).decode()
            except BadSignature:
                continue
            return (signed, key) if expiry_of(signed) >= time.time() else None
        return None


def _signed(secret: str, purpose: Purpose, expiry: int) -> str:
    # The expiry is signed, not the time of signing: `TimestampSigner` refuses texts from a clock that runs ahead.
    return _signer(secret, purpose).sign(f"{expiry}.{secrets.token_urlsafe(12)}").decode()


def _signer(secret: str, purpose: Purpose) -> Signer:
    """A signer whose key is derived from a token for one purpose, so that a code is no session, nor the reverse."""
    return Signer(secret, salt=f"golden-study.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
