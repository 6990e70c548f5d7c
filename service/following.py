"""Following what becomes of studies over the API: each event once, through restarts of the service."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from service.client import Client
from service.client_errors import ClientError, ExitCode
from service.webhooks.message import StudyMessage, VerdictOutcome, message_of
from studies.errors import GoldenError
from studies.records import FINAL_STATES, NoticeEvent, StudyState
from studies.storage.read_models import Notice, StudySummary

POLL_SECONDS = 1.0
LONGEST_WAIT = 15.0  # seconds between looks for a service that is away
OVERLAP = 50  # numbers behind the latest: two events stored at one moment may appear in either order
_OVERLOADED = 429


class StateFileError(GoldenError, ValueError):
    """The file that remembers what was reported cannot be used; the message says why."""


class Memory:
    """The events that were reported.

    Attributes:
        fresh: True while nothing is known about the service's events.
    """

    def __init__(self, path: Path | None = None, reported: dict[str, int] | None = None, floor: int = 0) -> None:
        self.fresh = reported is None
        self._path = path
        self._reported = dict(reported or {})  # numbers by key, of those above the floor
        self.floor = floor  # whatever is not above counts as reported

    @classmethod
    def open(cls, path: Path | None) -> Self:
        """What a file remembers; nothing where it is not there yet.

        Raises:
            StateFileError: it cannot be read or written, or is no such file.
        """
        if path is None or not path.exists():
            return cls(path)
        try:
            kept = json.loads(path.read_text("utf-8"))
            reported, floor = kept["reported"], kept["floor"]
            if not isinstance(floor, int) or not all(isinstance(number, int) for number in reported.values()):
                raise TypeError
        except OSError as error:
            raise StateFileError(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise StateFileError(f"{path}: is no file of `golden watch --state`; name another") from None
        return cls(path, reported, floor)

    def __contains__(self, key: str) -> bool:
        return key in self._reported

    def knows(self, notice: Notice) -> bool:
        """True if an event was reported, or counts as such."""
        return notice.number <= self.floor or notice.key in self._reported

    def add(self, notice: Notice) -> None:
        """Note that an event was reported."""
        self._reported[notice.key] = notice.number

    def forget(self, latest: int) -> None:
        """Forget what lies far behind the latest event; all of that counts as reported.

        Numbers that are lower than they were come from another database, or from an older copy of it.
        """
        self.fresh = False
        behind = max(0, latest - OVERLAP)
        self.floor = behind if latest < self.floor else max(self.floor, behind)
        self._reported = {key: number for key, number in self._reported.items() if number > self.floor}

    def save(self) -> None:
        """Write the file, if there is one, in one step.

        Raises:
            StateFileError: it cannot be written.
        """
        if self._path is None:
            return
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            beside.write_text(json.dumps({"reported": self._reported, "floor": self.floor}), "utf-8")
            beside.replace(self._path)
        except OSError as error:
            raise StateFileError(f"{self._path}: cannot be written: {error.strerror}") from None


class Follower:
    """Reports events of studies as they come, the oldest first.

    Of studies that are named and have ended already, the events of their end are reported first, unless the memory
    knows them. Without a memory, earlier events of other studies are not reported.

    Args:
        client: of the service.
        names: of studies; none: all.
        memory: of what was reported.
        events: the others are left out.
        say: is given a sentence when the service goes away and comes back, and when a study is deleted.
        poll_seconds: between two looks.
    """

    def __init__(
        self,
        client: Client,
        names: Sequence[str],
        memory: Memory,
        *,
        events: Sequence[NoticeEvent],
        say: Callable[[str], object],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._client, self._names, self._memory, self._say = client, tuple(names), memory, say
        self._events = frozenset(events)
        self._poll_seconds = poll_seconds
        self._at_work: dict[str, Notice] = {}  # events that were given out and not dealt with yet
        self._ends: list[Notice] = []  # of named studies that had ended before
        self._latest = 0
        self._deleted: set[str] = set()
        self._states: dict[str, StudyState | None] = dict.fromkeys(names)  # None: not seen yet
        self._failures = 0

    @property
    def unsuccessful(self) -> bool:
        """True if some named study has ended otherwise than complete."""
        return any(state != StudyState.COMPLETE for state in self._states.values())

    def reported(self, key: str) -> None:
        """Note that an event of `messages` was dealt with; until then it comes again."""
        self._memory.add(self._at_work.pop(key))
        self._memory.save()

    def messages(self) -> Iterator[StudyMessage]:
        """Events, until every named study has ended; for ever where none is named.

        Raises:
            ClientError: the service refuses; one that is away is waited for, except at the start.
            StateFileError: the memory's file cannot be written.
        """
        self._begin()
        while True:
            try:
                ended = self._look_at_studies()
                for notice in self._new():
                    yield self._message(notice)
                self._settle()
            except ClientError as error:
                self._wait(error)
                continue
            if ended:
                return
            time.sleep(self._poll_seconds)

    def _begin(self) -> None:
        summaries = [self._client.study(name).summary for name in self._names]
        if self._memory.fresh:
            for summary in summaries:
                if summary.state in FINAL_STATES:
                    of_study = reversed(list(self._client.notices(study=summary.name)))
                    self._ends += [notice for notice in of_study if _is_as_it_was(summary, notice)]
            recent = self._recent()
            self._memory.forget(self._latest)
            for notice in recent:
                if notice not in self._ends:
                    self._memory.add(notice)
        self._memory.save()

    def _settle(self) -> None:
        """Every event so far is dealt with."""
        if self._failures:
            self._say(f"{self._client.base_url} answers again")
        self._failures = 0
        self._ends = []
        before = self._memory.floor
        self._memory.forget(self._latest)
        if self._memory.floor != before:
            self._memory.save()

    def _look_at_studies(self) -> bool:
        """True if every named study has ended; read before the events, so that none of an end is missed."""
        for name in self._names:
            try:
                self._states[name] = self._client.study(name).summary.state
            except ClientError as error:
                if error.exit_code is not ExitCode.NOT_FOUND:
                    raise
                if name not in self._deleted:
                    self._say(f"{name} was deleted")
                self._deleted.add(name)
                self._states[name] = StudyState.CANCELLED
        return bool(self._names) and all(state in FINAL_STATES for state in self._states.values())

    def _new(self) -> list[Notice]:
        """Events to report, the oldest first."""
        recent = [notice for notice in reversed(self._recent()) if not self._memory.knows(notice)]
        ends = [notice for notice in self._ends if notice not in recent and notice.key not in self._memory]
        return [notice for notice in (*ends, *recent) if self._is_wanted(notice)]

    def _recent(self) -> list[Notice]:
        """Events above the memory's floor, the newest first; of a fresh memory, the latest few."""
        found: list[Notice] = []
        for notice in self._client.notices():
            if not found:
                self._latest = notice.number
                if self._memory.fresh or notice.number < self._memory.floor:
                    self._memory.forget(notice.number)
            if notice.number <= self._memory.floor:
                break
            found.append(notice)
        return found

    def _is_wanted(self, notice: Notice) -> bool:
        return notice.event in self._events and (not self._names or notice.study in self._names)

    def _message(self, notice: Notice) -> StudyMessage:
        verdict = self._verdict(notice) if notice.event is NoticeEvent.DECIDED else None
        self._at_work[notice.key] = notice
        return message_of(notice, verdict, self._client.base_url)

    def _verdict(self, notice: Notice) -> VerdictOutcome | None:
        """The verdict on what the study had when it completed; None where it went on or is deleted."""
        try:
            if not _is_as_it_was(self._client.study(notice.study).summary, notice):
                return None
            found = self._client.verdict(notice.study)
            same = _is_as_it_was(self._client.study(notice.study).summary, notice)
            return VerdictOutcome.of(found) if same else None
        except ClientError as error:
            if error.exit_code is ExitCode.NOT_FOUND:
                return None
            raise

    def _wait(self, error: ClientError) -> None:
        """Wait longer each time for a service that is away or overloaded; raise any other error."""
        if error.exit_code is not ExitCode.UNREACHABLE and error.status < 500 and error.status != _OVERLOADED:
            raise error
        if self._failures == 0:
            self._say(f"{error}; waiting for it")
        time.sleep(min(LONGEST_WAIT, self._poll_seconds * 2 ** min(self._failures, 10)))
        self._failures += 1


def _is_as_it_was(summary: StudySummary, notice: Notice) -> bool:
    return (summary.id, summary.revision) == (notice.study_id, notice.revision)
