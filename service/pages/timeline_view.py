"""The data of a study's timeline: a row for each worker, its stretches of training on one common scale of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from studies.storage import overview, timeline
from studies.storage.engine import Database
from studies.storage.read_models import StudySummary
from studies.storage.timeline import Ended, Stretch

WIDTH = 1000.0  # of the picture, in its own units
MOST_WORKERS = 40  # rows of the picture; the table has every worker
TICKS = 4
_DAY = 86_400  # seconds
_NARROWEST = 2.0  # a stretch that would be narrower is drawn so wide


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch, or several that lie too close to be told apart, in the picture's units."""

    x: float
    width: float
    ended: Ended
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """One worker on the study."""

    worker: str
    bars: tuple[Bar, ...]
    trials: int  # with a result
    runs: int
    failed: int  # attempts
    running: int  # trials
    busy: float  # seconds, overlaps counted once
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class TimelineView:
    """Everything that the template needs."""

    summary: StudySummary
    rows: tuple[Row, ...]  # whoever began first in front
    ticks: tuple[str, ...]  # moments at equal distances from the left to the right end, in UTC
    cut: bool  # only the latest stretches are shown


def timeline_view(db: Database, name: str) -> TimelineView:
    """Read the timeline of a study for its page.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    summary, found = overview.get(db, name).summary, timeline.stretches(db, name)
    if not found:
        return TimelineView(summary, (), (), cut=False)
    start, end = found[0].start, max(each.end for each in found)
    span = max((end - start).total_seconds(), 1.0)
    of_worker: dict[str, list[Stretch]] = defaultdict(list)
    for each in found:
        of_worker[each.worker].append(each)
    return TimelineView(
        summary=summary,
        rows=tuple(_row(worker, own, start, span) for worker, own in of_worker.items()),
        ticks=tuple(_moment(start + timedelta(seconds=span * i / TICKS), span) for i in range(TICKS + 1)),
        cut=len(found) == timeline.MOST,
    )


def _row(worker: str, own: Sequence[Stretch], start: datetime, span: float) -> Row:
    done = [each for each in own if each.ended == "done"]
    return Row(
        worker=worker,
        bars=bars_of(own, start, span),
        trials=sum(each.trials for each in done),
        runs=sum(each.runs for each in done),
        failed=sum(each.trials for each in own if each.ended == "lost"),
        running=sum(each.trials for each in own if each.ended == "running"),
        busy=busy_seconds(own),
        first=own[0].start,
        last=max(each.end for each in own),
    )


def bars_of(own: Sequence[Stretch], start: datetime, span: float) -> tuple[Bar, ...]:
    """Stretches of one worker, by start, as bars; neighbours of one kind that nobody could tell apart become one.

    Args:
        own: the stretches.
        start: left end of the picture.
        span: seconds from its left to its right end.
    """
    bars: list[Bar] = []
    counts: list[int] = []
    for each in own:
        x = WIDTH * (each.start - start).total_seconds() / span
        right = max(WIDTH * (each.end - start).total_seconds() / span, x + _NARROWEST)
        last = bars[-1] if bars else None
        if last and last.ended == each.ended and x - (last.x + last.width) < _NARROWEST and last.width < 3 * _NARROWEST:
            counts[-1] += each.trials
            right = max(right, last.x + last.width)
            bars[-1] = Bar(last.x, right - last.x, each.ended, _said(counts[-1], each.ended))
        else:
            counts.append(each.trials)
            bars.append(Bar(x, right - x, each.ended, _said(each.trials, each.ended)))
    return tuple(bars)


def _moment(at: datetime, span: float) -> str:
    """A moment, to the second where the whole picture spans less than an hour, with its day where it spans more."""
    return at.strftime("%H:%M:%S" if span < 3600 else "%H:%M" if span < _DAY else "%d %b %H:%M")


def busy_seconds(own: Sequence[Stretch]) -> float:
    """Seconds in which at least one of some stretches, ordered by start, was going on."""
    total, until = 0.0, own[0].start
    for each in own:
        total += max((each.end - max(each.start, until)).total_seconds(), 0.0)
        until = max(until, each.end)
    return total


def _said(count: int, ended: Ended) -> str:
    many = f"{count:,} trial{'' if count == 1 else 's'}"
    return {"done": f"{many} finished", "running": f"{many} in training", "lost": f"{many}: attempt failed"}[ended]
