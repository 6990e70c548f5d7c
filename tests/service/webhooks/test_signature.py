"""Signatures, by the vector of the specification and by another implementation."""

from __future__ import annotations

import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service.webhooks.config import key_of
from service.webhooks.signature import signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_published_vector() -> None:
    found = signed_headers(
        key_of(SECRET), message="msg_p5jXN8AQM9LWM0D4loKWxJek", at=1614265330, body=b'{"test": 2432232314}'
    )
    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_another_implementation_verifies_it_and_refuses_what_was_changed() -> None:
    body = '{"a": "ö"}'
    headers = signed_headers(key_of(SECRET), message="msg_1", at=int(time.time()), body=body.encode())
    assert Webhook(SECRET).verify(body, headers) == {"a": "ö"}
    changed = ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(time.time()) - 100)})
    for change in changed:
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, {**headers, **change})
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify('{"a": "o"}', headers)
