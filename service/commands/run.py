"""The `golden run` command: a study whose trainings are a command of the user's own."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import typer

from service.client_errors import ClientError, ExitCode
from service.commands.asked import asked, settings
from service.commands.common import AsJson, UsageError, connect, err, out, print_json, say_if_vague
from service.commands.completion import files
from service.commands.documents import read_study
from service.commands.interrupts import interrupted_by
from service.commands.live_progress import LiveProgress
from service.commands.offline import Offline
from service.commands.run_end import lost_lines, next_lines, served_lines
from service.commands.showing import show_verdict
from service.settings import PREFIX, sqlite_url
from studies.errors import GoldenError, StorageError

if TYPE_CHECKING:
    from service.client import Client
    from studies.advance import FailedTry
    from studies.external.command import CommandTrainer, Template
    from studies.external.source import SourceAwayError, TrialSource
    from studies.language.spec import StudySpec
    from studies.storage.engine import Database
    from studies.storage.read_models import StudyDetail
    from studies.verdict.model import StudyVerdict

app = typer.Typer()
ENDING = ".golden"  # of the folder beside a study's file
MOST_JOBS = 256
PATIENCE = 300.0  # seconds for a service that is away once everything is trained
NO_NOISE_CURE = "give it {seed} and the parameters, or add --accept-no-noise if that is meant"
T = TypeVar("T")


class Accepted(NamedTuple):
    """What is not to stop a run: another program than before, results that do not vary."""

    program: bool
    no_noise: bool


@app.command()
def run(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[STUDY] -- COMMAND...",
            help="A study's file, then the command of a training, with placeholders such as {lr} and {seed}.",
            autocompletion=files,
            show_default=False,
        ),
    ],
    claim: Annotated[
        str | None, typer.Option("--claim", metavar="POINT", help="Instead of a file: such as lr=3e-4,beta1=0.9.")
    ] = None,
    space: Annotated[
        str | None, typer.Option("--space", metavar="RANGES", help="Such as lr=1e-5..0.1,beta1=0.5..0.999.")
    ] = None,
    measure: Annotated[
        str | None, typer.Option("--measure", metavar="MEASURE", help="Such as val_acc:maximize:share:1000.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the study, if not the document's.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one field. May be repeated.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, max=MOST_JOBS, help="Trainings at once; GPUs are given to them in turn.")
    ] = 1,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", min=0.1, metavar="SECONDS", help="End a training after this time.")
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option(
            "--db", metavar="FILE", help="SQLite file of the study; default: in FOLDER.", autocompletion=files
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="FOLDER", help="For checkpoints and logs; default: STUDY.golden.", autocompletion=files
        ),
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", metavar="TOKEN", help="Of the service; better in GOLDEN_TOKEN.")
    ] = None,
    same_program: Annotated[
        bool, typer.Option("--same-program", help="Go on although the command, or a file that it names, has changed.")
    ] = False,
    accept_no_noise: Annotated[
        bool,
        typer.Option("--accept-no-noise", help="Go on although results do not vary with the seed, or at all."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a study with a command that trains once: golden run study.toml -- python train.py --lr {lr} --seed {seed}.

    Placeholders are the study's parameters and {seed}, {order_seed}, {split}, {fold}, {folds}, {trial}, {run},
    {epochs}, {loss}, {context} and {folder}, a folder for checkpoints that survives failed attempts; all are variables,
    too (GOLDEN_PARAMETER_LR, GOLDEN_SEED, ...). The result is the last line of the output that is a JSON object with
    the measure's name, such as {"val_acc": 0.93}, or {"diverged": true}, or what the command writes to the file in
    GOLDEN_RESULT. Lines with a "step" are shown on the way. The study is kept in FOLDER, and the same command goes on
    with it; with --server (or GOLDEN_SERVER) a service keeps it, and several machines may run this.
    """
    from studies.external.command import CommandTrainer, Template, visible_devices
    from studies.external.first_study import bare_share

    spec, command = _study(words, (claim, space, measure), overrides or [], name)
    if spec.compares:
        text = f"study {spec.name!r} compares arms of the built-in trainer, which needs no command"
        raise UsageError(f"{text}; submit it to a service (golden submit) whose workers train it")
    served = asked().server is not None or (db is None and f"{PREFIX}SERVER" in os.environ)
    if served and db is not None:
        raise UsageError("--db names a database of this command's own, and --server a service; leave one out")
    if db is not None and "://" in str(db).replace(":/", "://"):  # a path has one slash where a URL has two
        raise UsageError("--db names an SQLite file; for PostgreSQL start a service on it, and name that in --server")
    if token is not None and not served:
        raise UsageError("--token is for a service; name it with --server, or leave it out")
    say_if_vague(spec)
    if measure is not None and (note := bare_share(spec)):
        err.print(f"note: {note}", markup=False, soft_wrap=True)
    template = Template(tuple(command), tuple(parameter.name for parameter in spec.parameters))
    place = folder or _beside(words, claim, spec)
    trainer = CommandTrainer(
        template,
        place / "trials",
        seconds=time_limit or float(spec.limits.trial_seconds),
        devices=visible_devices(os.environ) if jobs > 1 else (),
    )
    accepted = Accepted(program=same_program, no_noise=accept_no_noise)
    with interrupted_by(signal.SIGTERM, signal.SIGHUP):
        if served:
            judged = _with_service(spec, trainer, accepted, jobs=jobs, token=token)
        else:
            judged = _embedded(spec, trainer, accepted, place, db, jobs=jobs)
    _show(judged, as_json=as_json)


