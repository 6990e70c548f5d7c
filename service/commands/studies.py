"""Commands about studies: submit, preview, list, status, and what an operator may do to a running one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from service.client_errors import ClientError, ExitCode
from service.commands.common import (
    AsJson,
    Awaited,
    StudyArgument,
    UsageError,
    await_service,
    connect,
    err,
    out,
    print_json,
    say_if_vague,
    show_answer,
)
from service.commands.completion import documents, states, study_names
from service.commands.documents import at_paper_scale, read_study, scaled
from service.commands.offline import POWER_SECONDS, advisor
from service.commands.watch import until_final
from service.formats import bounded
from service.tables import preview_table, study_table, sweep_table
from studies.text import printable

if TYPE_CHECKING:
    from service.client import Client
    from studies.storage.read_models import StudyDetail

app = typer.Typer()
Source = Annotated[
    str,
    typer.Argument(
        metavar="FILE|NAME",
        help="A .toml or .json file, - for standard input, or a catalogue name.",
        autocompletion=documents,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change one field, e.g. contexts.0.epochs=5 (*: all). May be repeated."
    ),
]
Folds = Annotated[int | None, typer.Option("--folds", help="Short for --set replication.folds=N.")]
Repeats = Annotated[int | None, typer.Option("--repeats", help="Short for --set design.repeats=N (cross-validation).")]
Images = Annotated[int | None, typer.Option("--images", help="Short for --set 'contexts.*.images=N'.")]
PaperScale = Annotated[
    bool,
    typer.Option("--paper-scale", help="A reduced study of the catalogue at the paper's scale, under another name."),
]
NewName = Annotated[str | None, typer.Option("--name", help="Name of the study, if not the document's.")]


@app.command()
def submit(
    source: Source,
    overrides: Overrides = None,
    folds: Folds = None,
    repeats: Repeats = None,
    images: Images = None,
    paper_scale: PaperScale = False,
    name: NewName = None,
    key: Annotated[str | None, typer.Option("--idempotency-key", help="Makes a repeated submit safe.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Show progress until the study has ended, then the verdict.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Submit a study. The same document submitted twice is one study. A service that starts here is waited for."""
    with connect() as client:
        larger, name = at_paper_scale(source, name) if paper_scale else ([], name)
        changes = [*larger, *scaled(folds=folds, repeats=repeats, images=images), *(overrides or [])]
        spec = read_study(source, changes, client=Awaited(client), name=name)
        say_if_vague(spec)
        await_service(client)
        if as_json and not wait:
            print_json(client.json.submit(spec, idempotency_key=key))
            return
        study = client.submit(spec, idempotency_key=key)
        if wait:
            until_final(client, spec.name, as_json=as_json)
            return
        hint = _who_trains(client, study)
    runs = bounded(study.summary.runs_expected, study.may_end_early)
    out.print(f"{spec.name} is {study.summary.state}: {len(study.sweeps)} sweeps, {runs} runs", markup=False)
    out.print(f"{client.base_url}/studies/{spec.name}", markup=False, soft_wrap=True)
    if hint:
        err.print(hint, markup=False, soft_wrap=True)


def _who_trains(client: Client, study: StudyDetail) -> str:
    """What must be started before anything of a submitted study is trained; "" where nothing need be, or is known."""
    from studies.records import FINAL_STATES  # brings numpy, which most commands do without

    if study.summary.state in FINAL_STATES or study.summary.runs_done or study.summary.trials_running:
        return ""
    if not study.spec.built_in:
        return f"it waits for your program: golden run DOCUMENT --server {client.base_url} -- YOUR COMMAND"
    try:
        alive = any(worker.alive for worker in client.workers())
    except ClientError:  # this caller may not ask
        return ""
    return "" if alive else "no worker is alive, so nothing will be trained; start one with `golden worker`"


