"""The `golden-worker` command: its options, and what the end of a worker means as an exit code.

Exit codes: 0 stopped in good order, 1 failed, 2 bad option or setting, 3 schema not current, 4 database unreachable,
5 a training hung and was given up, 130 or 143 stopped at once by a second SIGINT or SIGTERM. The first one hands the
trials in hand back and stops. Whatever ends the process, its trials are claimed again once their leases run out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Annotated, Any

import structlog
import typer

from studies.errors import GoldenError, SchemaError, StorageUnavailableError
from studies.programs import compute_small_matrices_alone
from studies.standard_streams import run_program
from studies.text import printable
from worker.logs import configure_logs
from worker.settings import Settings, SettingsError, load, unknown_keys

NAME = "golden-worker"
EPILOG = (
    "The database URL is read from GOLDEN_DATABASE_URL or the file GOLDEN_DATABASE_URL_FILE, so that a password never "
    "shows in a process list; --database is for URLs without one. All others but --study and --exit-when-idle may be "
    "variables too: GOLDEN_DEVICE, GOLDEN_WORKER_NAME, GOLDEN_LEASE_SECONDS, and so on."
)
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
log = structlog.get_logger("worker")


@app.command(epilog=EPILOG)
def settings(
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="The database; default: GOLDEN_DATABASE_URL.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="auto, cpu, cuda or cuda:N; default: auto.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of this worker; default: host-pid-device.")
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Folder of the data sets; default: data.")
    ] = None,
    study: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Work on this study only. May be repeated.")
    ] = None,
    max_lanes: Annotated[str | None, typer.Option(metavar="N", help="Largest stack; default: 0, by memory.")] = None,
    threads: Annotated[
        str | None, typer.Option(metavar="N", help="CPU threads, at most one a processor; default: 0, all.")
    ] = None,
    lease_seconds: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="Until a dead worker's trials are claimed again; default: 60.")
    ] = None,
    poll_seconds: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="Pause where nothing waits; default: 1.")
    ] = None,
    exit_when_idle: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="Stop after this long without work; default: never.")
    ] = None,
    heartbeat_dir: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="For a file touched now and again, for health checks.")
    ] = None,
    log_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="console, json or auto; default: console.")
    ] = None,
) -> Settings:
    """Trains the trials of golden-study. Needs nothing but the database."""
    return load(
        database_url=database or None,
        device=device,
        worker_name=name,
        data_dir=data_dir,
        study=study or None,
        max_lanes=max_lanes,
        threads=threads,
        lease_seconds=lease_seconds,
        poll_seconds=poll_seconds,
        exit_when_idle=exit_when_idle,
        heartbeat_dir=heartbeat_dir,
        log_format=log_format,
    )


def read_settings(argv: Sequence[str] | None = None) -> Settings:
    """Options over variables over defaults.

    Raises:
        SystemExit: help was asked for (0), or something cannot be used (2), which one sentence on standard error names.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        found: Any = app(args=arguments, prog_name=NAME, standalone_mode=False)
    except typer.TyperException as error:
        text = getattr(error, "format_message", error.__str__)()
    except SettingsError as error:
        text = str(error)
    else:
        if isinstance(found, Settings):
            return found
        raise SystemExit(0)
    sys.stderr.write(f"{NAME}: {printable(text).rstrip('.')}; see {NAME} --help\n")
    raise SystemExit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    compute_small_matrices_alone()
    return run_program(lambda: _run(argv), lambda line: sys.stderr.write(f"{NAME}: {line}\n"))


def _run(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    found = read_settings(arguments)
    configure_logs(found.log_format)
    if found.supervisor_pid is None:  # a supervisor has logged them already
        for line in unknown_keys(os.environ):
            log.warning(line)
    if find_spec("torch") is None:
        return _complain("torch is not installed here; pip install 'golden-study[worker]'", 1)
    from worker.process import run  # torch and SQLAlchemy load for seconds: help and bad options do without

    try:
        return run(found, arguments)
    except SchemaError as error:
        return _complain(error, 3)
    except StorageUnavailableError as error:
        return _complain(error, 4)
    except (ValueError, GoldenError) as error:  # an option, or a URL that names no usable database
        return _complain(error, 2)


def _complain(error: object, code: int) -> int:
    print(f"{NAME}: {printable(str(error))}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
