"""The reference of the Python package: its public names, whose docstrings the site's builder reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

INTRO = """# Python

`pip install .` brings the package `golden_study`; PyTorch is needed for the built-in trainer alone.
[Train with your own program](../how-to/own-training.md) and [Keep your Optuna loop](../how-to/optuna.md) show it at
work.

## The package
"""
FIRST = ("locate", "work", "judge", "LocateSampler", "Trial", "Verdict")
TABLE = "_PLACES"
CLIENT = """## The client of a service

Every verb of the HTTP API as a method. Answers are models; `client.json` gives them as JSON values.
"""


def page(root: Path) -> str:
    """The page, from the sources below `root`."""
    return "\n".join([INTRO, *_names(root), CLIENT, *_reference("service.client.Client", "service.client.Client")])


def places(source: str) -> dict[str, str]:
    """The module that has each public name, from the source of the package's first file.

    Raises:
        ValueError: it has no table of them.
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == TABLE for t in node.targets):
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    raise ValueError(f"the package has no table {TABLE} of its public names")


def _names(root: Path) -> Iterator[str]:
    found = places((root / "golden_study" / "__init__.py").read_text("utf-8"))
    for name in (*FIRST, *sorted(found.keys() - set(FIRST))):
        yield from _reference(f"{found[name]}.{name}", f"golden_study.{name}")


def _reference(path: str, heading: str) -> Iterator[str]:
    yield from (f"::: {path}", "    options:", f'      heading: "{heading}"', "      heading_level: 3", "")
