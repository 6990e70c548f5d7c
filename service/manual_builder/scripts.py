"""The last hand at built pages: inline scripts are moved into files, since the content policy allows none in a page."""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path

INLINE = re.compile(r"<script>(.*?)</script>", re.S)
OUTSIDE = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\"' >]+[^>]*>", re.I)
CANONICAL = re.compile(r"<link\b[^>]*\brel=[\"']?(?:canonical|prev|next)\b[^>]*>", re.I)
HANDLER = re.compile(r"<[a-z][^>]*\son[a-z]+=", re.I)
FOLDER = "assets/inline"


class PolicyError(ValueError):
    """A built page holds what the service's content policy forbids, or loads something from another site."""


def move_out(site: Path) -> int:
    """Move every inline script of a built site into a file of its own name; how many files that makes.

    Raises:
        PolicyError: a page loads something from another site, or has a script in an attribute.
    """
    made: dict[str, str] = {}
    for page in sorted(site.rglob("*.html")):
        changed = _without_scripts(page.read_text("utf-8"), page.parent.relative_to(site).as_posix(), made)
        changed = changed.replace("<th></th>", "<td></td>")  # an empty corner of a table heads nothing
        _check(CANONICAL.sub("", changed), page)
        page.write_text(changed, "utf-8")
    folder = site / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, script in made.items():
        (folder / name).write_text(script, "utf-8")
    return len(made)


def _without_scripts(text: str, folder: str, made: dict[str, str]) -> str:
    """A page's text with each inline script as a file; `made` gets the scripts by those files' names."""

    def named(match: re.Match[str]) -> str:
        name = f"{hashlib.sha256(match[1].encode()).hexdigest()[:12]}.js"
        made[name] = match[1]
        return f'<script src="{posixpath.relpath(f"{FOLDER}/{name}", folder)}"></script>'

    return INLINE.sub(named, text)


def _check(text: str, page: Path) -> None:
    for pattern, what in ((OUTSIDE, "loads something from another site"), (HANDLER, "has a script in an attribute")):
        found = pattern.search(text)
        if found:
            raise PolicyError(f"{page} {what}: {found[0][:200]}")