def _study(
    words: list[str], brief: tuple[str | None, str | None, str | None], overrides: list[str], name: str | None
) -> tuple[StudySpec, list[str]]:
    """The study and the command."""
    from studies.external.brief import document_of
    from studies.language.spec import parse

    claim, space, measure = brief
    if claim is None and space is None and measure is None:
        source, *command = words
        _require_command(command)
        return read_study(source, overrides, client=Offline(), name=name), command
    if claim is None or space is None or measure is None:
        from studies.external.first_study import ranges_hint

        hint = ranges_hint(claim, space)
        raise UsageError(f"a study in words needs --claim, --space and --measure, all three{hint}")
    if overrides:
        raise UsageError("--set changes a study's file; leave it out beside --claim")
    _require_command(words)
    return parse(document_of(claim, space, measure, name=name or "study")), words


def _require_command(command: list[str]) -> None:
    if not command:
        raise UsageError("name the command of a training after --, such as: -- python train.py --lr {lr} --seed {seed}")
    if shutil.which(command[0]) is None:
        raise UsageError(f"there is no program {command[0]!r}; name the command of a training after --")


def _beside(words: list[str], claim: str | None, spec: StudySpec) -> Path:
    """The folder beside the study's file; in the current folder where there is none."""
    source = Path(words[0]) if claim is None else None
    if source is not None and source.suffix and source.is_file():
        return source.with_name(source.stem + ENDING)
    return Path(spec.name + ENDING)


def _hint(template: Template) -> None:
    """Warn of parameters, and a seed, that the command must take from its environment."""
    from studies.external.command import variable_of

    missing = [f"{{{name}}}" for name in template.unnamed]
    if missing:
        names = [PREFIX + "SEED" if name == "seed" else variable_of(name) for name in template.unnamed]
        text = (
            f"warning: the command names no {' and no '.join(missing)}: the program must read {' and '.join(names)} "
            "from its environment; one that does not trains without them, and the verdict means nothing"
        )
        err.print(text, style="bold yellow", markup=False, soft_wrap=True)


class Judged(NamedTuple):
    """A study at its end, its verdict, sentences that follow it, and the commands that come next."""

    detail: StudyDetail
    verdict: StudyVerdict
    advice: list[str]
    closing: list[str]


def _embedded(
    spec: StudySpec, trainer: CommandTrainer, accepted: Accepted, place: Path, db: Path | None, *, jobs: int
) -> Judged:
    """Run a study in a database of its own, to its verdict."""
    from studies.external.database_source import DatabaseSource
    from studies.external.embedded import require_external, worker_name
    from studies.external.watching import faults_in, watched
    from studies.judgement import judged, runs_of
    from studies.storage import listing, overview
    from studies.storage.engine import open_database

    require_external(spec)
    path = db or place / "golden.db"
    for needed in (place, path.parent):
        _make(needed)
    database = open_database(sqlite_url(path), application="golden-run", pool_size=4)
    try:
        detail = _ensured(database, spec)
        _require_program(path, detail, trainer, accepted=accepted.program)
        _say_where(detail, f"{path}; checkpoints and logs in {place}")
        own = DatabaseSource(database, spec.name, worker=worker_name(), on_failure=_say_unplanned)
        source = own if accepted.no_noise else watched(own, database, detail, cure=NO_NOISE_CURE)
        _train(source, trainer, lambda: overview.get(database, spec.name), jobs=jobs)
        detail, verdict = judged(database, spec.name)
        odd = faults_in(detail, runs_of(database, detail))
        lost = lost_lines(listing.iter_trials(database, spec.name), trainer.folder / spec.name)
    finally:
        database.dispose()
    return Judged(detail, verdict, [*odd, *lost], list(next_lines(detail.spec, verdict, path)))


