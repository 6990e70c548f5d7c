"""Brings notices to webhooks: a task of the service, whose every wait is in a thread of its own.

Each round reads the file of webhooks and makes out the deliveries of new notices. Then one thread for each webhook
sends what is due, so that a slow or dead target delays neither another target nor anything else, and one thread judges
the studies whose `decided` somebody wants. Several services on one database share the work by leases (`deliveries`).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from service.background import Job, is_power_of_two
from service.settings import Network
from service.verdicts.cache import VerdictCache
from service.webhooks.config import MAX_WEBHOOKS, Standing, Webhook, WebhooksFile
from service.webhooks.judging import judged
from service.webhooks.message import VerdictOutcome, message_of
from service.webhooks.sending import TOTAL_SECONDS, Attempt, post, rest
from studies.errors import GoldenError
from studies.records import DeliveryState, NoticeEvent
from studies.storage import deliveries, notices
from studies.storage.engine import Database
from studies.storage.read_models import ClaimedDelivery, Notice

LEASE_SECONDS = 4 * TOTAL_SECONDS  # of a delivery; looking up a name may take longer than all else
AT_ONCE = 50  # deliveries that one thread sends before the file is read again, and notices that a round makes out
JUDGINGS = 5  # that fail before a `decided` goes without its verdict
HOUSEKEEPING_SECONDS = 3600.0
Report = Callable[[str, str], object]
_log = structlog.get_logger(__name__)


class Courier:
    """Delivers notices until stopped; survives any outage of the database and of targets.

    Args:
        db: the database.
        verdicts: judges what is decided.
        file: the webhooks.
        allowed: networks beyond the internet that may be reached.
        base_url: of the service, in messages.
        seconds: between two rounds.
        report: called after each attempt with the webhook and `delivered`, `failed` or `given_up`.
        known: called with each webhook when it is first known.
    """

    def __init__(
        self,
        db: Database,
        verdicts: VerdictCache,
        file: WebhooksFile,
        *,
        allowed: Sequence[Network],
        base_url: str,
        seconds: float,
        report: Report = lambda _, __: None,
        known: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.file = file
        self.allowed = tuple(allowed)
        self._db, self._verdicts, self._base_url, self._report, self._known = db, verdicts, base_url, report, known
        self._seconds = seconds
        self._stopping = threading.Event()
        self._wake = asyncio.Event()
        self._threads = ThreadPoolExecutor(MAX_WEBHOOKS + 2, thread_name_prefix="courier")
        self._busy: dict[str, asyncio.Future[int | None]] = {}
        self._jobs: dict[str, Job] = {}
        self._webhooks: dict[str, Webhook] = {}
        self._registered: set[str] = set()
        self._failed_judgings: dict[int, int] = {}
        self._problem = ""
        self._cleaned = float("-inf")  # monotonic

    def stop(self) -> None:
        """End after the attempts in progress."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping.is_set():
            await self._start("notices", self._round)
            for name in sorted(self._webhooks):
                self._start(f"webhook {name}", partial(self._send_due, name))
            if self._webhooks:
                self._start("judge", self._judge)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._seconds)
        await asyncio.gather(*self._busy.values())
        self._threads.shutdown(wait=False)

    def _start(self, name: str, work: Callable[[], int]) -> asyncio.Future[int | None]:
        """Run a job in a thread, unless it still runs."""
        running = self._busy.get(name)
        if running is None or running.done():
            job = self._jobs.setdefault(name, Job(name, work, self._seconds))
            running = self._busy[name] = asyncio.get_running_loop().run_in_executor(self._threads, job.run)
        return running

    def _round(self) -> int:
        """Read the file and make out the deliveries of new notices; how many."""
        if time.monotonic() >= self._cleaned + HOUSEKEEPING_SECONDS:
            notices.forget_old(self._db)
            deliveries.give_up_orphans(self._db)
            self._cleaned = time.monotonic()
        if not self.file.configured:
            return 0
        standing = self.file.look()
        self._mention(standing)
        if standing.webhooks is None:  # never usable so far: what happens meanwhile waits
            return 0
        self._webhooks = {webhook.name: webhook for webhook in standing.webhooks}
        if new := self._webhooks.keys() - self._registered:
            deliveries.register(self._db, new)
            self._registered |= new
            for name in sorted(new):
                self._known(name)
        return self._make_out()

    def _mention(self, standing: Standing) -> None:
        if standing.problem != self._problem:
            self._problem = standing.problem
            if standing.problem:
                kept = "the last good one stays in force" if standing.webhooks is not None else "nothing is sent"
                _log.warning("webhooks file not usable", problem=standing.problem, meanwhile=kept)
            else:
                _log.info("webhooks file is usable again")

    def _make_out(self) -> int:
        made, held_back = 0, set[int]()
        for notice, ready in notices.undispatched(self._db, limit=AT_ONCE):
            names = self._wanting(notice)
            if notice.study_id in held_back or (names and not ready):
                held_back.add(notice.study_id)  # later ones of the study wait, so that its order is kept
                continue
            made += deliveries.dispatch(self._db, notice.number, names)
        return made

    def _wanting(self, notice: Notice) -> list[str]:
        return [name for name, webhook in self._webhooks.items() if webhook.wants(notice.event, notice.study)]

    def _judge(self) -> int:
        """Judge what waits for its verdict; how many."""
        done = 0
        for notice, ready in notices.undispatched(self._db, limit=AT_ONCE):
            if ready or notice.event != NoticeEvent.DECIDED or not self._wanting(notice):
                continue
            if self._stopping.is_set():
                break
            done += self._judge_one(notice)
        return done

    def _judge_one(self, notice: Notice) -> int:
        try:
            found = judged(self._db, self._verdicts, notice)
        except GoldenError:
            raise
        except Exception:  # a defect: one study's must not hold back the others'
            failures = self._failed_judgings[notice.number] = self._failed_judgings.get(notice.number, 0) + 1
            if is_power_of_two(failures):
                _log.exception("study not judged", study=notice.study, failures=failures)
            if failures < JUDGINGS:
                return 0
            found = None
        self._failed_judgings.pop(notice.number, None)
        notices.set_verdict(self._db, notice.number, "null" if found is None else found.model_dump_json())
        return 1

    def _send_due(self, name: str) -> int:
        """Send what is due to a webhook, one after the other; how many attempts."""
        sent = 0
        while sent < AT_ONCE and not self._stopping.is_set():
            webhook = self._webhooks.get(name)
            if webhook is None or not deliveries.due(self._db, [name]):
                break
            delivery = deliveries.claim(self._db, name, lease_seconds=LEASE_SECONDS)
            if delivery is None:
                break
            self._settle(delivery, self._attempt(webhook, delivery))
            sent += 1
        return sent

    def _attempt(self, webhook: Webhook, delivery: ClaimedDelivery) -> Attempt:
        text = delivery.verdict
        verdict = VerdictOutcome.model_validate_json(text) if text not in (None, "null") else None
        message = message_of(delivery.notice, verdict, self._base_url)
        body = message.model_dump_json().encode()
        return post(webhook, message=message.id, body=body, allowed=self.allowed)

    def _settle(self, delivery: ClaimedDelivery, attempt: Attempt) -> None:
        seconds = rest(delivery.attempt, attempt.retry_after) if attempt.error else 0.0
        state = deliveries.record(self._db, delivery, status=attempt.status, error=attempt.error, retry_after=seconds)
        if state is None:
            return
        outcome = "failed" if state is DeliveryState.WAITING else state.value
        self._report(delivery.webhook, outcome)
        about = {"webhook": delivery.webhook, "study": delivery.notice.study, "kind": delivery.notice.event.value}
        if state is DeliveryState.DELIVERED:
            _log.info("webhook delivered", **about, attempt=delivery.attempt)
        elif state is DeliveryState.GIVEN_UP:
            _log.error("webhook given up", **about, attempt=delivery.attempt, reason=attempt.error)
        elif is_power_of_two(delivery.attempt):
            _log.warning("webhook failed", **about, attempt=delivery.attempt, reason=attempt.error)
