"""The part of a client about what trains: workers, and the queue that they take from."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote

from service import schemas
from service.queue_bodies import SHOWN, Queue
from service.transport import Transport
from studies.storage.read_models import WorkerRow

T = TypeVar("T")
WORKERS = "/api/v1/workers"


class WorkerVerbs:
    """Verbs of a client over `/api/v1/workers` and `/api/v1/queue`; each raises ClientError as those of the client."""

    _transport: Transport

    def _one(self, model: type[T], content: bytes) -> T:
        raise NotImplementedError

    def _items(self, model: Any, content: bytes) -> Any:
        raise NotImplementedError

    def workers(self) -> list[WorkerRow]:
        """Worker processes."""
        found: list[WorkerRow] = self._items(schemas.WorkerList, self._transport.get(WORKERS))
        return found

    def drain(self, worker: str) -> schemas.Drained:
        """Ask a worker to finish what it holds and stop."""
        return self._one(schemas.Drained, self._transport.post(f"{WORKERS}/{quote(worker, safe='')}/drain"))

    def queue(self, *, limit: int = SHOWN) -> Queue:
        """What waits in which order and why, its first `limit` studies (at most 1,000), and who holds what."""
        return self._one(Queue, self._transport.get("/api/v1/queue", {"limit": str(limit)}))
