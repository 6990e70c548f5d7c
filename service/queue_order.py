"""The queue as it stands, for the page, the API and the command: what waits, in which order, why; who holds what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from service.queue_bodies import SHOWN, Queue, QueuedStudy
from studies.records import StudyState
from studies.storage import standing, workers
from studies.storage.engine import Database
from studies.storage.queue_models import Holding, Standing


def read_queue(db: Database, *, limit: int = SHOWN) -> Queue:
    """The queue with its first `limit` studies.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    found, alive = standing.standings(db), workers.count_alive(db)
    return Queue(
        studies=waiting_of(found[:limit], alive=alive),
        more=max(len(found) - limit, 0),
        trials=sum(each.waiting for each in found),
        held=standing.holdings(db),
        workers=alive,
    )


def held_by(holdings: Iterable[Holding]) -> dict[str, tuple[Holding, ...]]:
    """What is held, by its holder."""
    found: dict[str, list[Holding]] = defaultdict(list)
    for each in holdings:
        found[each.worker].append(each)
    return {worker: tuple(own) for worker, own in found.items()}


def waiting_of(standings: Iterable[Standing], *, alive: int) -> tuple[QueuedStudy, ...]:
    """Studies in the order of the queue, each with the reason why it waits; `alive` counts our own workers."""
    found = []
    before: dict[bool, list[str]] = {False: [], True: []}  # names of those in front, by who claims them
    for each in standings:
        paused, ahead = each.state == StudyState.PAUSED, before[each.external]
        place = None if paused else len(ahead) + 1
        found.append(_queued(each, place, _why(each, ahead, alive=alive)))
        if not paused:
            ahead.append(each.study)
    return tuple(found)


def _queued(of: Standing, place: int | None, why: str) -> QueuedStudy:
    return QueuedStudy(
        place=place,
        study=of.study,
        title=of.title,
        state=of.state,
        priority=of.priority,
        external=of.external,
        waiting=of.waiting,
        running=of.running,
        submitted_by=of.submitted_by,
        created_at=of.created_at,
        started_at=of.started_at,
        why=why,
    )


def _why(each: Standing, ahead: list[str], *, alive: int) -> str:
    """The reason why a study's trials wait, as a sentence."""
    if each.state == StudyState.PAUSED:
        return "It is paused; nothing of it is claimed until it is resumed."
    if each.note:
        return each.note
    if each.external:
        return "It waits for its own program, which takes trials as it asks for them (`golden run`)."
    if not alive:
        return "No worker is alive; start one with `golden worker`."
    if ahead:
        return f"Workers take what is in front of it first: {ahead[-1]}."
    if each.running:
        return "It is being trained; the rest waits for the next free worker."
    return "It is next, as soon as a worker is free."
