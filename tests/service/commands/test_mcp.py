"""`golden mcp` as an agent uses it: a child process, the SDK's own client, and the service on a real port."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loops import run_alone
from planted_worker import Planted
from processes import BIN, environment
from pytest import MonkeyPatch
from serving import serving
from waiting import CEILING, exit_code

from service.app import create_app
from service.cli import main
from service.client_errors import ExitCode
from service.commands import mcp as command
from service.settings import Settings
from studies.storage.engine import Database

pytest.importorskip("mcp")

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult, TextContent

TOKEN, READER = "wT4-a-token-of-an-agent-77", "qR9-a-token-that-may-look-1"
TABLE = "lr,momentum,val_acc\n" + "".join(
    f"{0.01 * 2**i},{m},{0.9 - 0.01 * (i - 2) ** 2 - 0.1 * (m - 0.8) ** 2:.4f}\n"
    for i in range(5)
    for m in (0.5, 0.7, 0.8, 0.9, 0.95)
)
TINY = """
name = "tiny"
losses = ["golden"]
[[contexts]]
dataset = "digits"
epochs = 1
[design]
kind = "search"
sampler = "random"
trials = 4
claim_replicates = 2
"""
Call = Callable[..., Awaitable[CallToolResult]]
T = Any


@pytest.fixture
def address(settings: Settings, database: Database) -> Iterator[str]:
    """A service that knows an agent's token and a reader's."""
    guarded = Settings(database_url=settings.database_url, token=TOKEN, read_token=READER, tick_seconds=3600.0)
    with serving(create_app(guarded, database)) as port:
        yield f"http://127.0.0.1:{port}"


def talk(address: str, conversation: Callable[[Client], Awaitable[T]], token: str = TOKEN, **options: Any) -> T:
    """A conversation with a `golden mcp` of its own."""
    env = {"GOLDEN_SERVER": address, "GOLDEN_TOKEN": token}
    child = StdioServerParameters(command=str(BIN / "golden"), args=["mcp"], env=env)

    async def whole() -> T:
        async with Client(child, **options) as client:
            return await conversation(client)

    return run_alone(whole())


def text_of(answer: CallToolResult) -> str:
    """The one text of an answer."""
    (content,) = answer.content
    assert isinstance(content, TextContent)
    return content.text


async def good(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The answer of a call that succeeds; its text is the same JSON."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, text_of(answer)
    found: dict[str, Any] = answer.structured_content
    assert json.loads(text_of(answer)) == found
    return found


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """The sentences of a call that is refused."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    assert answer.structured_content is None
    return text_of(answer)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_tools_are_listed_with_their_arguments(address: str, mode: str) -> None:
    async def conversation(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in talk(address, conversation, mode=mode)}
    assert list(tools) == ["catalogue", "preview", "submit", "watch", "verdict", "judge_table"]
    for tool in tools.values():
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (tool.name != "submit")
        assert tool.input_schema["additionalProperties"] is False
        assert all(field.get("description") for field in tool.input_schema["properties"].values())
    assert tools["watch"].input_schema["required"] == ["study"]


def test_a_study_from_the_catalogue_to_its_verdict(address: str, database: Database) -> None:
    async def conversation(client: Client) -> None:
        listed = await good(client, "catalogue")
        assert listed["items"][0]["name"] == "quickstart"
        assert "# " in (await good(client, "catalogue", name="quickstart"))["toml"]
        assert (await good(client, "preview", study="quickstart", name="mine"))["study"] == "mine"
        assert (await good(client, "preview", study=TINY))["cost"]["runs"] == 6
        submitted = await good(client, "submit", study=TINY)
        assert (submitted["study"], submitted["state"], submitted["ended"]) == ("tiny", "queued", False)
        assert await good(client, "submit", study=TINY) == submitted
        waited = await good(client, "watch", study="tiny", seconds=0)
        assert (waited["runs_done"], waited["runs_expected"]) == (0, 6)
        ending = asyncio.create_task(good(client, "watch", study="tiny", seconds=50))
        await asyncio.to_thread(Planted((0.016, 0.874)).work_off, database)
        ended = await ending
        while not ended["ended"]:  # a busy machine
            ended = await good(client, "watch", study="tiny", seconds=50)
        assert (ended["state"], ended["ended"], ended["runs_done"]) == ("complete", True, 6)
        assert ended["sweeps"][0]["phases"][0]["complete"] == 6
        brief = await good(client, "verdict", study="tiny")
        assert brief["outcome"] == "inconclusive"
        assert brief["sweeps"][0]["sentence"]
        assert "region" not in brief["sweeps"][0]
        whole = await good(client, "verdict", study="tiny", full=True)
        assert whole["sentence"] == brief["sentence"]
        assert "comparisons" in whole["sweeps"][0]

    talk(address, conversation)


def test_a_reader_may_look_and_not_submit(address: str) -> None:
    async def conversation(client: Client) -> str:
        await good(client, "preview", study=TINY)
        return await refused(client, "submit", study=TINY)

    said = talk(address, conversation, READER)
    assert said == "this token may only look; use the one that may submit"


