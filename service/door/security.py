"""Who may do what. Deny by default: a gate in front of every route, so that no route can forget to ask.

    bearer token   `Authorization: Bearer <token>`: clients
    cookie         set by `/login?code=`, a one-time address that `golden login` prints: browsers
    scopes         `submit` may do everything, `read` may only look

Tokens are compared in constant time. Login codes and cookies are signed with the token they stand for, so changing the
token ends them all. The database remembers used codes and sessions that were logged out until they expire, so that
neither a restart nor a second service lets one work again (`service/sessions.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from service.settings import Settings

COOKIE = "golden_session"
CODE_SECONDS = 300  # a login address works for five minutes, once
SESSION_SECONDS = 30 * 86_400


class Scope(StrEnum):
    """What a caller may do."""

    READ = "read"
    SUBMIT = "submit"


@dataclass(frozen=True, slots=True)
class Key:
    """A token and what it allows."""

    scope: Scope
    secret: str


def keys_of(settings: Settings) -> tuple[Key, ...]:
    """The tokens in force; none means that everyone on this machine may do everything."""
    pairs = ((Scope.SUBMIT, settings.token), (Scope.READ, settings.read_token))
    return tuple(Key(scope, secret.get_secret_value()) for scope, secret in pairs if secret is not None)


def expiry_of(signed: str) -> int:
    """When a login code or session that was signed here ends, in seconds since 1970."""
    return int(signed.partition(".")[0])


def login_code(token: str, *, now: float | None = None) -> str:
    """A one-time code that stands for `token` for five minutes."""
    return _signed(token, "login", int(now or time.time()) + CODE_SECONDS)


class Doorkeeper:
    """Tells what a request may do, and swaps login codes for sessions."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = keys

    @property
    def open(self) -> bool:
        """Whether no token is set, which settings allow on loopback alone."""
        return not self._keys

    def by_token(self, token: str) -> Scope | None:
        """Scope of a bearer token, None if it is none of ours."""
        given = token.encode()
        matches = [key.scope for key in self._keys if hmac.compare_digest(given, key.secret.encode())]
        return matches[0] if matches else None

    def by_session(self, cookie: str) -> Scope | None:
        """Scope of a session cookie, None if it is not ours or has expired. Logouts are `EndedSessions`' business."""
        key = self._signer(cookie, "session")
        return key.scope if key else None

    def session_for(self, code: str, *, use_once: Callable[[str, int], bool]) -> str | None:
        """A session for a login code, None if the code is false, old or used.

        Args:
            code: as `login_code` made it.
            use_once: marks a code, which expires at the given second, as used; False if it was used before.
        """
        key = self._signer(code, "login")
        if key is None or not use_once(code, expiry_of(code)):
            return None
        return _signed(key.secret, "session", int(time.time()) + SESSION_SECONDS)

    def _signer(self, text: str, purpose: str) -> Key | None:
        expiry, _, rest = text.partition(".")
        nonce = rest.partition(".")[0]
        if not (expiry.isascii() and expiry.isdigit() and len(expiry) < 16) or int(expiry) < time.time():
            return None
        matches = [
            key
            for key in self._keys
            if hmac.compare_digest(text.encode(), _sign(key.secret, purpose, int(expiry), nonce=nonce).encode())
        ]
        return matches[0] if matches else None


def _signed(secret: str, purpose: str, expiry: int) -> str:
    return _sign(secret, purpose, expiry, nonce=secrets.token_urlsafe(12))


def _sign(secret: str, purpose: str, expiry: int, *, nonce: str) -> str:
    text = f"{purpose}.{expiry}.{nonce}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{expiry}.{nonce}.{digest}"
