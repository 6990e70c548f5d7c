"""Notes, tags and priority on a study's page: by keyboard, with refusals, live, and only for those who may."""

from __future__ import annotations

import pytest
from browser_pages import opened, settle
from playwright.sync_api import BrowserContext, expect
from site_studies import Site

from studies.storage import overview
from studies.storage.editing import Edit, edit

pytestmark = pytest.mark.browser


def test_a_study_is_edited_by_keyboard(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, f"{site.url}/studies/widened")
    settle(page)
    page.locator("#editing summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Of Tuesday <b>")
    page.keyboard.press("Tab")
    page.keyboard.type("Thesis")
    page.keyboard.press("Enter")
    expect(page.locator("#editing .error")).to_contain_text("tags.0: must be 1 to 32 lower-case letters")
    complaints.clear()  # the browser's own, of the answer 422
    page.locator('#editing [name="tags"]').fill("thesis, chapter-4")
    page.locator('#editing [name="priority"]').fill("12")
    page.keyboard.press("Enter")
    expect(page.locator("#added .tags a")).to_have_text(["chapter-4", "thesis"])
    expect(page.locator("#added .noted")).to_have_text("Of Tuesday <b>")
    expect(page.locator("#editing form")).to_be_hidden()
    expect(page.locator("#editing summary")).to_be_focused()
    assert complaints == []
    summary = overview.get(site.database, "widened").summary
    assert (summary.priority, summary.tags) == (12, ("chapter-4", "thesis"))
    page.locator("#added .tags a").first.click()
    expect(page.locator("table.studies tbody tr")).to_have_count(1)
    page.get_by_role("link", name="show all tags").click()
    expect(page.locator('table.studies a[href="/studies/measured"]').first).to_be_visible()
    edit(site.database, "widened", Edit(notes="", tags=[], priority=0))


def test_what_somebody_else_changed_meanwhile_stays(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, f"{site.url}/studies/widened")
    settle(page)
    edit(site.database, "widened", Edit(notes="by somebody else"))
    page.locator("#editing summary").click()
    page.locator('#editing [name="tags"]').fill("mine")
    page.locator("#editing button").click()
    expect(page.locator("#added .noted")).to_have_text("by somebody else")
    expect(page.locator('#editing [name="notes"]')).to_have_value("by somebody else")
    detail = overview.get(site.database, "widened")
    assert (detail.notes, detail.summary.tags) == ("by somebody else", ("mine",))
    assert complaints == []
    edit(site.database, "widened", Edit(notes="", tags=[]))
