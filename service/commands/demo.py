"""`golden demo`: a whole study on one machine: SQLite, service, worker, a submission over HTTP, verdict and report."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from service.client_errors import ClientError
from service.commands.children import Children
from service.commands.common import opened, out, require_trainer
from service.commands.completion import catalogue_names, files
from service.commands.demo_folder import held
from service.commands.files import write_file
from service.commands.interrupts import interrupted_by
from service.commands.progress import StudyProgress
from service.commands.showing import show_verdict
from service.settings import PREFIX, load, sqlite_url
from studies.errors import GoldenError
from studies.language.spec import StudySpec, parse
from studies.programs import SERVICE, WORKER, command_of, environment_of

if TYPE_CHECKING:
    from service.client import Client
    from studies.storage.read_models import StudyDetail

HOST = "127.0.0.1"
PORTS = 50  # tried in turn from the one asked for
START_SECONDS = 60.0  # for the service to answer; Python packages may still be compiled on the first start
POLL_SECONDS = 0.5
app = typer.Typer()


@app.command()
def demo(
    data: Annotated[Path, typer.Option(help="Folder for the database, logs and report.", autocompletion=files)] = Path(
        "data/demo"
    ),
    study: Annotated[str, typer.Option(help="Catalogue study to run.", autocompletion=catalogue_names)] = "quickstart",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to serve on; taken: the next free one.")] = 8000,
    keep: Annotated[
        bool | None,
        typer.Option("--keep/--exit", help="Go on serving afterwards; default: where a terminal is attached."),
    ] = None,
) -> None:
    """From nothing to a verdict on this machine: database, service, worker, a study over HTTP, its report."""
    attached = sys.stdin.isatty() and sys.stdout.isatty()
    with interrupted_by(signal.SIGTERM, signal.SIGHUP):  # so that children are stopped then too
        code = run(data, study, port=port, keep=attached if keep is None else keep, console=out)
    raise typer.Exit(code)


def run(data: Path, study: str, *, port: int, keep: bool, console: Console) -> int:
    """Run a catalogue study from nothing to its verdict.

    Args:
        data: folder for the database, the logs and the report; made if it is not there.
        study: name of the catalogue study.
        port: where to serve; the next free one if it is taken.
        keep: go on serving afterwards, until interrupted.

    Returns:
        0, or 1 where the study ended without completing.
    """
    from service.client import Client  # as in `connect`

    require_trainer()
    with ExitStack() as stack:
        stack.enter_context(held(data))
        url = _prepare(data)
        listener = stack.enter_context(listen(port))
        chosen = listener.getsockname()[1]
        if chosen != port:
            console.print(f"port {port} is taken; using {chosen}", markup=False)
        address = f"http://{HOST}:{chosen}"
        env = {**_environment(), f"{PREFIX}DATABASE_URL": url, f"{PREFIX}DATA_DIR": str(_datasets(data))}
        children, client = stack.enter_context(Children(data)), stack.enter_context(Client(address))
        serve = ["serve", "--host", HOST, "--port", str(chosen), "--fd", str(listener.fileno())]
        children.start("service", [*command_of(SERVICE), *serve], env=env, pass_fds=[listener.fileno()])
        listener.close()  # if the service ends, nobody listens
        children.start("worker", command_of(WORKER), env=env)
        _await_service(client, children)
        console.print(f"dashboard {address}/", markup=False, soft_wrap=True)
        ended = _work(client, children, study, console=console)
        _show_results(client, ended, data, console=console)
        if keep:
            _keep(children, address, console=console)
    return 0 if ended.summary.state == "complete" else 1


def listen(first: int) -> socket.socket:
    """A socket that listens on the first free port from `first` on; the service inherits it, so none takes it between.

    Raises:
        GoldenError: none of the next ones is free.
    """
    for port in range(first, min(first + PORTS, 65_536)):
        try:
            return socket.create_server((HOST, port), backlog=2048)
        except OSError:
            continue
    raise GoldenError(f"no port from {first} on is free; choose another with --port")


def _prepare(data: Path) -> str:
    """The database's URL, its tables made."""
    from studies.storage.migrate import migrate  # brings SQLAlchemy, which most commands do without

    url = sqlite_url(data / "golden.db")
    with opened(load({}, database_url=url)) as db:
        migrate(db)
    return url


def _environment() -> dict[str, str]:
    """Our environment without settings meant for another service: the demo is its own."""
    return environment_of({key: value for key, value in os.environ.items() if not key.startswith(PREFIX)})


def _datasets(data: Path) -> Path:
    return Path(os.environ.get(f"{PREFIX}DATA_DIR", data)).absolute()


def _await_service(client: Client, children: Children) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        children.check()
        try:
            client.ready()
            return
        except ClientError as error:
            if time.monotonic() > deadline:
                raise GoldenError(f"the service did not come up within {START_SECONDS:.0f} s: {error}") from None
        time.sleep(POLL_SECONDS / 5)


def _work(client: Client, children: Children, study: str, *, console: Console) -> StudyDetail:
    """Submit the study and show it until it has ended."""
    spec = _unused(client, study)
    client.submit(spec)
    console.print(f"submitted {spec.name}: {spec.title}", markup=False)
    with StudyProgress(console) as progress:
        return progress.follow(_watched(client.follow(spec.name, poll_seconds=POLL_SECONDS), children))


def _watched(states: Iterator[StudyDetail], children: Children) -> Iterator[StudyDetail]:
    for state in states:
        children.check()
        yield state


def _unused(client: Client, study: str) -> StudySpec:
    """The catalogue study under its own name, or with the next number where that was used before."""
    document = client.catalogue_study(study).study
    used = {known.name for known in client.studies()}
    name, number = study, 1
    while name in used:
        number += 1
        name = f"{study}-{number}"
    return parse({**document, "name": name})


def _show_results(client: Client, study: StudyDetail, data: Path, *, console: Console) -> None:
    """Print the verdict and leave the report beside the database."""
    name = study.summary.name
    verdict = client.verdict(name)
    show_verdict(console, verdict, study.spec)
    if study.summary.note:
        console.print(study.summary.note, markup=False)
    for form in ("html", "json"):
        content = client.report_page(name) if form == "html" else client.report_bytes(name)
        path = data / f"{name}-report.{form}"
        write_file(path, content, force=True)
        console.print(f"report {path}", markup=False, soft_wrap=True)


def _keep(children: Children, address: str, *, console: Console) -> None:
    console.print(f"serving {address}/ until Ctrl-C", markup=False, soft_wrap=True)
    try:
        while True:
            children.check()
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:  # how this is meant to end
        console.print("stopping", markup=False)
