"""Studies side by side."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browser_pages import opened, profile, settle
from playwright.sync_api import Browser, BrowserContext, expect
from site_studies import Site

TWO = "/compare?study=answered&study=measured"


def test_two_studies_stand_side_by_side(settled: Any) -> None:
    text = settled(TWO, until="answer-panel")
    assert "Two studies side by side" in text
    assert len(re.findall("<article", text)) == 2
    assert text.count('<svg class="answer-panel"') == 2
    assert 'href="/studies/answered"' in text and 'href="/studies/measured"' in text
    row = re.search(r'<tr><th scope="row" class="mono">losses</th>.*?</tr>', text, re.DOTALL)
    assert row is not None, "what differs is named"
    assert "sse" in row[0]
    assert ">name</th>" not in text


def test_a_study_that_still_runs_has_no_verdict_word(get: Any) -> None:
    text = get("/compare?study=hostile&study=measured").text
    first = text[text.index("<article") :].partition("</article>")[0]
    assert "no verdict yet" in first
    assert 'class="outcome' not in first
    assert "<img src=x" not in text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 422, "name two to six studies"),
        ("?study=measured", 422, "these are 1"),
        ("?study=measured&study=measured", 422, "these are 1"),
        ("?" + "&".join(f"study=s{i}" for i in range(7)), 422, "these are 7"),
        ("?study=measured&study=nope&study=nor", 404, "no study is called &#39;nope&#39; or &#39;nor&#39;"),
        ("?study=measured&study=../x", 404, "no study is called"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(get: Any, query: str, status: int, said: str) -> None:
    answer = get(f"/compare{query}")
    assert answer.status_code == status
    assert said in answer.text


def test_a_study_can_be_left_out_of_three(settled: Any) -> None:
    text = settled(f"{TWO}&study=earlier", until="answer-panel")
    assert 'href="?study=answered&amp;study=measured"' in text
    assert "Leave out" not in settled(TWO, until="answer-panel")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 900, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_every_screen(browser: Browser, site: Site, width: int, theme: Any) -> None:
    context = profile(browser, viewport={"width": width, "height": 900}, color_scheme=theme)
    page, complaints = opened(context, f"{site.url}{TWO}&study=moving")
    expect(page.locator(".answer-panel").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    context.close()


@pytest.mark.browser
def test_studies_are_ticked_in_the_list(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, f"{site.url}/")
    settle(page)
    button = page.locator("#compare button")
    expect(button).to_be_disabled()
    page.locator('[name="study"][value="measured"]').check()
    expect(button).to_be_disabled()
    page.locator('[name="study"][value="answered"]').check()
    expect(button).to_have_text("Compare 2 studies")
    button.click()
    expect(page.locator("h1")).to_have_text("Two studies side by side")
    assert complaints == []
