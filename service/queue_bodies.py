"""The queue as the API, the page and the terminal show it. Every one of them shows these records and none other."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from studies.records import StudyState
from studies.storage.queue_models import Holding

SHOWN = 100  # studies, unless more are asked for; of the others only the number is said


class QueuedStudy(BaseModel):
    """A study in the queue. One that waits for workers and for a program of the user's too stands in it twice."""

    model_config = ConfigDict(frozen=True)

    place: int | None = Field(description="among those that are taken by the same; null: it is paused")
    study: str = Field(examples=["quickstart"])
    title: str
    state: StudyState
    priority: int = Field(description="higher is taken first, then what was submitted first")
    external: bool = Field(description="true: its trials wait for a program of the user's; false: for workers")
    waiting: int = Field(description="trials, of this kind")
    running: int = Field(description="trials, of both kinds")
    submitted_by: str
    created_at: datetime
    started_at: datetime | None = Field(description="of the first trial; null if none was ever begun")
    why: str = Field(description="why it waits, as a sentence", examples=["It is next, as soon as a worker is free."])


class Queue(BaseModel):
    """What waits to be trained, in the order in which it is taken, and what is being trained, and by whom."""

    model_config = ConfigDict(frozen=True)

    studies: tuple[QueuedStudy, ...] = Field(description="those with waiting trials; paused ones stand behind")
    more: int = Field(description="studies that wait as well and are not listed")
    trials: int = Field(description="trials that wait, those of studies that are not listed included")
    held: tuple[Holding, ...] = Field(description="what is being trained, by worker, what was begun first in front")
    workers: int = Field(description="workers alive")

    @property
    def counts(self) -> str:
        """How much waits, and for how many, as a sentence."""
        trials = f"{self.trials:,} {'trial waits' if self.trials == 1 else 'trials wait'}"
        return f"{trials}; {self.workers:,} {'worker is' if self.workers == 1 else 'workers are'} alive."
