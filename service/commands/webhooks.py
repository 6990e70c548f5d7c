"""The `golden webhooks` commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from service.client_errors import ExitCode
from service.commands.common import AsJson, connect, err, out, print_json, show_answer
from service.tables import new_table

if TYPE_CHECKING:
    from service.schemas import WebhookItem, WebhookList

app = typer.Typer()
webhooks_app = typer.Typer(help="List the webhooks that the operator set, or test one.", no_args_is_help=True)
app.add_typer(webhooks_app, name="webhooks")


@webhooks_app.command(name="list")
def list_webhooks(as_json: AsJson = False) -> None:
    """List the webhooks of the service, and what became of their deliveries of the last 30 days."""
    show_answer(lambda client: client.webhooks(), _show, as_json=as_json)


@webhooks_app.command()
def test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The webhook's name.")], as_json: AsJson = False
) -> None:
    """Let the service send a signed test message to a webhook; exit code 1 if it does not arrive."""
    with connect() as client:
        found = client.test_webhook(name)
    if as_json:
        print_json(found.model_dump())
    elif found.arrived:
        out.print(f"{name}: answered {found.status} after {found.seconds:g} s", markup=False)
    else:
        err.print(f"error: {name}: {found.error}", markup=False, soft_wrap=True)
    if not found.arrived:
        raise typer.Exit(ExitCode.FAILED)


def _show(found: WebhookList) -> None:
    if found.problem:
        err.print(f"warning: {found.problem}", markup=False, soft_wrap=True)
    out.print(_table(found.items) if found.items else "no webhooks are set (GOLDEN_WEBHOOKS_FILE)")


def _table(items: list[WebhookItem]) -> Table:
    table = new_table("webhooks")
    for title in ("name", "address", "events", "studies", "waiting", "delivered", "given up", "latest failure"):
        table.add_column(title, overflow="fold")
    for item in items:
        found = item.deliveries
        counts = (f"{found.waiting:,}", f"{found.delivered:,}", f"{found.given_up:,}")
        cells = (item.name, item.origin, ", ".join(item.events), ", ".join(item.studies), *counts, found.failing)
        table.add_row(*(Text(cell) for cell in cells))
    return table
