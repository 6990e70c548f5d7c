"""Links from the first use of each term on a page to the glossary."""

from __future__ import annotations

import posixpath
import re

from service.manual.glossary import Term, terms

# Where no link may be added: fenced blocks, headings, tables' heads, code, links and images, tags, addresses.
KEPT = re.compile(
    r"^```[\s\S]*?^```[ ]*$|^ {4,}\S.*$|^#.*$|^:::.*$|^<!--[\s\S]*?-->|^\|.*\n\|(?:-|:).*$|^(?:!!!|\?\?\?).*$"
    r"|`[^`\n]+`|!?\[(?:[^\[\]]|\[[^\]]*\])*\]\([^)]*\)|!?\[[^\]]*\]\[[^\]]*\]|</?[a-z][^>]*>|https?://\S+",
    re.M,
)
PAGE = "glossary.md"


def linked(text: str, page: str) -> str:
    """The Markdown text of a page with its terms linked, each where it is used first.

    Args:
        text: Markdown.
        page: its path in the manual.
    """
    if page == PAGE:
        return text
    glossary = posixpath.relpath(PAGE, posixpath.dirname(page) or ".")
    name = posixpath.splitext(posixpath.basename(page))[0]
    for term in terms():
        if term.pattern is not None and name not in term.not_on:
            text = _first(text, term, term.pattern, glossary)
    return text


def _first(text: str, term: Term, pattern: re.Pattern[str], glossary: str) -> str:
    end = 0
    for kept in [*KEPT.finditer(text), None]:
        start = len(text) if kept is None else kept.start()
        found = pattern.search(text, end, start)
        if found:
            link = f"[{found[0]}]({glossary}#{term.anchor}){{ .term }}"
            return f"{text[: found.start()]}{link}{text[found.end() :]}"
        end = start if kept is None else kept.end()
    return text
