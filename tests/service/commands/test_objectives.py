"""The table of verdicts by every objective."""

from __future__ import annotations

from typing import get_args

from fastapi.testclient import TestClient
from rich.console import Console

from service.client import Client
from service.commands.objectives import caution, objectives_table
from studies.language.claim import Objective


def test_the_terminal_sets_them_side_by_side(api: TestClient, measured: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        found = client.objectives(measured)
    console = Console(record=True, width=80)
    console.print(objectives_table(found))
    shown = console.export_text()
    for objective in get_args(Objective):
        assert shown.count(f"  {objective} ") == len(found.objectives[0].sweeps)
    assert "golden@paper" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert caution(found).startswith("Only accuracy was fixed in advance")
