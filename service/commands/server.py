"""Commands about the processes: serve, worker, db, doctor, login, version."""

from __future__ import annotations

import os
import socket
import sys
from importlib.metadata import version as installed
from typing import Annotated

import structlog
import typer

from service.commands.asked import settings as settings_in_force
from service.commands.common import AsJson, UsageError, connect, err, opened, out, print_json, require_trainer
from service.commands.completion import log_formats
from service.door.security import login_code
from service.settings import Settings, SettingsError, load, unknown_keys
from studies.programs import WORKER, command_of, environment_of

app = typer.Typer()
database_app = typer.Typer(help="Make or check the database's tables.", no_args_is_help=True)
app.add_typer(database_app, name="db")
DatabaseOption = Annotated[str | None, typer.Option("--database", metavar="URL", help="Default: GOLDEN_DATABASE_URL.")]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen on [8000].")] = None,
    database: DatabaseOption = None,
    migrate: Annotated[bool, typer.Option("--migrate", help="Make or upgrade the tables first.")] = False,
    log_format: Annotated[str | None, typer.Option(help="console, json or auto.", autocompletion=log_formats)] = None,
    showcase: Annotated[
        bool | None,
        typer.Option("--showcase/--no-showcase", help="Also show the published results, read-only [GOLDEN_SHOWCASE]."),
    ] = None,
    inherited: Annotated[int | None, typer.Option("--fd", hidden=True, help="A socket that listens already.")] = None,
) -> None:
    """Serve the API and the dashboard until interrupted. Beyond 127.0.0.1 a GOLDEN_TOKEN is required."""
    from service import logs, server
    from studies.storage.migrate import require_current
    from studies.storage.release import announce

    settings = load(host=host, port=port, database_url=database, log_format=log_format, showcase=showcase)
    if settings.showcase:
        _require_published()
    logs.configure(settings)
    for line in unknown_keys(os.environ):
        err.print(f"warning: {line}", markup=False)
    if migrate:
        _upgrade(settings)
    with opened(settings) as db:
        require_current(db)
        announce(db)
    listener = server.bind(settings.host, settings.port) if inherited is None else inherited_listener(inherited)
    bound = settings.model_copy(update={"port": listener.getsockname()[1]})
    _announce(bound.model_copy(update={"server": None}))  # where it listens, whatever a proxy calls it
    server.serve(bound, listener)


def _require_published() -> None:
    from service.published import reports  # brings what reports are read with, which most commands do without

    if not reports.files():
        raise SettingsError(
            "GOLDEN_SHOWCASE is set, but this installation carries no published results; "
            "serve from a clone or from a wheel made by `make wheel`, or leave GOLDEN_SHOWCASE out"
        )


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def worker(context: typer.Context) -> None:
    """Start a worker in place of this process; all options are `golden-worker`'s (see `golden-worker --help`)."""
    if not {"-h", "--help"} & set(context.args):
        require_trainer()
        os.environ.setdefault("GOLDEN_DATABASE_URL", load().database_url.get_secret_value())
    command = [*command_of(WORKER), *context.args]
    sys.stdout.flush()
    os.execve(command[0], command, environment_of(os.environ))


@database_app.command("upgrade")
def upgrade(database: DatabaseOption = None) -> None:
    """Make the tables, or bring them to this program's version. Safe to repeat and to run from several machines."""
    out.print(f"{_upgrade(load(database_url=database))} is ready", markup=False, soft_wrap=True)


@database_app.command("status")
def database_status(database: DatabaseOption = None, as_json: AsJson = False) -> None:
    """Check that the database is reachable and that its tables are this program's."""
    from studies.storage.migrate import require_current

    with opened(load(database_url=database)) as db:
        require_current(db)
        if as_json:
            print_json({"database": db.kind, "url": db.url_shown, "schema": "current"})
        else:
            out.print(f"{db.url_shown}: {db.kind}, reachable, schema current", markup=False, soft_wrap=True)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Print what is in force and what is wrong with it; exit code 1 if anything is."""
    from service.commands.doctor import examine

    findings = examine(settings_in_force(), os.environ)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            out.print(str(finding), markup=False, soft_wrap=True)
    if any(finding.level == "wrong" for finding in findings):
        raise typer.Exit(1)


@app.command()
def login() -> None:
    """Print an address that opens the dashboard in a browser; it works once, within five minutes."""
    settings = settings_in_force()
    if settings.token is None and settings.guarded:
        raise UsageError("GOLDEN_TOKENS_FILE holds digests alone: set GOLDEN_TOKEN to your own token")
    if settings.token is None:
        raise UsageError(f"no GOLDEN_TOKEN is set, so no login is needed: open {settings.base_url}/")
    out.print(_entrance(settings), markup=False, soft_wrap=True)


@app.command()
def version(as_json: AsJson = False) -> None:
    """Print this program's version; with --json the service's too."""
    mine = installed("golden-study")
    if not as_json:
        out.print(f"golden-study {mine}", markup=False)
        return
    with connect() as client:
        print_json({"client": mine, "service": client.json.version()})


def inherited_listener(number: int) -> socket.socket:
    """The socket that whoever started this process listens on already.

    Raises:
        UsageError: the number is that of no socket.
    """
    try:
        return socket.socket(fileno=number)
    except OSError as error:
        raise UsageError(f"--fd {number} is no inherited socket: {error.strerror}") from None


def _announce(settings: Settings) -> None:
    """Say where the service listens; the address that logs in goes to a terminal alone, since a log is kept."""
    if sys.stderr.isatty() and settings.log_format != "json":
        err.print(f"golden-study serves {_entrance(settings)}", markup=False, soft_wrap=True)
        return
    way = {} if not settings.guarded else {"login": "`golden login` prints an address that opens it in a browser"}
    structlog.get_logger(__name__).info("golden-study serves", address=f"{settings.base_url}/", **way)


def _entrance(settings: Settings) -> str:
    """The dashboard's address, with a login code where one is needed."""
    if settings.token is None:
        return f"{settings.base_url}/"
    return f"{settings.base_url}/login?code={login_code(settings.token.get_secret_value())}"


def _upgrade(settings: Settings) -> str:
    from studies.storage.migrate import migrate

    with opened(settings, create=True) as db:
        migrate(db)
        return db.url_shown
