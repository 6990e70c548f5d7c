"""Who may do what. Deny by default: a gate in front of every route, so that no route can forget to ask.

    bearer token   `Authorization: Bearer <token>`: clients
    cookie         set by `/login?code=`, a one-time address that `golden login` prints: browsers
    scopes         `submit` may do everything, `read` may only look

Tokens are compared in constant time. Login codes and cookies are signed with the token they stand for, so they need no
table, and changing the token ends them all.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
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


def login_code(token: str, *, now: float | None = None) -> str:
    """A one-time code that stands for `token` for five minutes."""
    return _signed(token, "login", int(now or time.time()) + CODE_SECONDS)


class Doorkeeper:
    """Tells what a request may do, and swaps login codes for sessions."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = keys
        self._used: dict[str, int] = {}  # code -> expiry, so that none works twice
        self._lock = threading.Lock()

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
        """Scope of a session cookie, None if it is not ours or has expired."""
        key = self._signer(cookie, "session")
        return key.scope if key else None

    def session_for(self, code: str) -> str | None:
        """A session for a login code, None if the code is false, old or used."""
        key = self._signer(code, "login")
        if key is None or not self._first_use(code):
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

    def _first_use(self, code: str) -> bool:
        now = int(time.time())
        with self._lock:
            self._used = {used: expiry for used, expiry in self._used.items() if expiry >= now}
            if code in self._used:
                return False
            self._used[code] = now + CODE_SECONDS
            return True


def _signed(secret: str, purpose: str, expiry: int) -> str:
    return _sign(secret, purpose, expiry, nonce=secrets.token_urlsafe(12))


def _sign(secret: str, purpose: str, expiry: int, *, nonce: str) -> str:
    text = f"{purpose}.{expiry}.{nonce}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{expiry}.{nonce}.{digest}"
