"""The trials that a runner holds: runs that wait for a thread, runs in training, and results that are to be sent.

Shared by the threads that train and by the one that talks to the source. Everything here is quick and holds one lock.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

from studies.external.outcome import RunEnd
from studies.external.source import Ending, Lease, StepValue
from studies.programs import SIGNAL_SECONDS
from studies.records import Replicate, ReportedRun

AHEAD_SECONDS = 1.0  # of work that is leased ahead of the threads
MOST_AHEAD = 1_000  # trials that are leased at once
MOST_STEPS = 10_000  # values on the way that wait to be sent
MOST_STEP = 2**53  # the largest step that the protocol takes
SMOOTHING = 0.2  # weight of the latest training in the pace


@dataclass(slots=True, eq=False)
class _Open:
    """A leased trial, until its end is known."""

    lease: Lease
    left: int  # runs that have not ended
    runs: dict[int, ReportedRun] = field(default_factory=dict)
    over: bool = False  # it failed, was lost or is called off: what its runs bring is dropped


@dataclass(slots=True, eq=False)
class Task:
    """One run of a leased trial, in the hands of a thread.

    Attributes:
        lease: of its trial.
        run: its index.
        slot: of the thread, from 0.
    """

    lease: Lease
    run: int
    slot: int
    _open: _Open
    _backlog: Backlog
    _started: float

    @property
    def replicate(self) -> Replicate:
        """Everything random about the run."""
        return self.lease.runs[self.run]

    @property
    def stopped(self) -> bool:
        """True where the run need not be trained on."""
        return self._open.over or self._backlog.stopping

    def report(self, step: int, value: float) -> None:
        """Note a value on the way; what could not be shown is left out."""
        if math.isfinite(value) and 0 <= step <= MOST_STEP:
            self._backlog.note_step(StepValue(self.lease.id, self.lease.token, self.run, step, value))


class Backlog:
    """The trials that are held.

    Args:
        jobs: threads that train.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)  # for threads that train
        self._turn = threading.Condition(self._lock)  # for the one that talks to the source
        self._queue: deque[tuple[_Open, int]] = deque()
        self._open: dict[int, _Open] = {}
        self._unsent: deque[Ending] = deque()
        self._steps: dict[tuple[int, int, int], StepValue] = {}
        self._active = 0
        self._pace: float | None = None  # seconds that a run takes
        self.stopping = False
        self.closed = False
        self.succeeded = False  # some run gave a result
        self.failures: list[RunEnd] = []  # until one succeeded

    # For the threads that train

    def take(self, slot: int) -> Task | None:
        """The next run, once there is one; None where there will be no more."""
        with self._work:
            while not self.stopping:
                while self._queue:
                    opened, run = self._queue.popleft()
                    if not opened.over:
                        self._active += 1
                        self._ask_if_short()
                        return Task(opened.lease, run, slot, opened, self, time.monotonic())
                if self.closed:
                    return None
                self._turn.notify()
                self._work.wait(SIGNAL_SECONDS)  # this may be the main thread
            return None

    def end(self, task: Task, end: RunEnd | None) -> None:
        """Note the end of a run; None: it was stopped."""
        seconds = time.monotonic() - task._started
        with self._lock:
            self._active -= 1
            self._pace = seconds if self._pace is None else self._pace + SMOOTHING * (seconds - self._pace)
            self._note(task._open, task.run, end, seconds)
            if len(self._unsent) == 1 or not self._queue or self.stopping:
                self._turn.notify()
            else:
                self._ask_if_short()

    def note_step(self, value: StepValue) -> None:
        """Keep a value on the way until it is sent."""
        with self._lock:
            self._steps[value.id, value.run, value.step] = value
            while len(self._steps) > MOST_STEPS:
                del self._steps[next(iter(self._steps))]
            if len(self._steps) == 1:
                self._turn.notify()

    # For the one that talks to the source

    def wait(self, *, flush_at: float, report_at: float, ask_at: float) -> None:
        """Wait until something is to be done: results to be sent, values to be shown, trials to be leased.

        Args:
            flush_at: when results are to be sent, on the monotonic clock; at once where no run waits.
            report_at, ask_at: the same for values on the way, and for a lease.
        """
        with self._turn:
            while not self.stopping and not self.closed:
                times = [flush_at if self._queue else 0.0] if self._unsent else []
                times += [report_at] if self._steps else []
                times += [ask_at] if self._short() else []
                left = min(times) - time.monotonic() if times else None
                if left is not None and left <= 0.0:
                    return
                self._turn.wait(left)

    def rest(self, seconds: float) -> None:
        """Wait until time is up or the runner is to stop."""
        until = time.monotonic() + seconds
        with self._turn:
            while not self.stopping and (left := until - time.monotonic()) > 0.0:
                self._turn.wait(left)

    def wait_idle(self, seconds: float) -> bool:
        """True once no run is in training, after `seconds` at most."""
        until = time.monotonic() + seconds
        with self._turn:
            while self._active and (left := until - time.monotonic()) > 0.0:
                self._turn.wait(left)
            return not self._active

    def wanted(self) -> int:
        """Trials to lease now; 0: none."""
        with self._lock:
            if not self._short():
                return 0
            return max(1, min(MOST_AHEAD, self._jobs + self._ahead() - self._pending()))

    def idle(self) -> bool:
        """True where nothing is held."""
        with self._lock:
            return not self._open and not self._unsent

    def add(self, leases: Sequence[Lease]) -> None:
        """Hold trials that were leased. One whose former lease ran out while it was trained is begun anew."""
        with self._lock:
            for lease in leases:
                if (former := self._open.get(lease.id)) is not None:
                    former.over = True
                opened = _Open(lease, left=len(lease.runs))
                self._open[lease.id] = opened
                self._queue.extend((opened, run) for run in range(len(lease.runs)))
            self._work.notify_all()

    def unsent(self, most: int) -> list[Ending]:
        """The first results that are to be sent; they stay until `sent`."""
        with self._lock:
            return [self._unsent[i] for i in range(min(most, len(self._unsent)))]

    def sent(self, count: int) -> None:
        """Forget the first results: they are recorded, or dropped."""
        with self._lock:
            for _ in range(count):
                self._unsent.popleft()

    def steps(self, most: int) -> list[StepValue]:
        """The first values on the way that are to be shown; they stay until `shown`."""
        with self._lock:
            return list(islice(self._steps.values(), most))

    def shown(self, values: Sequence[StepValue]) -> None:
        """Forget values on the way, but for those that were replaced meanwhile."""
        with self._lock:
            for value in values:
                key = value.id, value.run, value.step
                if self._steps.get(key) is value:
                    del self._steps[key]

    def held(self) -> dict[int, int]:
        """Trials under lease (id to token), those whose results are to be sent included."""
        with self._lock:
            ended = {ending.id: ending.token for ending in self._unsent}
            return ended | {trial_id: opened.lease.token for trial_id, opened in self._open.items()}

    def lose(self, ids: Collection[int]) -> None:
        """Call off trials that somebody else holds now, or nobody wants."""
        with self._lock:
            for trial_id in ids:
                opened = self._open.pop(trial_id, None)
                if opened is not None:
                    opened.over = True

    def given_up(self) -> dict[int, int]:
        """Call off everything that has no result, and say what it was (id to token)."""
        with self._lock:
            tokens = {trial_id: opened.lease.token for trial_id, opened in self._open.items()}
            for opened in self._open.values():
                opened.over = True
            self._open.clear()
            self._queue.clear()
            return tokens

    def close(self) -> None:
        """No more trials will come; those that are held are not wanted any more."""
        with self._lock:
            self.closed = True
            for opened in self._open.values():
                opened.over = True
            self._wake()

    def stop(self) -> None:
        """Let everybody stop."""
        with self._lock:
            self.stopping = True
            self._wake()

    # Inside the lock

    def _wake(self) -> None:
        self._work.notify_all()
        self._turn.notify_all()

    def _note(self, opened: _Open, run: int, end: RunEnd | None, seconds: float) -> None:
        opened.left -= 1
        if end is None or opened.over:
            return
        lease = opened.lease
        if end.failed is not None:
            opened.over = True
            del self._open[lease.id]
            self._unsent.append(Ending(lease.id, lease.token, failed=end.failed))
            if not self.succeeded:
                self.failures.append(end)
            return
        self.succeeded = True
        self.failures.clear()
        opened.runs[run] = ReportedRun(end.value, end.diverged, seconds, log=end.log)
        if not opened.left:
            del self._open[lease.id]
            self._unsent.append(Ending(lease.id, lease.token, opened.runs))

    def _pending(self) -> int:
        return len(self._queue) + self._active

    def _ahead(self) -> int:
        """Runs to hold beyond those in training: about a second's work, none where a run takes longer."""
        if self._pace is None:
            return 0
        return int(min(MOST_AHEAD, self._jobs * AHEAD_SECONDS / max(self._pace, 1e-9)))

    def _short(self) -> bool:
        return self._pending() < self._jobs + self._ahead() / 2

    def _ask_if_short(self) -> None:
        if self._short():
            self._turn.notify()
