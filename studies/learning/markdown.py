"""The tables of `docs/learning-rules.md`, one for each kind; `golden schema --rules` prints them.

    python -m studies.learning.markdown docs/learning-rules.md

writes them anew between the two marks of that page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from studies.learning.chosen import TABLES
from studies.learning.entry import Entry, Parameter, UpdateRule, Value
from studies.learning.naming import capital, shown_name

BEGIN, END = "<!-- tables: begin -->\n", "<!-- tables: end -->\n"
HEADINGS = {
    "network": "Networks",
    "update_rule": "Update rules",
    "initialisation": "Initialisations",
    "schedule": "Schedules",
    "backward_rule": "Backward rules",
}


def tables() -> str:
    """Every entry of every kind as Markdown."""
    return "\n".join(line for kind in TABLES for line in _table(kind, TABLES[kind]))


def written(page: str) -> str:
    """The page with the tables between its marks.

    Raises:
        ValueError: a mark is missing.
    """
    before, after = page.index(BEGIN) + len(BEGIN), page.index(END)
    return f"{page[:before]}\n{tables()}\n{page[after:]}"


def _table(kind: str, entries: tuple[Entry, ...]) -> Iterator[str]:
    yield from (f"### {HEADINGS[kind]}: `{kind}`", "")
    claims = any(isinstance(entry, UpdateRule) for entry in entries)
    titles = ["name", "what it does", "own parameters", *(["a claim is about"] if claims else []), "source"]
    yield f"| {' | '.join(titles)} |"
    yield "|---" * len(titles) + "|"
    for entry in entries:
        asked = [_asked(entry)] if isinstance(entry, UpdateRule) else []
        cells = [_name(entry), _does(entry), _parameters(entry), *asked, entry.source]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _name(entry: Entry) -> str:
    return shown_name(entry).replace(entry.name, f"`{entry.name}`", 1)


def _does(entry: Entry) -> str:
    fits = f" Fits {' and '.join(entry.networks)}." if entry.networks else ""
    note = f" {capital(entry.note)}." if entry.note else ""
    return f"{capital(entry.title)}. `{entry.formula}`.{fits}{note}"


def _parameters(entry: Entry) -> str:
    return "<br>".join(map(_parameter, entry.parameters)) or "none"


def _parameter(parameter: Parameter) -> str:
    return f"`{parameter.name}` = {_default(parameter.default)}{_bounds(parameter)}: {parameter.meaning}"


def _default(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bounds(parameter: Parameter) -> str:
    if parameter.choices:
        return f" ({', '.join(parameter.choices)})"
    if isinstance(parameter.default, bool):
        return ""
    low, high = f"{parameter.lowest:g}", f"{parameter.highest:.12g}"
    bounds = f"{'above ' if parameter.above else ''}{low} to {'below ' if parameter.below else ''}{high}"
    fewest, most = parameter.lengths
    return f" ({fewest} to {most:,} numbers, {bounds})" if most else f" ({bounds})"


def _asked(rule: UpdateRule) -> str:
    own = [parameter.name for parameter in rule.own]
    if rule.pair:
        return "; ".join(["eta and alpha, the golden point too", *(f"eta and {name}" for name in own)])
    if not rule.eta or not (own or rule.alpha):
        return "nothing; fixed points alone"
    return "; ".join(
        [*(["eta and alpha, without a ridge"] if rule.alpha else []), *(f"eta and {name}" for name in own)]
    )


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.write_text(written(place.read_text("utf-8")), "utf-8")
