"""The built manual: the site that `make docs` writes beside this file and that a wheel carries.

A source checkout has none until then; the service says so, and shows the glossary all the same.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

FOLDER = Path(str(resources.files("service.manual"))) / "site"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8",
}
INDEX = "index.html"
ROOT = "/help"


def stamp() -> int | None:
    """A number that changes whenever the manual is built anew; None where it is not built."""
    try:
        return (FOLDER / INDEX).stat().st_mtime_ns
    except OSError:
        return None


def files() -> dict[str, Path]:
    """Every file of the manual by its path, such as `tutorial/index.html`; none where it is not built.

    Requests are looked up here, so that no path of a request is ever opened.
    """
    made = stamp()
    return {} if made is None else _listing(FOLDER, made)


def address(page: str) -> str:
    """Where the service shows a page of the manual, such as `tutorial`; its first page where that one is not built."""
    return f"{ROOT}/{page}/" if f"{page}/{INDEX}" in files() else f"{ROOT}/"


@lru_cache(maxsize=4)
def _listing(folder: Path, made: int) -> dict[str, Path]:
    found = (path for path in folder.rglob("*") if path.suffix in TYPES and path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}
