"""Parts that commands share: options, output, and one way to turn a failure into a message and an exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from service.client_errors import ClientError, ExitCode
from service.commands.asked import settings as settings_in_force
from service.commands.completion import study_names
from service.door.tokens_file import TokenExistsError, TokenNotFoundError
from service.door.watched import WatchedFileError
from service.settings import Settings, SettingsError, default_database_path, default_database_url
from service.terminal import SafeConsole, write_json
from studies.errors import (
    DatabaseUrlError,
    DuplicateStudyError,
    GoldenError,
    SchemaError,
    SpecError,
    StateError,
    StorageUnavailableError,
    StudyNotFoundError,
)

if TYPE_CHECKING:
    from service.client import Client
    from service.schemas import CatalogueDetail
    from studies.language.spec import StudySpec
    from studies.storage.engine import Database

EXIT_BY_ERROR: dict[type[GoldenError], ExitCode] = {
    SpecError: ExitCode.USAGE,
    SettingsError: ExitCode.USAGE,
    DatabaseUrlError: ExitCode.USAGE,
    StudyNotFoundError: ExitCode.NOT_FOUND,
    WatchedFileError: ExitCode.USAGE,
    TokenNotFoundError: ExitCode.NOT_FOUND,
    TokenExistsError: ExitCode.CONFLICT,
    StorageUnavailableError: ExitCode.UNREACHABLE,
    SchemaError: ExitCode.UNREACHABLE,
    DuplicateStudyError: ExitCode.CONFLICT,
    StateError: ExitCode.CONFLICT,
}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="The study's name.", autocompletion=study_names)]

STARTING_SECONDS = 8.0  # what a service takes until it answers, on a slow machine

T = TypeVar("T")

out = SafeConsole()
err = SafeConsole(stderr=True)


def say_if_vague(spec: StudySpec) -> None:
    """Note on standard error that a claim says too little to be supported, before anything is trained for it."""
    from studies.language.terms import vague_note

    if note := vague_note(spec):
        err.print(f"note: {note}", markup=False, soft_wrap=True)


class UsageError(GoldenError, ValueError):
    """The command line asks for something that cannot be; the message says what to write instead."""


def connect(settings: Settings | None = None) -> Client:
    """A client of the service in force: GOLDEN_SERVER and GOLDEN_TOKEN (or GOLDEN_READ_TOKEN)."""
    from service.client import Client  # brings the HTTP library and the models, which `golden --help` does without

    settings = settings or settings_in_force()
    token = settings.token or settings.read_token
    return Client(settings.base_url, token.get_secret_value() if token else None)


def await_service(client: Client) -> None:
    """Wait a few seconds for a service on this machine that was started just now; says so on standard error.

    One that does not come is left to the request that follows, which says that it cannot be reached.
    """
    from service.transport import is_here

    if not is_here(client.base_url):
        return
    until = time.monotonic() + STARTING_SECONDS
    waits = False
    while True:
        try:
            client.version()
            return
        except ClientError as error:
            if error.status or time.monotonic() > until:
                return
        if not waits:
            err.print(f"waiting for {client.base_url} ...", markup=False, soft_wrap=True)
            waits = True
        time.sleep(0.3)


@dataclass(frozen=True, slots=True)
class Awaited:
    """The catalogue of a service that may be starting: what a file is says itself, and waits for nobody."""

    client: Client

    def catalogue_study(self, name: str) -> CatalogueDetail:
        """One ready-made study with its document, once the service is there."""
        await_service(self.client)
        return self.client.catalogue_study(name)


def show_answer(ask: Callable[[Client], T], text: Callable[[T], object], *, as_json: bool) -> None:
    """Ask the service, and print the answer by `text`, or as JSON just as the service sent it."""
    with connect() as client:
        if as_json:
            print_json(ask(client.json))
        else:
            text(ask(client))


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[Database]:
    """The database that the settings name, closed again at the end.

    Args:
        settings: name it.
        create: make the folder of the default SQLite file; nothing else here makes anything.

    Raises:
        DatabaseUrlError: nothing can be there.
        GoldenError: the folder cannot be made.
        SchemaError: it is the default SQLite file, which nobody has made yet.
    """
    from studies.storage.engine import open_database  # brings SQLAlchemy, which most commands do without

    url = settings.database_url.get_secret_value()
    if url == default_database_url():
        _prepare_default(default_database_path().parent, create=create)
    db = open_database(url, application="golden-cli", pool_size=settings.pool_size)
    try:
        yield db
    finally:
        db.dispose()


def _prepare_default(folder: Path, *, create: bool) -> None:
    if not create:
        if not folder.exists():
            text = f"there is no database yet: {folder} does not exist; run `golden db upgrade`, which makes both"
            raise SchemaError(text, public="there is no database yet; run `golden db upgrade`, which makes it")
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"cannot make the folder {str(folder)!r} ({error.strerror}); name a database in GOLDEN_DATABASE_URL"
        raise GoldenError(text) from None


def require_trainer() -> None:
    """See that a worker can run here.

    Raises:
        UsageError: torch is not installed.
    """
    if find_spec("torch") is None:
        raise UsageError("torch is not installed, so no worker can run here; pip install 'golden-study[worker]'")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"cannot make the folder {str(folder)!r} ({error.strerror}); set GOLDEN_DATABASE_URL, or make ./data"
        raise StorageUnavailableError(text) from None


def print_json(value: Any) -> None:
    """One JSON value on standard output, whatever the terminal's width."""
    write_json(value, indent=2)


def print_json_line(value: Any) -> None:
    """One JSON value on one line, at once."""
    write_json(value)
    sys.stdout.flush()


def complain(error: Exception) -> ExitCode:
    """Print what went wrong on standard error, in one line or one per field, and return the exit code."""
    for line in lines_of(error):
        err.print(f"error: {line}", markup=False, soft_wrap=True)
    return exit_code(error)


def lines_of(error: Exception) -> list[str]:
    """A line for each problem that an error names; its message where it names none."""
    if isinstance(error, SpecError):
        return error.problem_list.lines()
    named = error.problems.lines() if isinstance(error, ClientError) else []
    return named or [str(error)]


def exit_code(error: Exception) -> ExitCode:
    """The documented exit code for a failure."""
    if isinstance(error, ClientError):
        return error.exit_code
    if isinstance(error, UsageError):
        return ExitCode.USAGE
    return next((EXIT_BY_ERROR[cls] for cls in type(error).__mro__ if cls in EXIT_BY_ERROR), ExitCode.FAILED)
