"""Links of a page, as they must be in the manual: to other pages, to files beside them, or out of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

LINK = re.compile(r"(?<!\\)(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
OUTSIDE = re.compile(r"^(?:[a-z][a-z+.-]*:|//|#|/)", re.I)
IMAGES = (".svg", ".png", ".jpg")


class LinkError(ValueError):
    """A link leads to no file of the repository."""


def moved(text: str, *, source: str, page: str, pages: Mapping[str, str], root: Path) -> str:
    """The text of a page with its links as the manual needs them. Fenced blocks are left as they are.

    Of a link to a file that is no page of the manual its text remains, with the file's name.

    Args:
        text: Markdown.
        source: the page's file, relative to the repository.
        page: the same in the manual.
        pages: page by source.
        root: the repository.

    Raises:
        LinkError: a link leads to no file.
    """

    def replaced(match: re.Match[str]) -> str:
        mark, shown, target = match.groups()
        if OUTSIDE.match(target):
            return match[0]
        path, hash_, anchor = target.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (root / file).exists():
            raise LinkError(f"{source}: the link to {target} leads to no file")
        if file in pages:
            return f"{mark}[{shown}]({_from(page, pages[file])}{hash_}{anchor})"
        if mark or file.endswith(IMAGES):
            return f"{mark}[{shown}]({_from(page, image(file))})"
        return shown if f"`{file}" in shown or shown == file else f"{shown} (`{file}`)"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.M | re.S)
    return "".join(part if i % 2 else LINK.sub(replaced, part) for i, part in enumerate(parts))


def images(text: str, source: str) -> set[str]:
    """Files of the images that a page shows, relative to the repository."""
    targets = [target for mark, _, target in LINK.findall(text) if mark and not OUTSIDE.match(target)]
    return {posixpath.normpath(posixpath.join(posixpath.dirname(source), target)) for target in targets}


def image(file: str) -> str:
    """Where an image stands in the manual."""
    return f"images/{posixpath.basename(file)}"


def _from(page: str, target: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
