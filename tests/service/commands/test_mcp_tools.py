"""The tools of `golden mcp`: what stands about them in the manual, and what they leave out of an answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from service.commands.mcp_tools import EXAMPLE, TOOLS, WHOLE_VERDICT, brief_verdict, progress_of
from studies.language.spec import parse

PAGE = Path(__file__).parents[3] / "docs" / "agents.md"


def test_the_manual_names_every_tool_with_its_arguments() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    said = {name: re.findall(r"`(\w+)`", arguments) for name, arguments in rows}
    assert said == {tool.name: list(tool.arguments.model_fields) for tool in TOOLS}


def test_the_manual_has_a_configuration_that_can_be_read() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (server,) = json.loads(block)["mcpServers"].values()
    assert (server["command"], server["args"]) == ("golden", ["mcp"])
    assert set(server["env"]) == {"GOLDEN_SERVER", "GOLDEN_TOKEN"}


def test_the_example_that_agents_are_given_is_a_study() -> None:
    spec = parse(EXAMPLE, form="toml")
    assert (spec.claim.at, spec.contexts[0].name) == ({"lr": 3e-4, "beta1": 0.9}, "external")


def test_an_answer_has_sentences_and_no_maps(api: TestClient, measured: str) -> None:
    whole: dict[str, Any] = api.get(f"/api/v1/studies/{measured}/verdict").json()
    brief = brief_verdict(whole, WHOLE_VERDICT)
    assert len(json.dumps(brief)) < len(json.dumps(whole)) / 3
    assert [sweep["sentence"] for sweep in brief["sweeps"]] == [sweep["sentence"] for sweep in whole["sweeps"]]
    assert all({"eta", "alpha", "statements", "reasons"} <= sweep.keys() for sweep in brief["sweeps"])
    assert all(sweep["statements"] == full["answers"]["statements"] for sweep, full in _pairs(brief, whole))


def test_progress_is_that_of_the_service(api: TestClient, measured: str) -> None:
    whole = api.get(f"/api/v1/studies/{measured}").json()
    found = progress_of(whole)
    assert (found["study"], found["state"], found["ended"], found["runs_done"]) == (measured, "complete", True, 56)
    assert [len(sweep["phases"]) for sweep in found["sweeps"]] == [len(sweep["phases"]) for sweep in whole["sweeps"]]
    assert "spec" not in found


def _pairs(brief: dict[str, Any], whole: dict[str, Any]) -> Any:
    return zip(brief["sweeps"], whole["sweeps"], strict=True)
