"""The built manual in a real chromium: under the content policy, in both themes, at three widths, and searched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_pages import profile, visit
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from waiting import wait_until

from service.app import create_app
from service.manual import built
from service.manual_builder import __main__ as builder
from service.settings import Settings

pytestmark = pytest.mark.browser
PAGES = ("/help/", "/help/tutorial/", "/help/reference/language/", "/help/reference/python/", "/help/glossary/")
NOTES = (
    "window.violations = []; document.addEventListener('securitypolicyviolation', e => violations.push(e.blockedURI))"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manual of this tree."""
    pytest.importorskip("zensical", reason="not installed: pip install 'golden-study[docs]'")
    found = builder.built(tmp_path_factory.mktemp("manual"))
    assert found is not None
    return found


@pytest.fixture
def manual(site: Path, settings: Settings, listening: Callable[[FastAPI], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of a service that has it."""
    monkeypatch.setattr(built, "FOLDER", site)
    return listening(create_app(settings))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_need_nothing_else_and_fit_the_screen(browser: Browser, manual: str, scheme: str) -> None:
    context = profile(browser, color_scheme=scheme)
    context.add_init_script(NOTES)
    elsewhere: list[str] = []
    context.on("request", lambda r: None if r.url.startswith((manual, "data:", "blob:")) else elsewhere.append(r.url))
    for path in PAGES:
        page = context.new_page()
        complaints = visit(page, manual + path)
        for width in (390, 900, 1600):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
        assert page.evaluate("document.body.dataset.mdColorScheme") == ("slate" if scheme == "dark" else "default")
        assert complaints == []
        assert page.evaluate("window.violations") == []
        page.close()
    assert elsewhere == []
    context.close()


def test_a_word_is_found_and_leads_to_the_glossary(browser: Browser, manual: str) -> None:
    context = profile(browser)
    page = context.new_page()
    page.goto(f"{manual}/help/tutorial/")
    page.locator(".md-search__button").click()
    field = page.get_by_role("combobox", name="Search")
    found = page.get_by_role("option").and_(page.locator("[href*='/help/glossary/'][href$='#ridge-mate']"))

    def listed() -> bool:
        field.fill("ridge mate")  # again, where the search was not listening yet
        return found.count() > 0

    wait_until(listed, what="the glossary among the results")
    found.click()  # never Enter: while half a word is typed, another page may lead
    page.wait_for_url("**/help/glossary/**")
    expect(page.locator("#ridge-mate")).to_be_visible()
    context.close()
