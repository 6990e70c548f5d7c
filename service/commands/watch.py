"""The `golden watch` command: follow a study live, or run a command when studies decide, complete or fail."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.client_errors import ExitCode
from service.commands.common import AsJson, await_service, connect, err, out, print_json_line
from service.commands.progress import StudyProgress
from service.commands.showing import named_for_people
from service.commands.watch_command import Command, plain
from service.tables import verdict_table
from studies.errors import NoVerdictError

if TYPE_CHECKING:
    from service.client import Client
    from service.webhooks.message import StudyMessage

app = typer.Typer()


class Event(StrEnum):
    """Events of studies; `studies.records.NoticeEvent` brings numpy, which `golden --help` does without."""

    DECIDED = "decided"
    COMPLETED = "completed"
    FAILED = "failed"


@app.command()
def watch(
    studies: Annotated[
        list[str] | None, typer.Argument(metavar="[STUDY]...", help="Names of studies; none: all, until interrupted.")
    ] = None,
    command: Annotated[
        str | None,
        typer.Option("--exec", metavar="COMMAND", help="Run this for each event, without a shell; see below."),
    ] = None,
    events: Annotated[list[Event] | None, typer.Option("--event", help="Only these events. May be repeated.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the first event, with the command's code.")] = False,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="Remember here which events were reported.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow a study live, a bar per sweep, until it has ended. With --json, one line per change.

    With several names, without any, or with an option of its own, report events instead: completed, decided (the
    verdict on a completed study) and failed. A command gets each as JSON on standard input and in GOLDEN_STUDY,
    GOLDEN_EVENT, GOLDEN_VERDICT, GOLDEN_SENTENCE, GOLDEN_TITLE, GOLDEN_STATE, GOLDEN_NOTE, GOLDEN_URL, GOLDEN_REPORT,
    GOLDEN_AT and GOLDEN_NOTICE. A service that is away is waited for.
    """
    names = list(dict.fromkeys(studies or ()))
    program = Command.parse(command) if command is not None else None
    with connect() as client:
        if len(names) == 1 and program is None and not events and not once and state is None:
            await_service(client)
            until_final(client, names[0], as_json=as_json)
            return
        code = _report(client, names, program, events=events, once=once, state=state, as_json=as_json)
    if code:
        raise typer.Exit(code)


def until_final(client: Client, name: str, *, as_json: bool) -> None:
    """Follow a study to its end, then print the verdict, if it states one; one that did not complete is a failure."""
    state = ""
    if as_json:
        for study in client.json.follow(name):
            print_json_line(study["summary"])
            state = study["summary"]["state"]
    else:
        with StudyProgress(out) as progress:
            found = progress.follow(client.follow(name))
        state = found.summary.state
        if found.spec.compares:
            out.print(plain(str(NoVerdictError(name))), markup=False, soft_wrap=True)
        else:
            out.print(verdict_table(named_for_people(client.verdict(name), found.spec)))
    if state != "complete":
        raise typer.Exit(ExitCode.FAILED)


def _report(
    client: Client,
    names: list[str],
    program: Command | None,
    *,
    events: list[Event] | None,
    once: bool,
    state: Path | None,
    as_json: bool,
) -> int:
    """Report events until the named studies have ended; the exit code."""
    from service.following import Follower, Memory
    from studies.records import NoticeEvent

    wanted = [NoticeEvent(event) for event in events or Event]
    follower = Follower(client, names, Memory.open(state), events=wanted, say=_say)
    failed = False
    for message in follower.messages():
        print_json_line(message.model_dump(mode="json")) if as_json else _show(message)
        code = program.run(message, say=_say) if program is not None else 0
        follower.reported(message.id)
        if once:
            return code
        failed = failed or code != 0
    return ExitCode.FAILED if failed or follower.unsuccessful else ExitCode.OK


def _show(message: StudyMessage) -> None:
    data = message.data
    text = data.verdict.outcome if data.verdict is not None else data.note
    event = message.type.removeprefix("study.")
    out.print(plain(f"{data.study} {event}" + (f": {text}" if text else "")), markup=False, soft_wrap=True)


def _say(text: str) -> None:
    err.print(plain(text), markup=False, soft_wrap=True)
