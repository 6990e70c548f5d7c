"""The `golden` command.

Exit codes: 0 done, 1 failed, 2 bad option, setting or study, 3 not found, 4 service or database unreachable,
5 conflict with what is there, 130 interrupted. Failures are one line, or one per field, on standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from service.client_errors import ExitCode
from service.commands import audit, calibrate, demo, results, server, studies, table, tokens, verdict, watch, webhooks
from service.commands.common import complain
from studies.errors import GoldenError
from studies.text import printable

EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 bad option, setting or study, 3 not found, 4 service or database unreachable, "
    "5 conflict, 130 interrupted. Settings: GOLDEN_SERVER and GOLDEN_TOKEN say which service to talk to."
)
app = typer.Typer(
    name="golden",
    help="Studies that test where the optimum of learning rate and momentum lies.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for part in (demo, studies, watch, audit, verdict, results, table, calibrate, tokens, webhooks, server):
    app.add_typer(part.app)


@app.callback()
def golden(
    server_url: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="The service; default: GOLDEN_SERVER.")
    ] = None,
) -> None:
    """Studies that test where the optimum of learning rate and momentum lies."""
    if server_url is not None:
        os.environ["GOLDEN_SERVER"] = server_url  # for this process: settings are read by the command itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; every failure becomes a message and an exit code."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _nobody_reads()
    except SystemExit as ending:  # typer ends a closed pipe so, with the cause attached
        if isinstance(ending.__context__, BrokenPipeError):
            return _nobody_reads()
        raise
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    except GoldenError as error:
        return complain(error)
    if code == ExitCode.INTERRUPTED:
        sys.stderr.write("interrupted\n")
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result: Any = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except typer.TyperException as error:
        return _usage(error)
    return result if isinstance(result, int) else ExitCode.OK


def _nobody_reads() -> int:
    """The reader closed the pipe (`golden export ... | head`): not a failure, and nothing is left to flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return ExitCode.OK


def _usage(error: typer.TyperException) -> int:
    """A command line that typer refuses: its message, on one line."""
    error.message = error.message.removeprefix("Value error, ")  # pydantic's own
    text = printable(error.format_message(), keep="\n")
    error.format_message = lambda: text  # type: ignore[method-assign]  # it quotes arguments, such as names of files
    show = getattr(error, "show", None)
    if show is not None:
        show()
    return int(getattr(error, "exit_code", ExitCode.USAGE))


if __name__ == "__main__":
    sys.exit(main())
