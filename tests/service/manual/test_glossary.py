"""One glossary: its page is made from it, and its forms find words, not parts of words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.manual.glossary import markdown, term, terms
from service.pages.templating import word

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "service" / "pages" / "templates"


def test_the_page_is_made_from_it() -> None:
    assert (ROOT / "docs" / "glossary.md").read_text("utf-8") == markdown(), "run `make glossary`"


def test_terms_and_anchors_are_unique_and_sorted() -> None:
    names = [each.name for each in terms()]
    assert names == sorted(set(names))
    assert len({each.anchor for each in terms()}) == len(names) > 40


@pytest.mark.parametrize(
    ("name", "found", "missed"),
    [
        ("sweep", ["a sweep of", "Sweeps are"], ["sweeping", "my-sweep", "sweep@paper", "studies/sweep"]),
        ("arm", ["an arm", "arms,"], ["alarm", "army"]),
        ("alpha", ["α = 0.9", "alpha is"], ["alphabet"]),
    ],
)
def test_forms_are_whole_words(name: str, found: list[str], missed: list[str]) -> None:
    pattern = term(name).pattern
    assert pattern is not None
    assert [text for text in found if not pattern.search(text)] == []
    assert [text for text in missed if pattern.search(text)] == []


def test_the_dashboard_links_terms_that_there_are() -> None:
    used = [
        (file.name, second or first.lower())
        for file in TEMPLATES.glob("*.html")
        for first, second in re.findall(r'\{\{ word\("([^"]+)"(?:, "([^"]+)")?\) \}\}', file.read_text("utf-8"))
    ]
    assert len(used) > 12
    known = {each.name for each in terms()}
    assert [each for each in used if each[1] not in known] == []
    assert word("Runs", "run") == '<a class="term" href="/help/glossary/#run">Runs</a>'
    with pytest.raises(KeyError):
        word("nothing of ours")
