"""Where a study stands on which there is no verdict yet: what its page leads with in place of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.formats import bounded, duration
from service.remaining import current_phase, runs_left
from service.verdicts.forecast import throughput_of
from service.verdicts.forecast_text import pace
from studies.language.phases import Phase
from studies.learning.naming import capital
from studies.records import StudyState
from studies.storage.read_models import StudyDetail, StudySummary, WorkerRow

NEXT = {  # when the data are looked at next, by the phase that is being trained
    Phase.MAP: "The next look at the data comes after the map.",
    Phase.WIDEN: "The next look at the data comes after the widened part of the map.",
    Phase.ZOOM: "The next look at the data comes after the zoom.",
    Phase.CONFIRM: "The next look at the data comes after the present blocks of pairs.",
    Phase.CONTROLS: "The next look at the data comes after the present blocks of pairs.",
    Phase.SEARCH: "The claim is compared with what the search finds once that has ended.",
    Phase.CV: "The means are those of the repeats that are done.",
}
LIVE = (StudyState.QUEUED, StudyState.RUNNING)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a study is, or what stopped it; and what comes next, and what to do, a sentence each."""

    main: str
    more: tuple[str, ...]


def standing(detail: StudyDetail, alive: Sequence[WorkerRow], *, decided: bool) -> Standing | None:
    """Where a study stands; None where its verdict may be told, and of one that compares arms and has none.

    Args:
        detail: the study.
        alive: workers that are alive, whatever they train.
        decided: whether its verdict decides, as far as it is known.
    """
    summary = detail.summary
    if detail.spec.compares or summary.tells(decided=decided):
        return None
    if summary.state in LIVE:
        return Standing(f"{_done(detail)}{_time_left(detail, alive)}.", tuple(_onwards(detail, alive)))
    if summary.state is StudyState.PAUSED:
        return Standing(f"{_done(detail)}. Nothing more begins until somebody resumes it.", _noted(summary))
    if summary.state is StudyState.FAILED:
        return Standing(_sentence(summary.note) or "Too many of its trials failed.", (f"{_done(detail)}.",))
    if summary.runs_done:
        few = "" if detail.spec.tabulates else ": too few to decide"
        return Standing(f"{_done(detail)}{few}.", _noted(summary))
    ended = "It was cancelled before any run was done" if summary.state is StudyState.CANCELLED else "No run was done"
    return Standing(f"{ended}: there is nothing to judge.", _noted(summary))


def _done(detail: StudyDetail) -> str:
    summary = detail.summary
    expected = bounded(summary.runs_expected, detail.may_end_early)
    if not summary.runs_done:
        return f"None of {expected} runs is done"
    return f"{summary.runs_done:,} of {expected} runs {'is' if summary.runs_done == 1 else 'are'} done"


def _time_left(detail: StudyDetail, alive: Sequence[WorkerRow]) -> str:
    """How long the workers that are alive need for the rest; "" where none is, or where others train some of it."""
    spec, throughput = detail.spec, throughput_of(alive)
    if not throughput.workers or len(spec.built_in) < len(spec.contexts):
        return ""
    seconds, measured = throughput.seconds(spec, runs_left(detail))
    most = "at most " if detail.may_end_early else ""
    return f", {most}about {duration(seconds)} left {pace(throughput.workers, measured=measured)}" if seconds else ""


def _onwards(detail: StudyDetail, alive: Sequence[WorkerRow]) -> Iterator[str]:
    """What comes next, and what the study waits for."""
    yield from _noted(detail.summary)
    now = {current_phase(sweep) for sweep in detail.sweeps}
    following = next((NEXT[phase] for phase in NEXT if phase in now), "")
    if following:
        yield following
    yield from _waiting(detail, alive)


def _waiting(detail: StudyDetail, alive: Sequence[WorkerRow]) -> Iterator[str]:
    """Who is missed, of those who would train it."""
    spec, running = detail.spec, detail.summary.trials_running
    if spec.built_in and not alive:
        yield "No worker is alive, so nothing is trained: start one with `golden worker`."
    elif spec.built_in and not running:
        yield f"It waits for {'the worker that is' if len(alive) == 1 else 'one of the workers that are'} alive."
    if len(spec.built_in) < len(spec.contexts) and not running:
        yield "It waits for a program of yours: start it with `golden run`."


def _noted(summary: StudySummary) -> tuple[str, ...]:
    """The system's own note."""
    return (_sentence(summary.note),) if summary.note else ()


def _sentence(note: str) -> str:
    """A note as a sentence."""
    text = note.strip()
    return f"{capital(text)}{'' if text.endswith(('.', '!', '?', '…')) else '.'}" if text else ""
