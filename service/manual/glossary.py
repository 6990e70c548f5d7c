"""The glossary: one list of terms for the manual, the dashboard and `docs/glossary.md`.

    python -m service.manual.glossary docs/glossary.md

writes that page anew.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

ADDRESS = "/help/glossary/"  # where the service shows it, whether the manual is built or not
HEAD = """# Glossary

The words of the study language, the pages and the reports. Each means one thing everywhere.
"""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the project.

    Attributes:
        name: as a heading shows it.
        text: what it means, as Markdown without links.
        forms: spellings that are linked, as regular expressions.
        symbol: a sign for it, or "".
        not_on: pages, by file name without its ending, on which its forms mean something else.
    """

    name: str
    text: str
    forms: tuple[str, ...] = ()
    symbol: str = ""
    not_on: frozenset[str] = frozenset()

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return self.name.replace(" ", "-")

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds a form of it as a whole word; None where it is never linked."""
        return re.compile(rf"(?<![\w/.@-])(?:{'|'.join(self.forms)})(?![\w/@-])", re.I) if self.forms else None


@cache
def terms() -> tuple[Term, ...]:
    """All terms, in the order of the alphabet."""
    text = (resources.files("service.manual") / "glossary.toml").read_text("utf-8")
    found = [
        Term(
            name=each["name"],
            text=each["text"],
            forms=tuple(each.get("forms", ())),
            symbol=each.get("symbol", ""),
            not_on=frozenset(each.get("not_on", ())),
        )
        for each in tomllib.loads(text)["term"]
    ]
    return tuple(sorted(found, key=lambda term: term.name))


def term(name: str) -> Term:
    """A term by its name.

    Raises:
        KeyError: the glossary has no such term.
    """
    return {each.name: each for each in terms()}[name]


def markdown() -> str:
    """The glossary as a page."""
    parts = [f"## {each.name}\n\n{each.symbol and f'{each.symbol}. '}{each.text}\n" for each in terms()]
    return "\n".join([HEAD, *parts])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), "utf-8")