def test_refusals_name_field_and_cure(address: str) -> None:
    async def conversation(client: Client) -> None:
        assert await refused(client, "submit", study={"name": "x", "epoch": 3}) == (
            "epoch: unknown field; remove it or check its spelling"
        )
        assert (await refused(client, "preview", study="name = ")).startswith("not well-formed TOML: ")
        assert (await refused(client, "preview", study=7)).startswith("study: is neither a document nor its text")
        assert "the catalogue has no study 'none'; it has quickstart" in await refused(client, "preview", study="none")
        assert "no study" in await refused(client, "verdict", study="none")
        assert "no study" in await refused(client, "watch", study="none")
        assert (await refused(client, "watch", study="x", seconds=5000, why="so")).splitlines() == [
            "seconds: input should be less than or equal to 50, got 5000",
            "why: unknown field; remove it or check its spelling",
        ]
        assert await refused(client, "watch") == "study: field required"
        assert await refused(client, "destroy") == (
            "there is no tool 'destroy'; the tools are catalogue, preview, submit, watch, verdict, judge_table"
        )

    talk(address, conversation)


def test_a_table_is_judged_by_its_own_names(address: str) -> None:
    async def conversation(client: Client) -> None:
        claimed = {"claim": "lr=0.04,momentum=0.8", "measure": "val_acc"}
        found = await good(client, "judge_table", table=TABLE, points="fixed", **claimed)
        assert found["outcome"] == "inconclusive"
        assert found["sweeps"][0]["runs"] == 25
        rows = [{"eta": 0.01 * n, "alpha": 0.5, "value": 0.9 - 0.01 * n} for n in range(1, 9)]
        assert (await good(client, "judge_table", table=json.dumps({"rows": rows})))["sweeps"][0]["runs"] == 8
        assert "claim" in await refused(client, "judge_table", table=TABLE, claim="lr=high", measure="val_acc")
        assert "column" in await refused(client, "judge_table", table="a,b\n1,2\n")
        assert "belongs in the document" in await refused(client, "judge_table", table='{"rows": []}', **claimed)

    talk(address, conversation)


def test_a_wrong_token_and_a_service_that_is_away_are_sentences(address: str) -> None:
    async def conversation(client: Client) -> str:
        return await refused(client, "catalogue")

    assert "set GOLDEN_TOKEN" in talk(address, conversation, "xx-a-token-nobody-knows-99")
    assert "is `golden serve` running there?" in talk("http://127.0.0.1:1", conversation)


def test_standard_output_is_the_protocol_whatever_comes_in(address: str) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    submit = {"name": "submit", "arguments": {"study": "\x1b[31m"}}
    with child_of(address) as child:
        say(child, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
        say(child, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        say(child, "no JSON at all")
        say(child, {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": submit})
        say(child, {"jsonrpc": "2.0", "id": 3, "method": "nothing/there"})
        assert child.stdout is not None
        answers = {answer["id"]: answer for answer in (json.loads(child.stdout.readline()) for _ in range(3))}
        rest, errors = child.communicate(timeout=CEILING)
    assert (child.returncode, rest) == (ExitCode.OK, "")
    assert "\x1b" not in answers[2]["result"]["content"][0]["text"]
    assert answers[3]["error"]["code"] == -32601
    assert TOKEN not in json.dumps(answers) + errors


def child_of(address: str) -> subprocess.Popen[str]:
    """A `golden mcp` with pipes in the place of an agent."""
    env = environment("sqlite:////nowhere", GOLDEN_SERVER=address, GOLDEN_TOKEN=TOKEN)
    pipe = subprocess.PIPE
    return subprocess.Popen([BIN / "golden", "mcp"], env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def say(child: subprocess.Popen[str], line: Any) -> None:
    """Send a message, or a text that is none."""
    assert child.stdin is not None
    child.stdin.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
    child.stdin.flush()


def test_an_interrupt_ends_it_though_nobody_writes(address: str) -> None:
    with child_of(address) as child:
        say(child, {"jsonrpc": "2.0", "id": 1, "method": "ping"})
        assert child.stdout is not None
        child.stdout.readline()  # it serves
        child.send_signal(signal.SIGINT)
        assert exit_code(child) == ExitCode.INTERRUPTED


def test_without_the_extra_one_sentence_says_what_to_install(
    monkeypatch: MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert main(["mcp"]) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: the MCP library is not installed; pip install 'golden-study[mcp]'\n"


def test_settings_that_cannot_be_used_are_a_line_at_the_start(tmp_path: Path) -> None:
    env = environment("sqlite:////nowhere", GOLDEN_SERVER="ftp://x")
    command_line = [sys.executable, "-m", "service.cli", "mcp"]
    done = subprocess.run(command_line, env=env, input="", capture_output=True, text=True, timeout=CEILING, check=False)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr.startswith("error: GOLDEN_SERVER: must begin with http")
