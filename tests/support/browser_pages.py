"""Pages in a real browser: opened with their complaints kept, and waited for until nothing is left to do."""

from __future__ import annotations

import shutil
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from waiting import CEILING, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Two frames: what has come into view begins to be fetched in the first.
SETTLED = """() => new Promise((answer) => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(
  () => answer(document.readyState === "complete" && window.fetching === 0), { timeout: 1000 }))))"""


def opened(context: BrowserContext, url: str) -> tuple[Page, list[str]]:
    """A page and everything that its console complained about."""
    page = context.new_page()
    return page, visit(page, url)


def profile(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh profile of a test's own."""
    context = browser.new_context(**options)
    context.set_default_timeout(CEILING * 1000)
    return context


def settle(page: Page) -> None:
    """Until the page is loaded, fetches nothing and has nothing left to do."""
    wait_until(lambda: page.evaluate(SETTLED), what=f"{page.url} to settle")


def visit(page: Page, url: str) -> list[str]:
    """Everything that the page's console complains about, from its start."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("dialog", lambda d: (complaints.append(f"dialog {d.message}"), d.dismiss()))
    page.goto(url)
    return complaints
