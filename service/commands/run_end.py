"""The last lines of `golden run`: what was lost on the way, and what can be done with the study now."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from service.settings import sqlite_url

if TYPE_CHECKING:  # the models bring numpy, which `golden --help` does without
    from studies.language.spec import StudySpec
    from studies.storage.read_models import TrialRow
    from studies.verdict.model import StudyVerdict

SERVED = "http://127.0.0.1:8000"  # where `golden serve` listens unless it is told otherwise


def lost_lines(trials: Iterable[TrialRow], logs: Path | None = None) -> list[str]:
    """What was lost among a study's trials, in one sentence: nothing where no attempt failed.

    Args:
        trials: all of the study.
        logs: the folder with those of this machine, of the study; None: they are elsewhere.
    """
    from studies.language.phases import PAIRED_PHASES

    rows = list(trials)
    failed = [row for row in rows if row.state == "failed"]
    retries = sum(max(0, row.attempts - 1) for row in rows)
    blocks = {(row.sweep, row.phase, row.block) for row in failed if row.phase in set(PAIRED_PHASES)}
    parts = []
    if failed:
        parts.append(f"{_counted(len(failed), 'trial')} failed for good ({_of(failed[0], logs)})")
    if blocks:
        parts.append(f"{_counted(len(blocks), 'block')} {'lacks' if len(blocks) == 1 else 'lack'} a pair")
    if retries:
        parts.append(f"{_counted(retries, 'failed attempt')} {'was' if retries == 1 else 'were'} tried again")
    return [f"Lost on the way: {', '.join(parts)}."] if parts else []


def next_lines(spec: StudySpec, verdict: StudyVerdict, database: Path) -> Iterator[str]:
    """What can be done with a study in a database of its own, a line each: look, pass on, go on."""
    from studies.plan.later_looks import runs_to_decide

    serve = f"golden serve --database {shlex.quote(sqlite_url(database))}"
    yield f"look at it:    {serve}   then {SERVED}/studies/{spec.name}"
    yield f"send it round: golden report {spec.name} --server {SERVED}   while that serves"
    needed = [sweep.needed for sweep in verdict.sweeps if sweep.needed is not None]
    runs = sum(runs_to_decide(spec, verdict).values())
    if runs:
        extend = f"golden extend {spec.name} --server {SERVED} --until-decided --max-runs {runs}"
        yield f"go on:         {extend}   then the same golden run"
    elif needed:
        yield f"go on:         {needed[0].sentence}"


def served_lines(spec: StudySpec, address: str) -> Iterator[str]:
    """The same of a study that a service keeps, whose forecast is among the verdict's advice already."""
    yield f"look at it:    {address}/studies/{spec.name}"
    yield f"send it round: golden report {spec.name} --server {address}"


def _of(row: TrialRow, logs: Path | None) -> str:
    """Which trial failed, and where its output is."""
    reason = (row.error or "").partition("\n")[0].strip()[:120]
    where = "" if logs is None else f"; see {logs / row.sweep / str(row.number)}"
    return f"trial {row.number} of {row.sweep}, {row.phase}{f': {reason}' if reason else ''}{where}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
