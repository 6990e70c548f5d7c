"""The loop of every trainer of the user's own: leases trials ahead, trains them, sends results in batches.

One loop for functions and commands, for a database and a service. Threads train; one more talks to the source, another
renews the leases. With one job the caller's own thread trains, so that an interrupt reaches the training.

Promises
- A result is sent until the source has answered, however long it is away; the source records it once.
- About a second's work is leased ahead, and nothing where a training takes longer: what a killed runner held is small.
- On an interrupt, and after a failure that stops the loop, results that are there are sent and the rest is handed back.
- Where the first trainings all fail, the loop stops: it is the program that is at fault, and no budget is spent on it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from studies.errors import GoldenError
from studies.external.backlog import Backlog, Task
from studies.external.outcome import RunEnd
from studies.external.source import SourceAwayError, TrialSource
from studies.programs import SIGNAL_SECONDS

FLUSH_SECONDS = 0.25  # between two batches of results while more runs wait
REPORT_SECONDS = 1.0  # between two batches of values on the way
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds between two looks for trials where none waits
RETRY_SECONDS = 5.0  # between two attempts to reach a source that stays away, at most
LONG_POLL = 2.0  # seconds that a service may wait for a trial while nothing is held
LEAVE_SECONDS = 10.0  # for the last results and for handing back
MOST_SENT = 500  # results in one batch
MOST_REPORTED = 1_000  # values in one batch
FIRST_FAILURES = 3  # so many failures before any result stop the loop


class Trainer(Protocol):
    """Trains one run; called by several threads at once."""

    grace: float  # seconds in which a training ends once it is stopped

    def __call__(self, task: Task) -> RunEnd | None:
        """The end of the run; None where it was stopped."""


class TrainingFailedError(GoldenError, RuntimeError):
    """The first trainings failed, and none has ever succeeded: the program that trains is at fault."""


def run_trials(
    source: TrialSource,
    train: Trainer,
    *,
    jobs: int = 1,
    idle_seconds: float | None = None,
    on_away: Callable[[SourceAwayError | None], object] | None = None,
) -> None:
    """Train trials until the source has no more.

    Args:
        source: of the trials; it stays open.
        train: trains a run.
        jobs: runs that are trained at once.
        idle_seconds: end as well once nothing waited for so long; None: never.
        on_away: called once with the error when the source goes away, and with None when it is back.

    Raises:
        TrainingFailedError: the first trainings all failed.
        GoldenError: the source refused, and trying again is of no use.
        KeyboardInterrupt: as it came; what is held has been handed back.
    """
    if jobs < 1:
        raise ValueError(f"`jobs` must be at least 1, got {jobs}")
    Loop(source, train, jobs=jobs, idle_seconds=idle_seconds, on_away=on_away or (lambda _error: None)).run()


class Loop:
    """One call of `run_trials`."""

    def __init__(
        self,
        source: TrialSource,
        train: Trainer,
        *,
        jobs: int,
        idle_seconds: float | None,
        on_away: Callable[[SourceAwayError | None], object],
    ) -> None:
        self._source = source
        self._train = train
        self._jobs = jobs
        self._idle_seconds = math.inf if idle_seconds is None else idle_seconds
        self._on_away = on_away
        self._backlog = Backlog(jobs)
        self._error: BaseException | None = None
        self._over = threading.Event()  # nothing is held any more
        self._done = threading.Event()  # all threads that train have left, or are to
        self._working = jobs
        self._leaving = threading.Lock()
        self._idle_since = time.monotonic()
        self._flush_at = self._report_at = self._ask_at = 0.0
        self._pause = FIRST_PAUSE
        self._is_away = False

    def run(self) -> None:
        """Train until there is no more."""
        pump = threading.Thread(target=self._pump, name="golden-trials", daemon=True)
        keeper = threading.Thread(target=self._keep, name="golden-leases", daemon=True)
        threads = [
            threading.Thread(target=self._work, args=(slot,), name=f"golden-job-{slot}", daemon=True)
            for slot in range(self._jobs if self._jobs > 1 else 0)
        ]
        try:
            for thread in (pump, keeper, *threads):
                thread.start()
            if not threads:
                self._work(0)
            else:
                while not self._done.wait(SIGNAL_SECONDS):  # a thread that cannot be stopped is not waited for
                    pass
        except BaseException as error:
            self._stop(error)
        finally:
            self._end(pump, keeper)
        if self._error is not None:
            raise self._error

    # Threads

    def _work(self, slot: int) -> None:
        """Train runs, one after the other."""
        while (task := self._backlog.take(slot)) is not None:
            end = None
            try:
                end = self._train(task)
            except BaseException as error:
                self._stop(error)
                if threading.current_thread() is threading.main_thread():
                    raise
            finally:
                self._backlog.end(task, end)
            if end is not None and end.failed is not None:
                self._judge_failures()
        with self._leaving:
            self._working -= 1
            if not self._working:
                self._done.set()

    def _pump(self) -> None:
        """Talk to the source until there is no more to do, then hand back."""
        try:
            while not (self._backlog.stopping or self._backlog.closed):
                self._backlog.wait(flush_at=self._flush_at, report_at=self._report_at, ask_at=self._ask_at)
                self._turn()
        except BaseException as error:  # the thread that called is told
            self._stop(error)
        try:
            self._leave()
        except BaseException as error:
            self._stop(error)
        finally:
            self._over.set()

    def _keep(self) -> None:
        """Renew what is held."""
        pause = self._source.lease_seconds / 3
        while not self._over.wait(pause):
            pause = self._source.lease_seconds / 3
            held = self._backlog.held()
            try:
                if held:
                    self._backlog.lose(self._source.renew(held))
            except SourceAwayError:
                pause = min(RETRY_SECONDS, pause / 3)
            except BaseException as error:
                self._stop(error)
                return

    # Talking to the source

    def _turn(self) -> None:
        """Send what is there, and lease what is wanted."""
        try:
            self._send()
            if time.monotonic() >= self._report_at:
                self._show()
            self._lease()
        except SourceAwayError as error:
            if not self._is_away:
                self._is_away = True
                self._pause = FIRST_PAUSE
                self._on_away(error)
            self._backlog.rest(self._pause)
            self._pause = min(RETRY_SECONDS, 2 * self._pause)
            return
        if self._is_away:
            self._is_away = False
            self._on_away(None)

    def _send(self) -> None:
        while endings := self._backlog.unsent(MOST_SENT):
            self._show()  # first, since they are dropped once their trial has ended
            self._source.finish(endings)
            self._backlog.sent(len(endings))
            self._flush_at = time.monotonic() + FLUSH_SECONDS
            self._look_again(at_once=True)  # a phase may be over

    def _show(self) -> None:
        while values := self._backlog.steps(MOST_REPORTED):
            self._report_at = time.monotonic() + REPORT_SECONDS
            self._backlog.lose(self._source.report(values))
            self._backlog.shown(values)

    def _lease(self) -> None:
        most = self._backlog.wanted()
        if not most or time.monotonic() < self._ask_at:
            return
        idle = self._backlog.idle()
        leases = self._source.lease(most, wait=min(LONG_POLL, self._idle_seconds) if idle else 0.0)
        if leases or not idle:
            self._idle_since = time.monotonic()
        if leases:
            self._backlog.add(leases)
        elif self._source.closed or time.monotonic() - self._idle_since >= self._idle_seconds:
            self._backlog.close()
        self._look_again(at_once=bool(leases))

    def _look_again(self, *, at_once: bool) -> None:
        """Say when to ask for trials next: soon where some came, later and later where none does."""
        self._pause = FIRST_PAUSE if at_once else min(LONGEST_PAUSE, 2 * self._pause)
        self._ask_at = 0.0 if at_once else time.monotonic() + self._pause

    # The end

    def _judge_failures(self) -> None:
        failures = list(self._backlog.failures)
        if len(failures) >= FIRST_FAILURES and not self._backlog.succeeded:
            first = failures[0]
            text = f"the first {len(failures)} trainings failed, so no more are tried. The first one: {first.failed}"
            error = TrainingFailedError(text)
            error.__cause__ = first.error
            self._stop(error)

    def _stop(self, error: BaseException) -> None:
        if self._error is None:
            self._error = error
        self._backlog.stop()
        self._done.set()

    def _leave(self) -> None:
        """Send the last results and hand the rest back; a source that is away is tried for a while."""
        self._backlog.wait_idle(self._train.grace)
        given_up = self._backlog.given_up()
        until = time.monotonic() + LEAVE_SECONDS
        while True:
            try:
                self._send()
                if given_up and not self._backlog.closed:
                    self._source.release(given_up)
                return
            except SourceAwayError:
                if time.monotonic() > until:
                    return  # leases run out by themselves
            time.sleep(FIRST_PAUSE)

    def _end(self, pump: threading.Thread, keeper: threading.Thread) -> None:
        self._backlog.close() if self._error is None else self._backlog.stop()
        if pump.ident is not None:  # an interrupt may come before it starts
            pump.join()
        self._over.set()
        if keeper.ident is not None:
            keeper.join()
