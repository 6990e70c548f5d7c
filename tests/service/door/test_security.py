"""Tokens, login codes and sessions: signed for one purpose, with one token, for a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import pytest
from itsdangerous import Signer
from signatures import spellings
from turned_clocks import turn

from service.door.scopes import Scope, granted
from service.door.security import (
    CODE_SECONDS,
    SESSION_SECONDS,
    Authenticator,
    Key,
    digest_of,
    expiry_of,
    login_code,
)

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
OTHER_TOKEN = "another-token-for-tests-98765"


SUBMIT, READ = (Key.of_token(*row) for row in (("one", [Scope.SUBMIT], TOKEN), ("two", [Scope.READ], READ_TOKEN)))


def _of(*keys: Key) -> Authenticator:
    return Authenticator(lambda: keys, open=False)


@pytest.fixture
def authenticator() -> Authenticator:
    """Both tokens in force."""
    return _of(SUBMIT, READ)


def _always(code: str, expires: int) -> bool:
    return True


def _session(authenticator: Authenticator, token: str = TOKEN) -> str:
    cookie = authenticator.session_for(login_code(token), use_once=_always)
    assert cookie is not None
    return cookie


@pytest.mark.parametrize(("token", "scope"), [(TOKEN, Scope.SUBMIT), (READ_TOKEN, Scope.READ), ("", None), ("ä", None)])
def test_tokens_have_their_scopes(authenticator: Authenticator, token: str, scope: Scope | None) -> None:
    key = authenticator.by_token(token)
    assert (key.scopes if key else None) == (granted([scope]) if scope else None)


@pytest.mark.parametrize(("token", "scope"), [(TOKEN, Scope.SUBMIT), (READ_TOKEN, Scope.READ)])
def test_a_code_gives_a_session_of_its_tokens_scope(authenticator: Authenticator, token: str, scope: Scope) -> None:
    before = int(time.time())
    session = authenticator.by_cookie(_session(authenticator, token))
    assert session is not None
    assert session.key.scopes == granted([scope])
    assert before <= expiry_of(session.id) - SESSION_SECONDS <= time.time()


def test_a_code_is_used_by_its_signed_part_until_its_expiry(authenticator: Authenticator) -> None:
    seen: list[tuple[str, int]] = []

    def use_once(code: str, expires: int) -> bool:
        seen.append((code, expires))
        return len(seen) == 1

    before = int(time.time())
    code = login_code(TOKEN)
    assert before <= expiry_of(code) - CODE_SECONDS <= time.time()
    assert authenticator.session_for(code, use_once=use_once) is not None
    assert authenticator.session_for(code, use_once=use_once) is None
    assert seen == [(code.rpartition(".")[0], expiry_of(code))] * 2


@pytest.mark.parametrize("age", [CODE_SECONDS + 2, 10**6])
def test_an_expired_code_is_refused_unused(authenticator: Authenticator, age: int) -> None:
    used: list[str] = []
    code = login_code(TOKEN, now=time.time() - age)
    assert authenticator.session_for(code, use_once=lambda code, _: not used.append(code)) is None
    assert used == []


def test_a_code_from_a_clock_that_runs_ahead_is_accepted(authenticator: Authenticator) -> None:
    assert authenticator.session_for(login_code(TOKEN, now=time.time() + 60), use_once=_always) is not None


def test_an_expired_session_is_refused(authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = _session(authenticator)
    end = expiry_of(cookie)
    turn(monkeypatch, "service.door.security", time=lambda: float(end))
    assert authenticator.by_cookie(cookie) is not None
    turn(monkeypatch, "service.door.security", time=lambda: end + 1.0)
    assert authenticator.by_cookie(cookie) is None


def test_a_login_code_is_no_session_and_the_reverse(authenticator: Authenticator) -> None:
    cookie = _session(authenticator)
    assert authenticator.by_cookie(cookie) is not None
    assert authenticator.session_for(cookie, use_once=_always) is None
    assert authenticator.by_cookie(login_code(TOKEN)) is None


def test_another_token_ends_every_code_and_session(authenticator: Authenticator) -> None:
    changed = _of(Key.of_token("one", [Scope.SUBMIT], OTHER_TOKEN), READ)
    assert changed.by_cookie(_session(authenticator)) is None
    assert changed.session_for(login_code(TOKEN), use_once=_always) is None
    assert changed.by_cookie(_session(authenticator, READ_TOKEN)) is not None, "the other token was not changed"


@pytest.mark.parametrize(
    "text",
    ["", ".", "1.2.3", "9999999999.x.y", "²³.a.b", "99999999999999999999.a.b", "\x00.\x00", "9999999999", "é" * 9],
)
def test_made_up_texts_are_refused(authenticator: Authenticator, text: str) -> None:
    assert authenticator.by_cookie(text) is None
    assert authenticator.session_for(text, use_once=_always) is None


def test_every_changed_or_missing_character_of_the_signed_part_is_noticed(authenticator: Authenticator) -> None:
    cookie = _session(authenticator)
    signed = cookie.rpartition(".")[0]
    for i, character in enumerate(signed):
        changed = "1" if character != "1" else "2"
        assert authenticator.by_cookie(cookie[:i] + changed + cookie[i + 1 :]) is None
    for length in range(len(cookie)):
        assert authenticator.by_cookie(cookie[:length]) is None


def test_every_spelling_of_a_signature_is_the_same_session(authenticator: Authenticator) -> None:
    cookie = _session(authenticator)
    session = authenticator.by_cookie(cookie)
    texts = spellings(cookie)
    assert len(set(texts)) == 4
    assert [authenticator.by_cookie(text) for text in texts] == [session] * 4


def test_signatures_are_hmac_sha256_under_a_key_of_their_purpose() -> None:
    signed, _, signature = login_code(TOKEN).rpartition(".")
    key = hmac.new(digest_of(TOKEN).encode(), b"golden-study.login", hashlib.sha256).digest()
    by_hand = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(by_hand).rstrip(b"=").decode()


def test_codes_signed_by_release_0_1_0_are_refused(authenticator: Authenticator) -> None:
    expiry, nonce = int(time.time()) + 100, "nonce"
    for purpose in ("login", "session"):
        digest = hmac.new(TOKEN.encode(), f"{purpose}.{expiry}.{nonce}".encode(), hashlib.sha256).hexdigest()
        text = f"{expiry}.{nonce}.{digest}"
        assert authenticator.by_cookie(text) is None
        assert authenticator.session_for(text, use_once=_always) is None


def test_expiry() -> None:
    assert [expiry_of(login_code(TOKEN, now=now)) for now in (0.0, 1_000.0)] == [300, 1_300]


def test_a_code_of_an_earlier_release_signed_with_the_token_itself_is_refused(authenticator: Authenticator) -> None:
    signer = Signer(TOKEN, salt="golden-study.login", key_derivation="hmac", digest_method=hashlib.sha256)
    for nonce in ("nonce", f"nonce.{SUBMIT.id}"):
        code = signer.sign(f"{int(time.time()) + 100}.{nonce}").decode()
        assert authenticator.session_for(code, use_once=_always) is None


def test_a_key_shows_its_digest_nowhere() -> None:
    assert digest_of(TOKEN) not in repr(SUBMIT)
    assert SUBMIT.id not in digest_of(TOKEN)


@pytest.mark.parametrize("age", [0.5, -3600.0])
def test_an_expired_token_opens_nothing_and_ends_its_sessions(monkeypatch: pytest.MonkeyPatch, age: float) -> None:
    end = time.time() + 100.0
    timed = _of(Key("one", granted([Scope.READ]), digest_of(TOKEN), expires=end))
    cookie, code = _session(timed), login_code(TOKEN)
    assert timed.by_token(TOKEN) is not None
    assert timed.by_cookie(cookie) is not None
    turn(monkeypatch, "service.door.security", time=lambda: end + age)
    known = timed.by_token(TOKEN) is not None, timed.by_cookie(cookie) is not None
    assert known == (age < 0, age < 0)
    assert (timed.session_for(code, use_once=_always) is not None) == (age < 0)
