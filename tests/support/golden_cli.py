"""The command line against a real `golden serve`: the server process, and what its tests share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.cli import main
from service.client_errors import ExitCode
from service.settings import sqlite_url

TOKEN = "a-token-for-tests-0123456789"


@dataclass(frozen=True)
class Server:
    """A running `golden serve`."""

    url: str
    process: subprocess.Popen[str]


def serve(database: Path, *options: str) -> subprocess.Popen[str]:
    """Start `golden serve` on a free port with a token."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GOLDEN_")}
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--database", sqlite_url(database)]
    return subprocess.Popen([*command, *options], env={**env, "GOLDEN_TOKEN": TOKEN}, stderr=subprocess.PIPE, text=True)


def study_file(folder: Path, name: str, **changes: Any) -> str:
    """A small search as a JSON file."""
    design = {"kind": "search", "sampler": "random", "trials": 4, "claim_replicates": 2}
    document = {"name": name, "losses": ["golden"], "contexts": [{"dataset": "digits"}], "design": design, **changes}
    file = folder / f"{name}.json"
    file.write_text(json.dumps(document))
    return str(file)


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """The JSON that a successful command prints."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == ExitCode.OK
    return json.loads(capsys.readouterr().out)
