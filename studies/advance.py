"""Moves studies from phase to phase. Safe to call any number of times, by the service and by workers alike.

A phase that is over is followed by the step that `procedure.next_step` makes of its runs. The step is computed outside
any transaction and appended under a guard on the sweep's stage, so that of several callers one succeeds and the others
change nothing: same runs, same step. A study that was granted runs until it decides is looked at after its last phase,
and gets another round (`later_looks`) or is complete.
"""

from __future__ import annotations

from studies.errors import StorageUnavailableError, StudyNotFoundError
from studies.evidence import evidence
from studies.judgement import evidence_of, runs_of, verdict_from
from studies.plan.later_looks import next_looks
from studies.plan.procedure import next_step
from studies.storage import overview, phases, results
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail


def advance(db: Database) -> int:
    """Plan the next phase of every sweep whose current phase is over; close sweeps that have none.

    Returns:
        How many sweeps this call moved on or closed.

    A sweep that cannot be planned does not keep the others from moving on: its error is raised after them.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again later.
    """
    moved, failure = 0, None
    for due in phases.due(db):
        try:
            moved += _advance_sweep(db, due)
        except StorageUnavailableError:
            raise
        except Exception as error:
            failure = error
    if failure is not None:
        raise failure
    return moved


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