@app.command()
def preview(
    source: Source,
    overrides: Overrides = None,
    folds: Folds = None,
    repeats: Repeats = None,
    images: Images = None,
    paper_scale: PaperScale = False,
    name: NewName = None,
    power: Annotated[bool, typer.Option("--power", help="Simulate how likely the design is to decide.")] = False,
    power_seconds: Annotated[
        float, typer.Option(min=1, max=86_400, help="With --power, here: begin no simulated study after this time.")
    ] = POWER_SECONDS,
    pilot: Annotated[
        str | None,
        typer.Option(
            metavar="STUDY",
            help="Take noise and curvature from this study of the service; implies --power.",
            autocompletion=study_names,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the trials, runs and rough time of a study before it is submitted, and its chance to decide.

    Works without a service, and then assumes how fast workers are. With --server (or --pilot) the service answers,
    which knows how fast its workers are.
    """
    with advisor(needs_service=pilot is not None, power_seconds=power_seconds) as answers:
        larger, name = at_paper_scale(source, name) if paper_scale else ([], name)
        changes = [*larger, *scaled(folds=folds, repeats=repeats, images=images), *(overrides or [])]
        spec = read_study(source, changes, client=answers, name=name)
        simulated = power or pilot is not None
        if as_json:
            print_json(answers.json.preview(spec, power=simulated, pilot=pilot))
        else:
            out.print(preview_table(answers.preview(spec, power=simulated, pilot=pilot)))


@app.command(name="list")
def list_studies(
    state: Annotated[str | None, typer.Option(help="Only studies in this state.", autocompletion=states)] = None,
    tag: Annotated[str | None, typer.Option(help="Only studies with this tag.")] = None,
    as_json: AsJson = False,
) -> None:
    """List studies, newest first."""
    show_answer(
        lambda client: list(client.studies(state=state, tag=tag)),
        lambda found: out.print(study_table(found)),
        as_json=as_json,
    )


@app.command()
def status(
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help="The study's name; none: all.", autocompletion=study_names)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a study is, phase by phase; without a name, all studies."""
    if study is None:
        list_studies(None, None, as_json)
        return
    show_answer(lambda client: client.study(study), _show_progress, as_json=as_json)


@app.command()
def pause(study: StudyArgument, as_json: AsJson = False) -> None:
    """Let workers finish what they hold and claim nothing more of a study."""
    show_answer(lambda client: client.pause(study), _show_state, as_json=as_json)


@app.command()
def resume(study: StudyArgument, as_json: AsJson = False) -> None:
    """Let workers claim again."""
    show_answer(lambda client: client.resume(study), _show_state, as_json=as_json)


@app.command()
def cancel(study: StudyArgument, as_json: AsJson = False) -> None:
    """End a study for good; what was measured stays."""
    show_answer(lambda client: client.cancel(study), _show_state, as_json=as_json)


@app.command()
def edit(
    study: StudyArgument,
    notes: Annotated[str | None, typer.Option(metavar="TEXT", help="What is worth knowing about it; '': none.")] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="All tags from now on. May be repeated.")
    ] = None,
    no_tags: Annotated[bool, typer.Option("--no-tags", help="Take all tags away.")] = False,
    priority: Annotated[
        int | None, typer.Option(min=-100, max=100, help="Studies with a higher one are trained first.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change notes, tags or priority of a study. Its document and its hashes stay as they are."""
    if tags and no_tags:
        raise UsageError("give either --tag or --no-tags")
    wanted = [] if no_tags else tags or None
    if notes is None and wanted is None and priority is None:
        raise UsageError("nothing is to be changed; give at least one of --notes, --tag, --no-tags and --priority")
    show_answer(
        lambda client: client.edit(study, notes=notes, tags=wanted, priority=priority), _show_added, as_json=as_json
    )


@app.command()
def extend(
    study: StudyArgument,
    more: Annotated[
        int | None, typer.Option(min=1, max=20_000, help="Further trials per sweep of a search, or repeats.")
    ] = None,
    until_decided: Annotated[
        bool, typer.Option("--until-decided", help="Further looks at a complete study that did not decide.")
    ] = False,
    max_runs: Annotated[
        int | None, typer.Option(min=1, help="With --until-decided: the most further runs to take.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", help="Makes a repeated extend safe, for seven days.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a search more trials, a cross-validation more repeats, or an undecided study further looks.

    With --until-decided every look doubles the zoom points and paired blocks; the error rate of the whole is held.
    """
    if (more is None) == (not until_decided) or until_decided != (max_runs is not None):
        raise UsageError("give either --more N, or --until-decided with --max-runs N")
    show_answer(_extension(study, more, max_runs, key), _show_state, as_json=as_json)


@app.command()
def delete(study: StudyArgument, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Delete a study with everything it measured."""
    if not yes and not out.is_terminal:
        raise UsageError("deleting needs --yes where no terminal is attached")
    if not yes and not typer.confirm(f"Delete {printable(study)} with everything it measured?"):
        raise typer.Exit(ExitCode.FAILED)
    with connect() as client:
        client.delete(study)
    out.print(f"{study} is deleted", markup=False)


def _extension(study: str, more: int | None, max_runs: int | None, key: str | None) -> Callable[[Client], StudyDetail]:
    if more is not None:
        return lambda client: client.extend(study, more, idempotency_key=key)
    return lambda client: client.extend_until_decided(study, max_runs or 0, idempotency_key=key)


def _show_progress(study: StudyDetail) -> None:
    out.print(sweep_table(study))
    if study.summary.note:
        out.print(study.summary.note, markup=False)
    if study.summary.tags or study.summary.priority or study.notes:
        _show_added(study)


def _show_added(study: StudyDetail) -> None:
    tags = ", ".join(study.summary.tags) or "none"
    out.print(f"{study.summary.name}: priority {study.summary.priority}, tags: {tags}", markup=False)
    if study.notes:
        out.print(printable(study.notes, keep="\n\t"), markup=False)


def _show_state(study: StudyDetail) -> None:
    out.print(f"{study.summary.name} is {study.summary.state}", markup=False)
