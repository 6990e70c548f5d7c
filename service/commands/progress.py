"""Live progress of a study: one bar per sweep on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from service.formats import duration
from service.remaining import current_phase, sweep_done, sweep_totals

if TYPE_CHECKING:  # the records bring numpy, which `golden --help` does without
    from studies.storage.read_models import StudyDetail, SweepSummary

SECONDS = 60.0  # between two lines at most
LEAST_SECONDS = 2.0  # from which on a pace is told
STEP = 0.1  # without a terminal, one line whenever the study advanced by this share


class StudyProgress:
    """Shows a study's progress while it is open; feed it with `show`.

    Args:
        console: where to.
        training: the study is trained while this shows it, whether a result is there already or not.
        clock: in seconds.
    """

    def __init__(
        self, console: Console, *, training: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._training = training
        self._clock = clock
        self._begun: tuple[float, int] | None = None  # when this first looked, and the runs that were done by then
        self._said_at = 0.0
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._said = -1.0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def show(self, study: StudyDetail) -> None:
        """Bring the display up to date."""
        if self._console.is_terminal:
            self._draw(study)
        else:
            self._say(study)

    def follow(self, states: Iterable[StudyDetail]) -> StudyDetail:
        """Show every state of a study as it comes; returns the last.

        Raises:
            ValueError: there is no state.
        """
        last = None
        for last in states:
            self.show(last)
        if last is None:
            raise ValueError("a study that is followed has at least its present state")
        return last

    def _draw(self, study: StudyDetail) -> None:
        totals = sweep_totals(study)
        for sweep in study.sweeps:
            name = sweep.name
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(name, note="")
            self._bars.update(
                self._tasks[name], total=totals[name], completed=sweep_done(sweep), note=_note(study, sweep)
            )

    def _say(self, study: StudyDetail) -> None:
        from studies.records import FINAL_STATES  # brings numpy, which `golden --help` does without

        summary = study.summary
        share = summary.runs_done / max(1, summary.runs_expected)
        final, now = summary.state in FINAL_STATES, self._clock()
        if self._begun is None:
            self._begun = now, summary.runs_done
        due = share >= self._said + STEP or now >= self._said_at + SECONDS or (self._said == 0.0 and share > 0.0)
        if not final and not due:
            return
        self._said, self._said_at = share, now
        totals = sweep_totals(study)
        parts = [f"{s.name} {sweep_done(s)}/{totals[s.name]} {_note(study, s)}" for s in study.sweeps]
        state = "running" if self._training and summary.state == "queued" else summary.state
        left = "" if final else self._left(now, summary.runs_done, sum(totals.values()))
        self._console.print(f"{summary.name} {state}: {', '.join(parts)}{left}", markup=False, soft_wrap=True)

    def _left(self, now: float, done: int, total: int) -> str:
        """When the end is to be expected, by the pace since the first look; "" while that is not known."""
        assert self._begun is not None
        begun, before = self._begun
        if done <= before or now - begun < LEAST_SECONDS or done >= total:
            return ""
        return f", about {duration((now - begun) / (done - before) * (total - done))} to go at this pace"


def _note(study: StudyDetail, sweep: SweepSummary) -> str:
    from studies.outcomes import in_words  # brings numpy, which `golden --help` does without

    state = study.summary.state
    failed = sum((Counter(phase.causes) for phase in sweep.phases), Counter())
    phase = current_phase(sweep) if state in {"running", "queued"} else state
    return ", ".join((phase, *in_words(failed)))
