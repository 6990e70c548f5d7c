"""A study in a database of its own, with no service: made, gone on with, judged."""

from __future__ import annotations

import os
import platform
import re
from typing import Any

from studies.errors import DuplicateStudyError, Problem, SpecError
from studies.external.database_source import OWNER
from studies.external.measured import run_row
from studies.language.spec import StudySpec
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import listing, studies
from studies.storage.engine import Database
from studies.storage.migrate import migrate
from studies.storage.read_models import StudyDetail

MOST_NAME = 80  # characters of a runner's name


def require_external(spec: StudySpec) -> None:
    """See that a program of the user's own trains every context of a study.

    Raises:
        SpecError: our own engine trains some, which needs a service and its workers.
    """
    problems = [
        Problem(
            f"contexts.{place}",
            f"{context.name} is built in, and without a service nothing trains it; "
            'write `trainer = "external"`, or submit the study to a service that has workers',
        )
        for place, context in enumerate(spec.contexts)
        if context in spec.built_in
    ]
    if problems:
        raise SpecError(problems)


def ensure_study(db: Database, spec: StudySpec) -> StudyDetail:
    """The study in a database, whose tables are made or upgraded where needed. A study that is there goes on.

    Raises:
        DuplicateStudyError: the database has another study of this name; the message gives the cure.
        SpecError: our own engine would have to train a context.
        StorageError: the database cannot be used.
    """
    require_external(spec)
    migrate(db)
    try:
        detail, _ = studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec), submitted_by=OWNER)
    except DuplicateStudyError as error:
        cure = "give this one another `name` (--name), or keep it elsewhere (--folder or --db, `folder`)"
        raise DuplicateStudyError(error.fact, cure) from None
    return detail


def rows_of(db: Database, detail: StudyDetail) -> list[dict[str, Any]]:
    """One mapping for each run: what it was planned to be, and its result (None where it broke without a value).

    Raises:
        StorageError: the database cannot be used.
    """
    spec, rows = detail.spec, []
    contexts = {sweep.name: sweep.context for sweep in detail.sweeps}
    for run in listing.iter_runs(db, spec.name):
        measure, reported = spec.measure_of(contexts[run.sweep]), run.reported
        if measure is None or reported is None:
            continue  # of our own engine
        place = {"sweep": run.sweep} if len(contexts) > 1 else {}
        place |= {name: getattr(run, name) for name in ("trial", "run", "phase", "arm", "block")}
        rows.append(run_row(spec, measure, run.replicate, (run.eta, run.alpha), reported, **place))
    return rows


def worker_name() -> str:
    """A name for this process among those that lease trials."""
    host = re.sub(r"[^A-Za-z0-9._-]", "-", platform.node())[:MOST_NAME].lstrip("._-") or "host"
    return f"{host}-{os.getpid()}"
