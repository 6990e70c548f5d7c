"""Commands about named tokens: `golden token add | list | remove`, and `golden whoami`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.commands.common import AsJson, UsageError, err, out, print_json, show_answer
from service.door import tokens_file
from service.door.scopes import Scope, in_order
from service.settings import load
from service.tables import new_table

if TYPE_CHECKING:
    from service.schemas import CallerOut

app = typer.Typer()
token_app = typer.Typer(help="Give callers tokens of their own, by name.", no_args_is_help=True)
app.add_typer(token_app, name="token")
FileOption = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="The tokens file; default: GOLDEN_TOKENS_FILE.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the caller: small letters, digits and hyphens.")]


@token_app.command()
def add(
    name: Name,
    scopes: Annotated[
        list[Scope], typer.Option("--scope", help="read: look; submit: also submit; admin: everything; work: a worker.")
    ],
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="From then on it is refused, e.g. 2027-01-01 (UTC).")
    ] = None,
    file: FileOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it once; the file keeps its digest alone. A running service accepts it within a second."""
    until = None if expires is None else _moment(expires)
    path = _path(file)
    token = tokens_file.add(path, name, frozenset(scopes), until)
    if as_json:
        shown = {"name": name, "scopes": in_order(scopes), "expires": until, "token": token}
        print_json(shown)
        return
    err.print(f"The token of {name}; it is shown only now, and {path} keeps its digest:", markup=False, soft_wrap=True)
    out.print(token, markup=False, soft_wrap=True)


@token_app.command(name="list")
def list_tokens(file: FileOption = None, as_json: AsJson = False) -> None:
    """List the tokens in the file by name, with their scopes and the moment from which on each is refused."""
    entries = tokens_file.read(_path(file))
    if as_json:
        shown = [{"name": n, "scopes": in_order(e.scopes), "expires": e.expires} for n, e in entries.items()]
        print_json(shown)
        return
    out.print(_table(entries))


@token_app.command()
def remove(name: Name, file: FileOption = None) -> None:
    """Remove a token; a running service refuses it within a second, with all sessions that were opened with it."""
    path = _path(file)
    tokens_file.remove(path, name)
    out.print(f"{name} is removed from {path}", markup=False, soft_wrap=True)


@app.command()
def whoami(as_json: AsJson = False) -> None:
    """Show the name and the scopes under which the service knows this command line."""
    show_answer(lambda client: client.caller(), _show, as_json=as_json)


def _show(caller: CallerOut) -> None:
    ways = {"local": "no token is in force", "token": "by token", "session": "by session"}
    out.print(f"{caller.name}: {', '.join(caller.scopes)} ({ways[caller.way]})", markup=False)


def _path(given: Path | None) -> Path:
    path = given or load().tokens_file
    if path is None:
        raise UsageError("no tokens file is named: set GOLDEN_TOKENS_FILE, or give --file")
    return path


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--expires {text[:40]!r} is no date; write it as 2027-01-01 or 2027-01-01T12:00Z") from None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if found <= datetime.now(UTC):
        raise UsageError(f"--expires {text} has passed already")
    return found


def _table(entries: tokens_file.Entries) -> Table:
    table = new_table("tokens")
    for title in ("name", "scopes", "expires (UTC)"):
        table.add_column(title, overflow="fold")
    now = datetime.now(UTC)
    for name, entry in entries.items():
        until = "never" if entry.expires is None else f"{entry.expires:%Y-%m-%d %H:%M}"
        over = " (over)" if entry.expires is not None and entry.expires <= now else ""
        table.add_row(name, ", ".join(in_order(entry.scopes)), until + over)
    return table
