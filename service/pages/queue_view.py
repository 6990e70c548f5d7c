"""The data of the queue's page: what waits, in which order, and why; what is held, and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from studies.records import StudyState
from studies.storage import standing, workers
from studies.storage.engine import Database
from studies.storage.standing import Holding, Standing

SHOWN = 100  # studies; of the others only the number is said


@dataclass(frozen=True, slots=True)
class Waiting:
    """A study in the queue."""

    place: int | None  # among those that are claimed by the same; None: it is paused
    of: Standing
    why: str  # a sentence


@dataclass(frozen=True, slots=True)
class QueueView:
    """Everything that the template needs."""

    waiting: tuple[Waiting, ...]
    more: int  # studies that are not shown
    trials: int  # that wait, those of studies that are not shown included
    held: tuple[tuple[str, tuple[Holding, ...]], ...]  # by who holds it
    alive: int  # workers


def queue_view(db: Database) -> QueueView:
    """Read the queue for its page.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    found, alive = standing.standings(db), workers.count_alive(db)
    return QueueView(
        waiting=waiting_of(found[:SHOWN], alive=alive),
        more=max(len(found) - SHOWN, 0),
        trials=sum(each.waiting for each in found),
        held=tuple(held_by(standing.holdings(db)).items()),
        alive=alive,
    )


def held_by(holdings: Iterable[Holding]) -> dict[str, tuple[Holding, ...]]:
    """What is held, by its holder."""
    found: dict[str, list[Holding]] = defaultdict(list)
    for each in holdings:
        found[each.worker].append(each)
    return {worker: tuple(own) for worker, own in found.items()}


def waiting_of(standings: Iterable[Standing], *, alive: int) -> tuple[Waiting, ...]:
    """Studies in the order of the queue, each with the reason why it waits; `alive` counts our own workers."""
    found = []
    before: dict[bool, list[str]] = {False: [], True: []}  # names of those in front, by who claims them
    for each in standings:
        paused, ahead = each.state == StudyState.PAUSED, before[each.external]
        found.append(Waiting(None if paused else len(ahead) + 1, each, _why(each, ahead, alive=alive)))
        if not paused:
            ahead.append(each.study)
    return tuple(found)


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
