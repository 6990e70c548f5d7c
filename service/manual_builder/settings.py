"""The reference of settings: what the head of each settings module says of its variables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from service.manual_builder.fields import escaped
from studies.variables import PREFIX

INTRO = """# Settings

Settings are read once, from variables of the environment. `golden doctor` prints those in force and what is wrong with
them, and changes nothing. [Operating it](../operations.md) says which ones matter when.
"""
MODULES = {
    "The service and the command line": "service/settings.py",
    "A worker": "worker/settings.py",
}
ROW = re.compile(r"^ *(GOLDEN_[A-Z_]+(?:, _[A-Z]+)*) {1,}(\S.*)$")


def page(root: Path) -> str:
    """The page, from the sources below `root`."""
    return "\n".join([INTRO, *_lines(root)])


def variables(text: str) -> dict[str, str]:
    """What the head of a settings module says of each variable: its lines and those that go on below them."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        row = ROW.match(line)
        if row:
            name = row[1].replace(", _", f", {PREFIX}")
            found[name] = row[2]
        elif name and line.startswith("        "):
            found[name] += f" {line.strip()}"
        else:
            name = ""
    return found


def _shown(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _lines(root: Path) -> Iterator[str]:
    for heading, module in MODULES.items():
        text = ast.get_docstring(ast.parse((root / module).read_text("utf-8"))) or ""
        rows = [f"| {_shown(names)} | {escaped(meaning)} |" for names, meaning in variables(text).items()]
        if not rows:
            raise ValueError(f"{module} says nothing of its variables")
        yield from (f"## {heading}", "", "| variable | meaning |", "|---|---|", *rows, "")
        rest = [p for p in text.split("\n\n")[1:] if not ROW.search(p)]
        yield from (line for paragraph in rest for line in (escaped(" ".join(paragraph.split())), ""))
