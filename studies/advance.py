"""Moves studies from phase to phase. Safe to call any number of times, by the service and by workers alike.

A phase that is over is followed by the step that `procedure.next_step` makes of its runs. The step is computed outside
any transaction and appended under a guard on the sweep's stage, so that of several callers one succeeds and the others
change nothing: same runs, same step. A study that was granted runs until it decides is looked at after its last phase,
and gets another round (`later_looks`) or is complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from studies.errors import SchemaError, StorageUnavailableError, StudyNotFoundError
from studies.evidence import evidence
from studies.judgement import evidence_of, runs_of, verdict_from
from studies.language.validation import lowered
from studies.plan.later_looks import next_looks
from studies.plan.procedure import next_step
from studies.storage import overview, phases, results, unplanned
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail
from studies.text import printable


@dataclass(frozen=True, slots=True)
class FailedTry:
    """A failed try to plan the next phase of a sweep.

    Attributes:
        study, sweep: whose phase it is.
        error: what went wrong.
        tries: failed tries of all processes so far; 0 where another process counted this one.
    """

    study: str
    sweep: str
    error: Exception
    tries: int

    @property
    def final(self) -> bool:
        """True where this was the last try: the study has failed."""
        return self.tries >= unplanned.TRIES


def advance(db: Database, *, on_failure: Callable[[FailedTry], object] | None = None) -> int:
    """Plan the next phase of every sweep whose current phase is over; close sweeps that have none.

    A sweep that cannot be planned keeps no other from moving on. Its failed tries are counted in the database
    (`storage.unplanned`); it rests between them, and after the last its study has failed, with the reason as its note.

    Args:
        db: the database.
        on_failure: called with each failed try, for a log; without it the last error is raised after the other sweeps.

    Returns:
        How many sweeps this call moved on or closed.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again later. No try is counted.
        OSError, ImportError: this process cannot plan, whatever the study; raised after the other sweeps, not counted.
    """
    moved = 0
    failure: Exception | None = None
    due = phases.due(db)
    resting = unplanned.resting(db, due)
    for key in due:
        if key.sweep_id in resting:
            continue
        try:
            moved += _advance_sweep(db, key)
        except (StorageUnavailableError, SchemaError):
            raise
        except (OSError, ImportError) as error:
            failure = error
        except Exception as error:
            tries = unplanned.note_failure(db, key, reason_of(error))
            if on_failure is None:
                failure = error
            else:
                on_failure(FailedTry(key.study, key.sweep, error, tries))
    if failure is not None:
        raise failure
    return moved


def reason_of(error: Exception) -> str:
    """An error on one line, as the note of a study shows it."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        text = f"{'.'.join(map(str, first['loc']))}: {lowered(first['msg'])}".removeprefix(": ")
    else:
        text = " ".join(str(error).split())
    return printable(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _advance_sweep(db: Database, due: phases.SweepKey) -> bool:
    try:
        detail = overview.get(db, due.study)
    except StudyNotFoundError:
        return False  # deleted since
    sweep = next(s for s in detail.sweeps if s.id == due.sweep_id)
    measured = evidence(detail.spec, sweep, results.runs(db, due.study, sweep.name))
    step = next_step(detail.spec, detail.spec.context_of(sweep.context), measured)
    if step is None:
        return _after_last_phase(db, detail, due)
    return phases.append(db, due.sweep_id, after=due.stage, step=step)


def _after_last_phase(db: Database, detail: StudyDetail, due: phases.SweepKey) -> bool:
    """Close a sweep; in a study that was granted runs until it decides, look at all its sweeps together first.

    Holm's adjustment reads all sweeps, so they wait for each other: a look is one snapshot, and what follows from it is
    stored in one transaction. Undecided sweeps get another round, the others are closed.
    """
    if detail.summary.runs_granted == 0:
        return phases.close(db, due.sweep_id)
    if any(phase.waiting + phase.running for sweep in detail.sweeps for phase in sweep.phases):
        return False
    after = {key.sweep_id: key.stage for key in phases.due(db) if key.study == due.study}
    measured = evidence_of(detail, runs_of(db, detail))
    steps = next_looks(detail.spec, measured, verdict_from(detail.spec, measured), detail.summary.runs_granted)
    ids = {sweep.name: sweep.id for sweep in detail.sweeps}
    return phases.settle(db, after=after, steps={ids[name]: step for name, step in steps.items()})
