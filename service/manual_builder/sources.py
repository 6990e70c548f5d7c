"""The manual's pages: which file of the repository each is made from, and which are made from the program itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from service.manual_builder import commands, http, language, python, settings

REPOSITORY = Path(__file__).parents[2]
DOCS = "docs"
ELSEWHERE = {  # files outside docs/ that are pages of the manual
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "examples/README.md": "examples.md",
}


def written(root: Path = REPOSITORY) -> dict[str, str]:
    """Page by source, both as paths: of the repository, and of the manual."""
    own = {path.relative_to(root).as_posix(): path.relative_to(root / DOCS) for path in (root / DOCS).rglob("*.md")}
    pages = {source: page.as_posix() for source, page in own.items() if page.parts[0] not in ("results", "site")}
    return {**pages, **ELSEWHERE}


def made(root: Path = REPOSITORY) -> Mapping[str, Callable[[], str]]:
    """Pages that are made from the program, by their path in the manual."""
    return {
        "reference/language.md": language.page,
        "reference/commands.md": commands.page,
        "reference/python.md": lambda: python.page(root),
        "reference/settings.md": lambda: settings.page(root),
        "reference/http.md": lambda: http.page(json.loads((root / DOCS / "openapi.json").read_text("utf-8"))),
    }
