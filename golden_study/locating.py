"""A whole study in one call: a function that trains, a claim, and the verdict on it; no service is needed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console

from golden_study.documents import Document, read_document
from golden_study.trainers import NO_NOISE_CURE, trainer_of
from golden_study.verdict import Verdict
from service.commands.live_progress import LiveProgress
from service.settings import sqlite_url
from studies.errors import GoldenError, StateError
from studies.external.brief import Point, Range, document_of
from studies.external.database_source import DatabaseSource
from studies.external.embedded import ensure_study, rows_of, worker_name
from studies.external.loop import Trainer, TrainingFailedError, run_trials
from studies.external.source import TrialSource
from studies.external.trial import Trial
from studies.external.watching import NoNoiseError, faults_in, watched
from studies.judgement import runs_of, verdict_on
from studies.language.spec import StudySpec, parse
from studies.storage import overview
from studies.storage.engine import Database, open_database

DATABASE = "golden.db"


def locate(
    train: Callable[[Trial], Any],
    *,
    claim: str | Point | None = None,
    space: str | Mapping[str, Range] | None = None,
    measure: str | Mapping[str, Any] | None = None,
    study: Document | None = None,
    name: str = "study",
    folder: str | Path | None = None,
    jobs: int = 1,
    processes: bool = False,
    progress: bool = True,
    accept_no_noise: bool = False,
    **options: Any,
) -> Verdict:
    """Run a study with a function that trains once, and judge it.

    Args:
        train: gets a `Trial`: parameters by name (`trial["lr"]`), `trial.seed` and further seeds, a folder. Returns the
            measure as a number, or a mapping with its name. nan, an infinity or a raised `Diverged`: the training
            broke, which is a result. Any other exception: the trial failed, and is tried again.
        claim: the claimed point, such as "lr=3e-4,beta1=0.9" or a mapping.
        space: the ranges around it, such as "lr=1e-5..0.1,beta1=0.5..0.999" or a mapping.
        measure: what `train` returns, such as "val_acc:maximize:share:1000" or a mapping.
        study: a document in place of these three: a mapping, or the path of a .toml or .json file.
        name: of the study.
        folder: where the study is kept, with its checkpoints; the same call goes on with it, and gives the verdict at
            once where it is complete. None: a temporary folder, which is kept only where the call is interrupted.
        jobs: trainings at once, in threads; 1: in the thread that calls.
        processes: train in processes of their own, one for each job, which are spawned: so `train` must be in a module
            that they can import, and a script needs its `if __name__ == "__main__":`. Several GPUs are given to them in
            turn.
        progress: show how far the study is, on standard error: bars on a terminal, elsewhere a line a minute or so.
        accept_no_noise: go on although the results do not vary with the seed, or at all.
        options: fields of the document, such as `tolerance`, `context`, `design` or `seed`.

    Raises:
        SpecError: the claim or another field is not acceptable.
        TrainingFailedError: the first trainings all failed; the cause is what was raised.
        NoNoiseError: the results so far do not vary with the seed, or at all.
        StateError: the study ended without being complete, since too many trials failed.
        KeyboardInterrupt: as it came; what is finished is kept.
    """
    spec = _spec(study, claim, space, measure, name, options)
    place = _made(folder, spec.name)
    try:
        with trainer_of(train, place / "trials", jobs=jobs, processes=processes) as trainer:
            found = _located(trainer, spec, place, jobs=jobs, progress=progress, accepts=accept_no_noise)
    except BaseException as error:
        started = (place / DATABASE).exists() and not isinstance(error, TrainingFailedError)
        if folder is None and started:
            error.add_note(f"what is finished is kept: locate(..., folder={str(place)!r}) goes on with it")
        elif folder is None:
            shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, TrainingFailedError | NoNoiseError):  # the traceback is the cause's, and this call
            raise error.with_traceback(None) from error.__cause__
        raise
    if folder is None:
        shutil.rmtree(place, ignore_errors=True)
    return found


def _made(folder: str | Path | None, name: str) -> Path:
    """The folder of a study, there from now on."""
    try:
        if folder is None:
            return Path(tempfile.mkdtemp(prefix=f"golden-{name}-"))
        Path(folder).mkdir(parents=True, exist_ok=True)
        return Path(folder)
    except OSError as error:
        raise GoldenError(f"cannot make the folder {str(folder)!r} ({error.strerror}); name another") from None


def _spec(
    study: Document | None,
    claim: str | Point | None,
    space: str | Mapping[str, Range] | None,
    measure: str | Mapping[str, Any] | None,
    name: str,
    options: Mapping[str, Any],
) -> StudySpec:
    """The document in whichever form it came."""
    stated = {"claim": claim, "space": space, "measure": measure, **options}
    if study is None:
        if claim is None or space is None or measure is None:
            missing = next(field for field in ("claim", "space", "measure") if stated[field] is None)
            raise TypeError(f"`{missing}` is missing; give claim, space and measure, or a document in `study`")
        return parse(document_of(claim, space, measure, name=name, **options))
    if extra := [field for field, value in stated.items() if value is not None]:
        raise TypeError(f"`{extra[0]}` is given beside `study`, which has its own; leave one out")
    return read_document(study)


def _located(trainer: Trainer, spec: StudySpec, place: Path, *, jobs: int, progress: bool, accepts: bool) -> Verdict:
    database = open_database(sqlite_url(place / DATABASE), application="golden-locate", pool_size=4)
    try:
        detail = ensure_study(database, spec)
        with _shown(database, spec.name, progress):
            source: TrialSource = DatabaseSource(database, spec.name, worker=worker_name())
            run_trials(source if accepts else watched(source, database, detail, cure=NO_NOISE_CURE), trainer, jobs=jobs)
        return _judged(database, spec.name)
    finally:
        database.dispose()


def _shown(database: Database, name: str, progress: bool) -> AbstractContextManager[object]:
    if not progress:
        return nullcontext()
    return LiveProgress(
        lambda: overview.get(database, name), Console(stderr=True, force_jupyter=False, highlight=False, markup=False)
    )


def _judged(database: Database, name: str) -> Verdict:
    detail = overview.get(database, name)
    if detail.summary.state != "complete":
        reason = detail.summary.note or "it did not complete"
        raise StateError(f"the study is {detail.summary.state.value}: {reason}")
    runs = runs_of(database, detail)
    details = verdict_on(detail, runs)

    def make_report() -> dict[str, Any]:
        from studies.report.document import build_report  # brings Plotly

        return build_report(detail, runs, details)

    document, notes = detail.spec.model_dump(mode="json"), faults_in(detail, runs)
    return Verdict(details, document=document, rows=rows_of(database, detail), notes=notes, report=make_report)
