"""Figures on a study's page: what is unfolded together is fetched together, and once until something changes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from browser_pages import opened, settle
from playwright.sync_api import BrowserContext, Page, expect
from site_studies import Site

pytestmark = pytest.mark.browser
DRAWN = ".main-svg"
TOGETHER = ["paired", "curves", "slices", "history"]


def _asked(page: Page) -> list[list[str]]:
    """The figures of each request from now on."""
    found: list[list[str]] = []

    def note(url: str) -> None:
        before, there, kind = urlsplit(url).path.partition("/figures")
        if there and before.startswith("/api/"):
            found.append([kind.strip("/")] if kind else parse_qs(urlsplit(url).query)["kind"])

    page.on("request", lambda request: note(request.url))
    return found


def _see_all(page: Page) -> None:
    for name in TOGETHER:
        page.locator(f"#panel-{name}").scroll_into_view_if_needed()
        expect(page.locator(f"#panel-{name} {DRAWN}").first).to_be_visible()


def test_one_request_brings_all_figures_that_are_unfolded_together(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, "about:blank")
    asked = _asked(page)
    page.goto(f"{site.url}/studies/answered")
    _see_all(page)
    settle(page)
    assert len(asked) == 1
    assert set(TOGETHER) <= set(asked[0])
    page.locator("#views summary").first.click()
    expect(page.locator(f"#views {DRAWN}").first).to_be_visible()
    assert asked[1:] == [["parallel"]]
    page.locator("#theme").click()
    settle(page)
    _see_all(page)
    page.locator("#views [data-figure]").first.scroll_into_view_if_needed()  # the click may have scrolled it away
    settle(page)
    assert sorted(map(len, asked[2:])) == [1, len(asked[0])]
    assert complaints == []


def test_a_refusal_is_told_at_every_figure_and_the_next_look_tries_again(context: BrowserContext, site: Site) -> None:
    page, _ = opened(context, "about:blank")
    problem = '{"detail": "the disk is full"}'
    page.route("**/figures?*", lambda r: r.fulfill(status=503, content_type="application/problem+json", body=problem))
    page.goto(f"{site.url}/studies/answered")
    for name in TOGETHER:
        page.locator(f"#panel-{name}").scroll_into_view_if_needed()
        expect(page.locator(f"#panel-{name} .failed")).to_have_text("the disk is full")
    page.unroute("**/figures?*")
    page.evaluate("scrollTo(0, 0)")
    settle(page)
    _see_all(page)
    assert page.locator(".failed").count() == 0
