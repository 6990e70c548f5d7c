"""Signatures as https://www.standardwebhooks.com describes them: HMAC-SHA256 of id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac


def signed_headers(key: bytes, *, message: str, at: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who sent a body, and when.

    Args:
        key: shared with the receiver.
        message: id of the message, the same each time it is sent.
        at: time of this attempt, Unix seconds.
        body: exactly as it is sent.
    """
    digest = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
