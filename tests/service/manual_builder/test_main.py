"""The manual builds strictly: no dead link, no dead anchor, nothing from another site, no script inside a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.door.gate import HEADERS
from service.manual import glossary
from service.manual_builder.__main__ import built, main, replace
from service.manual_builder.sources import made, written


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manual of this tree."""
    pytest.importorskip("zensical", reason="not installed: pip install 'golden-study[docs]'")
    found = built(tmp_path_factory.mktemp("manual"))
    assert found is not None, "the build complains, see above"
    return found


def test_every_page_is_built(site: Path) -> None:
    for page in {*written().values(), *made()}:
        folder = page.removesuffix(".md").removesuffix("index")
        assert (site / folder / "index.html").is_file(), page


def test_the_content_policy_suits_it(site: Path) -> None:
    assert "script-src 'self';" in HEADERS["Content-Security-Policy"]
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert re.findall(r"<script>", text) == [], page
        assert re.findall(r"fonts\.g|unpkg|jsdelivr|cdn\.", text) == [], page


def test_first_uses_lead_to_terms_that_there_are(site: Path) -> None:
    anchors = set(re.findall(r'\bid="([\w-]+)"', (site / "glossary" / "index.html").read_text("utf-8")))
    assert {term.anchor for term in glossary.terms()} <= anchors
    links = re.findall(
        r'class="term" href="\.\./glossary/#([\w-]+)"', (site / "method" / "index.html").read_text("utf-8")
    )
    assert len(links) == len(set(links)) > 20
    assert set(links) <= anchors


def test_docstrings_are_in_the_python_reference(site: Path) -> None:
    text = (site / "reference" / "python" / "index.html").read_text("utf-8")
    assert "Run a study with a function that trains once, and judge it." in text
    assert "Submit a study; a repeated submit of the same document gives the study that is there." in text


def test_a_dead_link_fails_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str], site: Path) -> None:
    from service.manual_builder import __main__ as builder

    def with_a_dead_anchor(folder: Path, root: Path = builder.REPOSITORY) -> None:
        stage(folder, root)
        (folder / "docs" / "limits.md").write_text("# Limits\n\n[nowhere](method.md#no-such-place)\n", "utf-8")

    stage = builder.stage
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder, "stage", with_a_dead_anchor)
        assert main(["--output", str(tmp_path / "site")]) == 1
    assert "limits.md" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_new_site_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.html").write_text("", "utf-8")
    replace(tmp_path / "old", tmp_path / "new")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["new.html"]
    replace(tmp_path / "first", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "new", "old"]
