"""The page of one figure."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browser_pages import opened, profile, settle
from playwright.sync_api import Browser, BrowserContext, expect
from site_studies import Site

from studies.figures.book import FIGURES

PAGE = "/studies/measured/figures"


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_has_a_page_with_its_words_and_its_numbers(settled: Any, kind: str) -> None:
    text = settled(f"{PAGE}/{kind}", until="data.csv")
    said = re.search(r'<p class="said"[^>]*>(.*?)</p>', text)
    assert said is not None and said[1]
    assert f'data-figure="/api/v1/studies/measured/figures/{kind}?' in text
    assert f'href="{PAGE}/{kind}?' in text, "it stands in the list of figures"


def test_a_phase_is_kept_from_figure_to_figure(settled: Any) -> None:
    text = settled(f"{PAGE}/rank?phase=confirm", until="The numbers")
    assert 'value="confirm" selected' in text
    assert f"{PAGE}/edf?sweep=golden%40digits&amp;phase=confirm" in text
    assert "<td >map" not in text


def test_chosen_curves_are_part_of_the_address(settled: Any) -> None:
    text = settled(f"{PAGE}/curves?arm=claim&trial=3&trial=&phase=", until="The numbers")
    chosen = "sweep=golden%40digits&amp;arm=claim&amp;trial=3"
    assert f'data-figure="/api/v1/studies/measured/figures/curves?{chosen}"' in text
    assert f'href="/api/v1/studies/measured/figures/curves/data.csv?{chosen}"' in text
    assert 'name="arm" value="claim" checked' in text
    assert f'href="{PAGE}/rank?sweep=golden%40digits"' in text, "other figures draw no curves"


def test_an_arm_that_is_not_there_is_said(settled: Any) -> None:
    settled(f"{PAGE}/curves", until="The numbers")
    text = settled(f"{PAGE}/curves?arm=nope", until="does not make sense")
    assert "this sweep&#39;s confirmation has claim, best" in text


@pytest.mark.parametrize("path", [f"{PAGE}/dream", "/studies/nope/figures/rank", f"{PAGE}/rank?sweep=no@such"])
def test_what_is_not_there_is_a_page_of_its_own(get: Any, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert "Nothing is here" in answer.text


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 900, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_drawn_and_fits_every_screen(browser: Browser, site: Site, width: int, theme: Any) -> None:
    context = profile(browser, viewport={"width": width, "height": 900}, color_scheme=theme)
    context.add_init_script("window.fetching = 0")
    for kind in ("parallel", "rank", "importance", "edf", "edge", "fit"):
        page, complaints = opened(context, f"{site.url}{PAGE}/{kind}")
        expect(page.locator(".plot.alone .main-svg").first).to_be_visible()
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
        assert complaints == []
        page.close()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_picture_is_saved_under_the_figures_name(context: BrowserContext, site: Site, form: str) -> None:
    page, complaints = opened(context, f"{site.url}{PAGE}/edf")
    expect(page.locator(".plot.alone .main-svg").first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name=form.upper(), exact=True).click()
    assert saved.value.suggested_filename == f"measured-edf.{form}"
    assert complaints == []
    assert page.evaluate("window.violations") == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_curves_are_chosen_with_the_form(browser: Browser, site: Site, width: int) -> None:
    context = profile(browser, viewport={"width": width, "height": 900})
    context.add_init_script("window.fetching = 0")
    page, complaints = opened(context, f"{site.url}{PAGE}/curves")
    page.get_by_label("claim", exact=True).check()
    page.wait_for_url("**/curves?*arm=claim*")
    page.get_by_label("trial #").fill("3")
    page.get_by_label("trial #").press("Enter")
    page.wait_for_url("**trial=3*")
    expect(page.locator(".plot.alone .legend")).to_contain_text("trial #3")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    context.close()
