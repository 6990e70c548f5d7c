"""The webhooks that the operator set: how their deliveries stand, and a test of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from service.dependencies import DatabaseDep
from service.problems import ProblemError, documented
from service.schemas import WebhookItem, WebhookList, WebhookTested
from service.verdicts.one_at_a_time import OneAtATime
from service.webhooks.config import Webhook
from service.webhooks.courier import Courier
from service.webhooks.testing import send_test
from studies.storage import deliveries
from studies.storage.engine import Database

router = APIRouter(prefix="/webhooks", tags=["notices"])
# A test waits for its target, in a thread of the pool that serves every request.
_TESTS = OneAtATime(timeout=20.0, retry_after=15, busy="other webhooks are being tested")


async def courier(request: Request) -> Courier:
    """The application's courier."""
    found: Courier = request.app.state.courier
    return found


CourierDep = Annotated[Courier, Depends(courier)]


@router.get("", operation_id="listWebhooks")
def list_webhooks(db: DatabaseDep, courier: CourierDep) -> WebhookList:
    """Webhooks that the operator set in this service's file, each with what became of its deliveries of 30 days.

    Of an address only scheme, host and port are shown, since some services put a credential into the path.
    """
    standing = courier.file.look()
    return WebhookList(items=_items(db, standing.webhooks or ()), problem=standing.problem)


@router.post("/{name}/test", operation_id="testWebhook", responses=documented(404, 422))
def test_webhook(
    name: Annotated[str, Path(max_length=63, pattern=r"^[a-z0-9-]+$", examples=["lab"])], courier: CourierDep
) -> WebhookTested:
    """Send a signed message of the type `webhook.test` to a webhook, once, and say what it answered."""
    chosen = next((webhook for webhook in courier.file.look().webhooks or () if webhook.name == name), None)
    if chosen is None:
        raise ProblemError(404, "webhook-not-found", f"no webhook is named {name!r}; `golden webhooks list` lists them")
    with _TESTS.slot():
        return send_test(chosen, courier.allowed)


def _items(db: Database, webhooks: tuple[Webhook, ...]) -> list[WebhookItem]:
    standings = {standing.webhook: standing for standing in deliveries.standings(db, [w.name for w in webhooks])}
    return [
        WebhookItem(
            name=webhook.name,
            origin=webhook.origin,
            events=list(webhook.events),
            studies=list(webhook.studies),
            deliveries=standings[webhook.name],
        )
        for webhook in webhooks
    ]
