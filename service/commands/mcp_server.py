"""The Model Context Protocol around the tools of `mcp_tools`, by the official SDK. Nothing else here imports it.

Standard output carries the protocol alone: while the SDK serves, whatever else is written to it goes to standard error.
A refusal is an answer that is marked as an error, with a sentence for each problem, so that an agent can mend its call.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, TypeVar

from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ListedTool
from pydantic import ValidationError

from service.client import Client
from service.client_errors import ExitCode
from service.commands.common import lines_of
from service.commands.mcp_tools import EXAMPLE, TOOLS, Tool
from studies.errors import GoldenError, cut
from studies.language.validation import refusal_of
from studies.text import json_text, printable

T = TypeVar("T")
INSTRUCTIONS = (
    "golden-study tests whether a hyperparameter optimum lies where somebody claims it does. Order of work: "
    "`catalogue` shows documents to start from, `preview` checks one, `submit` starts it, `watch` until `ended` is "
    "true, then `verdict`. Trials that exist already go to `judge_table`. Never call an inconclusive verdict "
    "supported.\n\nA claim about a training of one's own looks like this; `golden run` or a program that speaks HTTP "
    f"trains it, and no worker of the service does:\n\n{EXAMPLE}"
)
UNEXPECTED = "the tool failed in a way that nobody foresaw; standard error of `golden mcp` has the details"
log = logging.getLogger(__name__)


def serve(connect: Callable[[], Client]) -> None:
    """Serve the tools until standard input ends.

    Args:
        connect: makes a client; called for every request.
    """
    asyncio.run(_serve(_Answering(connect)))


class _Answering:
    """Answers to the requests of one agent."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect

    async def list_tools(self, context: Any, given: PaginatedRequestParams | None) -> ListToolsResult:
        """The tools, all on one page."""
        return ListToolsResult(tools=[_listed(tool) for tool in TOOLS])

    async def call_tool(self, context: Any, given: CallToolRequestParams) -> CallToolResult:
        """What a tool answers, or why it does not."""
        try:
            answer = await self._answer(given.name, given.arguments or {})
        except GoldenError as error:
            return _result("\n".join(printable(line) for line in lines_of(error)), failed=True)
        except Exception:
            log.exception("tool %r", given.name)
            return _result(UNEXPECTED, failed=True)
        return _result(json_text(answer), structured=answer)

    async def _answer(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        tool = next((tool for tool in TOOLS if tool.name == name), None)
        if tool is None:
            known = ", ".join(tool.name for tool in TOOLS)
            raise GoldenError(f"there is no tool {cut(name, 60)!r}; the tools are {known}")
        try:
            checked = tool.arguments.model_validate(arguments)
        except ValidationError as error:
            raise refusal_of(error) from None
        return await tool.run(self._ask, checked)

    async def _ask(self, call: Callable[[Client], T]) -> T:
        return await asyncio.to_thread(self._asked, call)

    def _asked(self, call: Callable[[Client], T]) -> T:
        with self._connect() as client:
            return call(client)


async def _serve(answering: _Answering) -> None:
    server: Server[Any] = Server(
        "golden-study",
        version=version("golden-study"),
        title="golden-study",
        instructions=INSTRUCTIONS,
        on_list_tools=answering.list_tools,
        on_call_tool=answering.call_tool,
    )
    # A thread of the SDK waits for the next line, and the interpreter would wait for that thread.
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, os._exit, ExitCode.INTERRUPTED)
    async with stdio_server() as (requests, answers):
        await server.run(requests, answers, server.create_initialization_options())


def _listed(tool: Tool) -> ListedTool:
    hints = ToolAnnotations(
        read_only_hint=not tool.changes, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    schema = tool.arguments.model_json_schema()
    return ListedTool(
        name=tool.name, title=tool.title, description=tool.description, input_schema=schema, annotations=hints
    )


def _result(text: str, *, structured: dict[str, Any] | None = None, failed: bool = False) -> CallToolResult:
    content = [TextContent(type="text", text=text)]
    return CallToolResult(content=content, structured_content=structured, is_error=failed)
