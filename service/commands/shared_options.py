"""Options that stand before a verb or after it: `golden --server URL list` and `golden list --server URL`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any

import typer

from service.commands.asked import asked
from service.commands.common import UsageError

SERVER = "server_url"  # name of the parameter that a verb gets


def _note_server(url: str | None) -> str | None:
    if url is not None:
        asked().server = url
    return url


ServerOption = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="The service; default: GOLDEN_SERVER.", callback=_note_server),
]


def share_options(app: typer.Typer, *, without_server: Collection[str]) -> None:
    """Give each verb of an application --server after it, and --json before it where it has one.

    Args:
        app: whose verbs have been registered.
        without_server: names of the functions of verbs that ask no service.
    """
    for command in app.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__
            command.callback = _with_options(
                command.callback, name, asks_service=command.callback.__name__ not in without_server
            )


def _with_options(verb: Callable[..., Any], name: str, *, asks_service: bool) -> Callable[..., Any]:
    signature = inspect.signature(verb, eval_str=True)
    parameters = list(signature.parameters.values())
    if asks_service:
        parameters.append(
            inspect.Parameter(SERVER, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ServerOption)
        )

    @functools.wraps(verb)
    def with_options(**values: Any) -> Any:
        values.pop(SERVER, None)
        if asked().server is not None and not asks_service:
            raise UsageError(f"`golden {name}` asks no service; leave out --server")
        if asked().as_json and "as_json" not in signature.parameters:
            raise UsageError(f"`golden {name}` prints no JSON; leave out --json")
        if asked().as_json:
            values["as_json"] = True
        return verb(**values)

    with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    # Typer looks at these several times; as the text that they are in the source, each look would evaluate them.
    with_options.__annotations__ = {part.name: part.annotation for part in parameters}
    return with_options
