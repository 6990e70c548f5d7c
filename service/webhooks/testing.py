"""A test of a webhook: one signed message, and what came of it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from service.schemas import WebhookTested
from service.settings import Network
from service.webhooks.config import Webhook
from service.webhooks.message import SCHEMA_VERSION
from service.webhooks.sending import post


def send_test(webhook: Webhook, allowed: Iterable[Network]) -> WebhookTested:
    """Send a message of the type `webhook.test`.

    Args:
        webhook: where to.
        allowed: networks beyond the internet.
    """
    message = f"msg_{secrets.token_urlsafe(18)}"
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    content = {"id": message, "type": "webhook.test", "timestamp": at, "schema_version": SCHEMA_VERSION, "data": {}}
    started = time.monotonic()
    attempt = post(webhook, message=message, body=json.dumps(content).encode(), allowed=allowed)
    return WebhookTested(
        webhook=webhook.name,
        arrived=not attempt.error,
        status=attempt.status,
        error=attempt.error,
        seconds=round(time.monotonic() - started, 3),
    )
