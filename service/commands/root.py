"""The command line as a whole: its verbs, the options that every verb shares, and how a failure ends it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from service.client_errors import ExitCode
from service.commands import (
    audit,
    calibrate,
    comparison,
    course,
    demo,
    init,
    mcp,
    next,
    queue,
    range,
    rejudge,
    results,
    server,
    studies,
    table,
    tokens,
    verdict,
    watch,
    webhooks,
)
from service.commands import (
    run as run_command,
)
from service.commands.asked import asked, command_line
from service.commands.common import complain
from service.commands.completion import verbs
from service.commands.shared_options import ServerOption, share_options
from studies.errors import GoldenError
from studies.standard_streams import OutputError
from studies.text import printable

EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 bad option, setting or study, 3 not found, 4 service or database unreachable, "
    "5 conflict, 130 interrupted. Settings: GOLDEN_SERVER and GOLDEN_TOKEN say which service to talk to. Times are in "
    "the zone of TZ, or of this machine; JSON keeps UTC."
)
NEED_NO_SERVICE = frozenset(
    {
        "demo",
        "init",
        "next_",
        "verify",
        "rejudge",
        "calibrate",
        "range_",
        "serve",
        "worker",
        "upgrade",
        "database_status",
        "help_",
    }
)
NAME = "golden"
app = typer.Typer(
    name=NAME,
    help="Studies that test where the optimum of learning rate and momentum lies.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_command = cache(get_command)  # verbs and options are read from the functions once


def _show_version(context: typer.Context, shown: bool) -> None:
    if shown and not context.resilient_parsing:
        server.version(as_json=False)
        raise typer.Exit(ExitCode.OK)


@app.callback()
def golden(
    server_url: ServerOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of text; as well after the verb.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print this program's version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Studies that test where the optimum of learning rate and momentum lies."""
    asked().as_json = as_json


@app.command(name="help")
def help_(
    context: typer.Context,
    verb: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VERB]...", help="Such as submit, or db upgrade.", autocompletion=verbs),
    ] = None,
) -> None:
    """Show the help of a verb, or of all."""
    context.find_root().command.main([*(verb or []), "--help"], prog_name=NAME, standalone_mode=False)


for part in (
    demo,
    init,
    studies,
    watch,
    queue,
    audit,
    verdict,
    next,
    results,
    run_command,
    rejudge,
    table,
    comparison,
    course,
    calibrate,
    range,
    tokens,
    webhooks,
    mcp,
    server,
):
    app.add_typer(part.app)
    share_options(part.app, without_server=NEED_NO_SERVICE)
share_options(server.database_app, without_server=NEED_NO_SERVICE)
share_options(webhooks.webhooks_app, without_server=NEED_NO_SERVICE)
share_options(
    tokens.token_app,
    without_server={command.callback.__name__ for command in tokens.token_app.registered_commands if command.callback},
)


def run(arguments: Sequence[str] | None) -> int:
    """Run one command line; a refusal becomes a message on standard error and an exit code."""
    with command_line():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        given = list(arguments) if arguments is not None else None
        result: Any = _command(app).main(given, prog_name=NAME, standalone_mode=False)
    except typer.TyperException as error:
        return _usage(error)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except OutputError:
        raise  # for `run_program`: nothing more can be shown
    except GoldenError as error:
        return complain(error)
    if result == ExitCode.INTERRUPTED:  # typer ends an interrupt so
        raise KeyboardInterrupt
    return result if isinstance(result, int) else ExitCode.OK


def _usage(error: typer.TyperException) -> int:
    """A command line that typer refuses: its message, on one line."""
    error.message = error.message.removeprefix("Value error, ")  # pydantic's own
    text = printable(error.format_message(), keep="\n")
    error.format_message = lambda: text  # type: ignore[method-assign]  # it quotes arguments, such as names of files
    show = getattr(error, "show", None)
    if show is not None:
        show()
    return int(getattr(error, "exit_code", ExitCode.USAGE))
