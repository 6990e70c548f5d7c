"""Every page has a place in the manual's navigation, and every place a page."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import golden_study
from service.manual_builder import python
from service.manual_builder.sources import REPOSITORY, made, written


def _places(nav: Any) -> Iterator[str]:
    for each in nav:
        for value in each.values():
            if isinstance(value, str):
                yield value
            else:
                yield from _places(value)


def test_the_navigation_names_every_page_once() -> None:
    config = tomllib.loads((REPOSITORY / "docs/site/zensical.toml").read_text("utf-8"))
    named = [place for place in _places(config["project"]["nav"]) if not place.startswith("/")]
    assert len(named) == len(set(named))
    assert set(named) == {*written().values(), *made()}


def test_a_page_that_is_made_says_in_the_source_how() -> None:
    sources = {page: source for source, page in written().items()}
    for page in made():
        assert "make docs" in (REPOSITORY / sources[page]).read_text("utf-8")


def test_every_public_name_of_the_package_is_in_the_reference() -> None:
    text = python.page(REPOSITORY)
    assert [name for name in golden_study.__all__ if f'heading: "golden_study.{name}"' not in text] == []
