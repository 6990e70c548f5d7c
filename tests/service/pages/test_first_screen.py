"""The first screen of a judged study in a real chromium: word, sentence and three statements, in both themes."""

from __future__ import annotations

from typing import Any

import pytest
from browser_pages import profile, settle
from playwright.sync_api import Browser, BrowserContext, Page, expect
from site_studies import Site

from studies.figures.theme import DARK, LIGHT

pytestmark = pytest.mark.browser
PHONE = 5000  # px: a page that one scrolls through in a minute
LEAST_LETTER = 11.0  # px, of a line of text in a picture
LEAST_CONTRAST = 4.5  # WCAG 2.1, text of ordinary size
CONTRAST = """elements => elements.map(element => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  let behind = element;
  while ((parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(c => light(parse(c)));
  return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
})"""


def _opened(context: BrowserContext, site: Site, width: int) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.url}/studies/answered")
    expect(page.locator("#verdict .statements")).to_be_visible()
    return page


def _box(page: Page, selector: str) -> Any:
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return found


def _bottom(page: Page, selector: str) -> float:
    found = _box(page, selector)
    return float(found["y"] + found["height"])


@pytest.mark.parametrize("width", [1280, 1600])
def test_the_three_statements_are_seen_without_scrolling(context: BrowserContext, site: Site, width: int) -> None:
    page = _opened(context, site, width)
    lines = _box(page, "#verdict .statements")
    assert _box(page, "#verdict .word")["y"] < lines["y"]
    assert lines["y"] + lines["height"] <= 900
    assert page.locator("#verdict .statements .answer svg").count() == 3, "a sign beside each word"
    assert page.locator("#verdict .statements .answer").all_inner_texts() == ["Undecided"] * 3


def test_a_telephone_shows_the_first_statement_and_cuts_nothing(context: BrowserContext, site: Site) -> None:
    page = _opened(context, site, 390)
    assert _box(page, "#verdict .statements li")["y"] < 900
    for fold in ("#verdict .why-so summary", "#verdict .narrow > summary", "#numbers .narrow > summary"):
        page.locator(fold).click()
    assert page.locator("#verdict table.stack:visible, #numbers table.stack:visible").count() >= 2
    wide = "e => [...e].filter(x => x.scrollWidth > x.clientWidth + 1).map(x => x.className)"
    assert page.locator("#verdict .scroll, #numbers .scroll").evaluate_all(wide) == []


@pytest.mark.parametrize("study", ["answered", "measured"])
def test_a_wide_first_screen_holds_the_answer_in_words_and_its_pictures(
    context: BrowserContext, site: Site, study: str
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{site.url}/studies/{study}")
    expect(page.locator("#verdict .statements")).to_be_visible()
    for shown in ("#verdict .statements", "#verdict .answer-panel >> nth=1", "#verdict .landscape-picture"):
        assert _bottom(page, shown) <= 900, shown
    claimed = page.locator(".answer-panel .claimed").evaluate_all("e => e.map(x => x.getBoundingClientRect().height)")
    assert min(claimed) >= LEAST_LETTER


def test_a_telephones_first_screen_holds_the_three_answers_and_the_first_picture(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/studies/answered")
    expect(page.locator("#verdict .statements")).to_be_visible()
    assert _bottom(page, "#verdict .statements") <= 844
    assert page.locator(".answer-panel .interval, .answer-panel .axis").first.bounding_box()["y"] <= 844  # type: ignore[index]
    said = page.locator("#verdict .statements .said").first
    expect(said).to_be_hidden()
    page.locator("#verdict .in-full summary").first.click()
    expect(said).to_be_visible()


def test_a_telephones_page_is_short_and_a_fold_opens_where_an_address_points(
    context: BrowserContext, site: Site
) -> None:
    page = _opened(context, site, 390)
    assert page.evaluate("document.documentElement.scrollHeight") < PHONE
    trials = page.locator("#trials table.trials")
    expect(trials).to_be_hidden()
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Trials").click()
    expect(trials).to_be_visible()
    page.goto(f"{site.url}/studies/answered?sort=value")
    expect(trials).to_be_visible()


def test_a_wide_page_shows_everything_without_a_click(context: BrowserContext, site: Site) -> None:
    page = _opened(context, site, 1280)
    for shown in ("#trials table.trials", "#verdict .narrow table.stack", "#numbers .facts", "#panel-history"):
        expect(page.locator(shown).first).to_be_visible()
    assert page.locator(".narrow > summary:visible").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_screen_needs_no_plotly_until_somebody_zooms(context: BrowserContext, site: Site, width: int) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = _opened(context, site, width)
    expect(page.locator(".landscape-picture .star")).to_be_visible()
    settle(page)
    assert [url for url in asked if "plotly" in url or "/figures/" in url] == []
    with page.expect_request("**/plotly*"):
        page.get_by_role("link", name="Zoom and point at it").click()
    expect(page.locator("#panel-landscape .main-svg").first).to_be_visible()


def test_the_landscape_stands_beside_the_answer_on_a_wide_screen_and_below_it_on_a_small_one(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    for width, beside in ((1280, True), (900, False)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{site.url}/studies/measured")
        answer, landscape = _box(page, ".answer-panels"), _box(page, ".landscape-shown")
        assert (landscape["x"] >= answer["x"] + answer["width"]) is beside
        assert (landscape["y"] >= answer["y"] + answer["height"]) is not beside


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_landscapes_shades_are_those_of_the_figures(browser: Browser, site: Site, theme: Any) -> None:
    context = browser.new_context(color_scheme=theme)
    page = _opened(context, site, 1280)
    fill = "e => getComputedStyle(e).fill"
    palette = LIGHT if theme == "light" else DARK
    for kind, colour in enumerate(palette.scale):
        rgb = ", ".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
        assert page.locator(f".landscape-picture .f{kind}").evaluate(fill) == f"rgb({rgb})"
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_answers_are_readable(browser: Browser, site: Site, theme: Any) -> None:
    context = profile(browser, color_scheme=theme)
    page = _opened(context, site, 1280)
    page.locator("#verdict .why-so summary").click()
    shown = page.locator(
        ".statements .answer, .statements p, .short-answers span, .decoys .answer, .conjunction .outcome"
    )
    assert min(shown.evaluate_all(CONTRAST)) >= LEAST_CONTRAST
    context.close()
