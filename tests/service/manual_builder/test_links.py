"""Links lead to pages of the manual, to nothing, or nowhere at all: then the build fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.manual_builder.links import LinkError, images, moved

PAGES = {"docs/api.md": "api.md", "docs/how-to/share.md": "how-to/share.md", "CHANGELOG.md": "changelog.md"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository."""
    for name in (*PAGES, "studies/verdict/rules.py", "docs/images/a.svg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[guide](../api.md#leases)", "[guide](../api.md#leases)"),
        ("[changes](../../CHANGELOG.md)", "[changes](../changelog.md)"),
        ("[`rules.py`](../../studies/verdict/rules.py)", "`rules.py` (`studies/verdict/rules.py`)"),
        ("[`studies/verdict`](../../studies/verdict)", "`studies/verdict`"),
        ("![a picture](../images/a.svg)", "![a picture](../images/a.svg)"),
        ("[here](#below), [there](https://example.org/x.md)", "[here](#below), [there](https://example.org/x.md)"),
        ("```\n[no link](nowhere.md)\n```\n", "```\n[no link](nowhere.md)\n```\n"),
    ],
)
def test_links_are_moved(root: Path, text: str, expected: str) -> None:
    made = moved(text, source="docs/how-to/share.md", page="how-to/share.md", pages=PAGES, root=root)
    assert made == expected


def test_a_page_from_elsewhere_finds_the_others(root: Path) -> None:
    made = moved("[guide](docs/api.md)", source="CHANGELOG.md", page="changelog.md", pages=PAGES, root=root)
    assert made == "[guide](api.md)"


def test_a_link_to_no_file_is_refused(root: Path) -> None:
    with pytest.raises(LinkError, match=r"docs/api\.md: the link to missing\.md leads to no file"):
        moved("[a](missing.md)", source="docs/api.md", page="api.md", pages=PAGES, root=root)


def test_images_are_known() -> None:
    assert images("![a](images/a.svg) [b](api.md)", "docs/api.md") == {"docs/images/a.svg"}
