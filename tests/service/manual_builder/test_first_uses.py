"""The first use of a term on a page leads to the glossary, and no other text is touched."""

from __future__ import annotations

import pytest

from service.manual_builder.first_uses import linked


def test_the_first_use_alone_is_linked() -> None:
    assert linked("A sweep, and another sweep.", "method.md") == (
        "A [sweep](glossary.md#sweep){ .term }, and another sweep."
    )


def test_deeper_pages_find_the_glossary() -> None:
    assert "(../glossary.md#sweep)" in linked("Each sweep.", "how-to/share.md")


@pytest.mark.parametrize(
    "kept",
    [
        "# A sweep",
        "`sweep`",
        "[the sweep](method.md)",
        "![a sweep](images/a.svg)",
        "```toml\nsweep = 1\n```",
        "    sweep indented",
        "| sweep | value |\n|---|---|",
        '<div title="sweep">',
        "https://example.org/sweep",
        "<!-- sweep\nsweep -->",
    ],
)
def test_code_headings_and_links_are_left_alone(kept: str) -> None:
    assert linked(kept, "method.md") == kept
    assert linked(f"{kept}\n\nOne sweep.", "method.md").startswith(kept)
    assert "One [sweep]" in linked(f"{kept}\n\nOne sweep.", "method.md")


def test_rows_of_a_table_are_linked() -> None:
    text = "| a | b |\n|---|---|\n| x | of a sweep |\n"
    assert "of a [sweep](glossary.md#sweep){ .term } |" in linked(text, "method.md")


def test_a_word_that_means_something_else_on_a_page_is_left_alone() -> None:
    assert linked("Workers claim.", "operations.md").endswith(" claim.")
    assert linked("A sweep.", "glossary.md") == "A sweep."
