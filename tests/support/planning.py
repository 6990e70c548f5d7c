"""Working a study off from phase to phase, with or without a service beside that plans, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from studies.advance import advance
from studies.storage.engine import Database

Found = TypeVar("Found")


def planned_on(take: Callable[[], Found], db: Database) -> Found:
    """What `take` finds to do, once the phases that are over have been planned on where it finds nothing.

    Falsy at the end. A service beside may have planned just before: then nothing is left to plan, and trials wait.
    """
    while not (found := take()):
        if advance(db) == 0:
            return take()
    return found
