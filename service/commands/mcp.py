"""The `golden mcp` command: the service's verbs as tools of the Model Context Protocol."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import typer

from service.commands.common import UsageError, connect, err

app = typer.Typer()


@app.command()
def mcp() -> None:
    """Offer the service to an agent: catalogue, preview, submit, watch, verdict and judge_table as MCP tools.

    An agent's program starts this command and speaks the Model Context Protocol with it (docs/agents.md shows the
    configuration). GOLDEN_SERVER and GOLDEN_TOKEN say which service is asked, and the token's scopes say what the
    agent may do. Needs the extra `golden-study[mcp]`.
    """
    if find_spec("mcp") is None:
        raise UsageError("the MCP library is not installed; pip install 'golden-study[mcp]'")
    from service.commands.mcp_server import serve

    connect().close()  # settings that cannot be used are a line here, before anybody listens
    if sys.stdin.isatty():
        err.print("golden mcp waits for an agent on standard input (docs/agents.md); Ctrl-C ends it", markup=False)
    serve(connect)