def _require_program(beside: Path, detail: StudyDetail, trainer: CommandTrainer, *, accepted: bool) -> None:
    """See that the program is the one that trained the study so far, by a note beside its database."""
    from studies.external.program import Program, require_same

    path = beside.with_name(f"{beside.stem}.{detail.summary.name}.program.json")
    require_same(path, detail, Program.of(trainer.template.words), accepted=accepted)


def _ensured(database: Database, spec: StudySpec) -> StudyDetail:
    """The study in its database; where that cannot be used, the cure names the option."""
    from studies.external.embedded import ensure_study

    try:
        return ensure_study(database, spec)
    except StorageError as error:
        error.args = (str(error).replace("GOLDEN_DATABASE_URL", "--db"),)
        raise


def _with_service(
    spec: StudySpec, trainer: CommandTrainer, accepted: Accepted, *, jobs: int, token: str | None
) -> Judged:
    """Run trials of a study that a service keeps, until it has ended."""
    from service.lease_source import ServiceSource
    from service.verdicts.forecast_text import with_command
    from studies.external.embedded import worker_name
    from studies.external.watching import WatchedSource

    with connect(settings(token=token)) as client:
        detail = _submitted(client, spec)
        _require_program(trainer.folder.parent / "service", detail, trainer, accepted=accepted.program)
        _say_where(detail, f"{client.base_url}/studies/{spec.name}; checkpoints and logs in {trainer.folder.parent}")
        own = ServiceSource(client, worker=worker_name(), study=spec.name)
        source = own if accepted.no_noise else WatchedSource(own, cure=NO_NOISE_CURE)
        _train(source, trainer, lambda: client.study(spec.name), jobs=jobs)
        verdict = _patiently(lambda: client.verdict(spec.name))
        undecided = any(sweep.needed for sweep in verdict.sweeps)
        advice = with_command(_patiently(lambda: client.forecast(spec.name))) if undecided else []
        lost = lost_lines(_patiently(lambda: list(client.trials(spec.name))))
        detail = _patiently(lambda: client.study(spec.name))
        return Judged(detail, verdict, [*lost, *advice], list(served_lines(spec, client.base_url)))


def _patiently(ask: Callable[[], T]) -> T:
    """An answer of a service that may be away for a while, since the trainings behind it took longer."""
    from service.lease_source import AWAY

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except ClientError as error:
            if error.status not in AWAY or time.monotonic() > until:
                raise
        time.sleep(1.0)


def _submitted(client: Client, spec: StudySpec) -> StudyDetail:
    """The study on the service; whoever may not submit finds it there."""
    try:
        found = client.study(spec.name)
    except ClientError as error:
        if error.exit_code is not ExitCode.NOT_FOUND:
            raise
        return client.submit(spec)
    if found.spec != spec:
        from studies.language.differing import differing

        text = f"the service has another study called {spec.name!r} ({differing(found.spec, spec)})"
        text = f"{text}; give this one another name with --name"
        raise ClientError(text, status=409, exit_code=ExitCode.CONFLICT)
    return found


def _train(source: TrialSource, trainer: CommandTrainer, look: Callable[[], StudyDetail], *, jobs: int) -> None:
    """Train until the study has ended; say so where it is interrupted."""
    from studies.external.loop import run_trials

    _hint(trainer.template)

    def on_away(error: SourceAwayError | None) -> None:
        text = "back again" if error is None else f"{error}; results are kept until it is back"
        err.print(text, soft_wrap=True)

    try:
        with LiveProgress(look, err):
            run_trials(source, trainer, jobs=jobs, on_away=on_away)
    except KeyboardInterrupt:
        err.print("trials were handed back; the same command goes on with the study", soft_wrap=True)
        raise


def _say_where(detail: StudyDetail, where: str) -> None:
    summary = detail.summary
    runs = f"{summary.runs_done:,} of {summary.runs_expected:,} runs done"
    err.print(f"study {summary.name} ({runs}) in {where}", soft_wrap=True)


def _show(judged: Judged, *, as_json: bool) -> None:
    """Print the verdict; a study that did not complete is a failure."""
    detail = judged.detail
    if as_json:
        from studies.verdict.exchange import to_json

        print_json(to_json(judged.verdict))
    else:
        show_verdict(out, judged.verdict, detail.spec, advice=judged.advice)
        for line in judged.closing:
            out.print(line, markup=False, soft_wrap=True)  # a command that is to be copied
    if detail.summary.state != "complete":
        err.print(f"the study is {detail.summary.state}: {detail.summary.note or 'it did not complete'}")
        raise typer.Exit(ExitCode.FAILED)


def _say_unplanned(failure: FailedTry) -> None:
    from studies.advance import reason_of

    err.print(f"the next phase of {failure.sweep} cannot be planned: {reason_of(failure.error)}", soft_wrap=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"cannot make the folder {str(folder)!r} ({error.strerror}); name another with --folder or --db"
        raise GoldenError(text) from None
