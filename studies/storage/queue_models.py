"""Records of the queue as people look at it; plain ones, so that a client knows them without a database's library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from studies.records import StudyState


@dataclass(frozen=True, slots=True)
class Standing:
    """A study with waiting trials of one kind, in its place in the queue."""

    study: str
    title: str
    state: StudyState
    priority: int
    external: bool  # they wait for a program of the user's; False: for our own workers
    waiting: int  # trials
    running: int  # trials of the study, of both kinds
    submitted_by: str
    created_at: datetime
    started_at: datetime | None  # of the study's first claim
    note: str  # the system's: why none was begun


@dataclass(frozen=True, slots=True)
class Holding:
    """Trials that one worker, or one program of a user's, began together and holds."""

    worker: Annotated[str, Field(description="a worker, or a caller and what its program calls itself")]
    study: str
    sweep: Annotated[str, Field(description="of the first of them")]
    number: Annotated[int, Field(description="of the first of them in its sweep")]
    phase: str
    context: str
    trials: int
    since: datetime
    deadline: Annotated[datetime, Field(description="end of the lease that ends first; renewed while the holder lives")]

    @property
    def named(self) -> str:
        """The trials in words: "map, trial 3", or "map, 12 trials from 3 on"."""
        one = f"trial {self.number}"
        return f"{self.phase}, {one if self.trials == 1 else f'{self.trials:,} trials from {self.number} on'}"
