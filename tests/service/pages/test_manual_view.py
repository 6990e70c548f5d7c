"""The manual at /help: built or not, behind the same gate, without a path that leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.manual import built
from service.manual.glossary import terms

BROWSER = {"Accept": "text/html"}
NO_FOLDER = Path("/nonexistent")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small built manual."""
    folder = tmp_path / "site"
    (folder / "tutorial").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>First page</h1>", "utf-8")
    (folder / "tutorial" / "index.html").write_text("<h1>Tutorial</h1>", "utf-8")
    (folder / "search.json").write_text("{}", "utf-8")
    (folder / "notes.private").write_text("no page", "utf-8")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    monkeypatch.setattr(built, "FOLDER", folder)
    return folder


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """No built manual, as in a fresh checkout."""
    monkeypatch.setattr(built, "FOLDER", NO_FOLDER)


def test_pages_and_files_of_the_manual_are_answered(api: TestClient, site: Path) -> None:
    first = api.get("/help/", headers=BROWSER)
    assert first.status_code == 200
    assert "First page" in first.text
    assert "script-src 'self';" in first.headers["content-security-policy"]
    assert "Tutorial" in api.get("/help/tutorial/").text
    assert api.get("/help/search.json").headers["content-type"] == "application/json"
    again = api.get("/help/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("asked", "leads_to"), [("/help", "/help/"), ("/help/tutorial", "/help/tutorial/")])
def test_an_address_without_its_slash_leads_to_the_page(api: TestClient, site: Path, asked: str, leads_to: str) -> None:
    answer = api.get(asked, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, leads_to)


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "tutorial/../../secret.txt", "notes.private", "no/such/",
     "//etc/passwd", "%00", "tutorial//", "tutorial/index.html/"],
)  # fmt: skip
def test_no_path_leads_out_of_the_manual(api: TestClient, site: Path, path: str) -> None:
    answer = api.get(f"/help/{path}", headers=BROWSER, follow_redirects=False)
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.txt", "")


def test_a_manual_that_is_built_anew_is_shown_without_a_restart(api: TestClient, site: Path) -> None:
    assert "First page" in api.get("/help/").text
    fresh = site.with_name("fresh")
    fresh.write_text("<h1>Second edition</h1>", "utf-8")
    fresh.replace(site / "index.html")
    assert "Second edition" in api.get("/help/").text


def test_without_a_built_manual_the_page_says_what_to_run_and_has_the_glossary(api: TestClient, unbuilt: None) -> None:
    for path in ("/help/", "/help/glossary/"):
        answer = api.get(path, headers=BROWSER)
        assert answer.status_code == 200
        assert "<code>make docs</code>" in answer.text
        assert [term.name for term in terms() if f'id="{term.anchor}"' not in answer.text] == []
    other = api.get("/help/tutorial/", headers=BROWSER)
    assert other.status_code == 404
    assert "make docs" in other.text


def test_it_needs_a_credential(locked: TestClient) -> None:
    assert locked.get("/help/").status_code == 401
    assert locked.get("/help/tutorial/").status_code == 401


def test_every_page_leads_to_it_and_links_its_terms(api: TestClient) -> None:
    for path in ("/", "/workers", "/submit"):
        text = api.get(path, headers=BROWSER).text
        assert '<a href="/help/"' in text
        assert 'class="term" href="/help/glossary/#' in text
