"""The page of a comparison in a real chromium: every figure drawn, nothing wider than the window, themed, live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_pages import opened, settle
from fastapi import FastAPI
from playwright.sync_api import BrowserContext, expect
from raced import WIDE, carry_on, race

from service.app import create_app
from service.settings import load, sqlite_url
from studies.storage.engine import open_database

pytestmark = pytest.mark.browser
DRAWN = ".main-svg"
PHONE = 5000  # px: a page that one scrolls through in a minute
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def raced(database_path: Path, listening: Callable[[FastAPI], str]) -> str:
    """Address of the page of a finished study along an axis of widths."""
    database = open_database(sqlite_url(database_path))
    race(database, WIDE)
    database.dispose()
    url = listening(create_app(load({}, database_url=sqlite_url(database_path), tick_seconds=3600.0)))
    return f"{url}/studies/wide"


def test_every_figure_is_drawn_and_nothing_is_wider_than_the_window(context: BrowserContext, raced: str) -> None:
    page, complaints = opened(context, raced)
    page.locator("#zoom summary").click()
    for width in (1600, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for name in ("arms", "arm-curves", "arm-axis", "arm-widths"):
            place = page.locator(f"#panel-{name}")
            place.scroll_into_view_if_needed()
            expect(place.locator(DRAWN).first).to_be_visible()
        settle(page)
        assert page.evaluate(BEYOND) <= 0, width
    with page.expect_response(lambda r: "theme=dark" in r.url):
        page.locator("#theme").click()
    settle(page)
    assert complaints == []
    assert page.evaluate("window.violations") == []


def test_an_objective_and_a_context_are_chosen_without_a_reload_button(context: BrowserContext, raced: str) -> None:
    page, complaints = opened(context, raced)
    page.locator("#verdict select[name=by]").select_option("accuracy")
    page.wait_for_url("**by=accuracy**")
    expect(page.locator("table.short caption").first).to_contain_text("Test accuracy")
    expect(page.locator("table.compared caption").first).to_contain_text("Test accuracy, digits-8")
    page.get_by_role("link", name="digits-16").click()
    expect(page.locator("table.compared caption").first).to_contain_text("Test accuracy, digits-16")
    page.locator("#trials summary").first.click()
    page.locator("#trials select[name=sweep]").select_option(label="adam")
    page.wait_for_url("**digits-16-adam**")
    expect(page.locator("#trials h2")).to_contain_text("adam")
    assert complaints == []


@pytest.mark.parametrize("width", [390, 900, 1600])
def test_the_answer_is_read_without_plotly_and_a_phone_page_is_short(
    context: BrowserContext, raced: str, width: int
) -> None:
    context.route("**/plotly*", lambda route: route.abort())
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(raced)
    shown = page.locator(".leading .arm-picture:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_have_class(f"arm-picture {'narrow' if width == 390 else 'wide'}")
    assert page.evaluate(BEYOND) <= 0
    if width == 390:
        assert page.evaluate("document.documentElement.scrollHeight") < PHONE


def test_a_page_opened_before_the_first_run_grows_to_its_answer(
    context: BrowserContext, database_path: Path, listening: Callable[[FastAPI], str]
) -> None:
    database = open_database(sqlite_url(database_path))
    race(database, WIDE, limit=0)
    url = listening(create_app(load({}, database_url=sqlite_url(database_path), tick_seconds=0.2)))
    page, complaints = opened(context, f"{url}/studies/wide")
    expect(page.locator("#verdict .sentence")).to_contain_text("Nothing is compared yet")
    expect(page.locator("#more-numbers")).to_be_hidden()
    carry_on(database)
    database.dispose()
    expect(page.locator("#verdict .sentence")).to_contain_text("By epochs to target accuracy")
    for shown in (".leading .arm-picture.wide", "#more-numbers summary", "#learning-curves svg", "#jumps a"):
        expect(page.locator(shown).first).to_be_attached()
    expect(page.locator("#more-numbers")).to_be_visible()
    assert complaints == []
