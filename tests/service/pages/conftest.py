"""A browser: a plain one that reads text, and a real chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx2
import pytest
from browser_pages import CHROMIUM
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from serving import serving
from site_studies import Site
from waiting import CEILING, wait_until

FETCHES = """
window.fetching = 0;
const original = window.fetch;
window.fetch = (...given) => { window.fetching += 1; return original(...given).finally(() => window.fetching -= 1); };
"""


BROWSER = {"Accept": "text/html"}
Get = Callable[..., httpx2.Response]


@pytest.fixture
def get(site: Site) -> Iterator[Get]:
    """GET as a browser does."""
    with httpx2.Client(base_url=site.url, headers=BROWSER, timeout=CEILING) as client:
        yield client.get


@pytest.fixture
def settled(get: Get) -> Callable[..., str]:
    """A page's text, by its path, once what it waits for has come: the text `until`."""

    def text_of(path: str, *, until: str) -> str:
        def shown() -> str:
            text = get(path).text
            return text if until in text else ""

        return str(wait_until(shown, what=f"{until!r} on {path}"))

    return text_of


@pytest.fixture
def listening() -> Iterator[Callable[[FastAPI], str]]:
    """Serve an application until the test is over; gives its address."""
    with ExitStack() as stack:
        yield lambda app: f"http://127.0.0.1:{stack.enter_context(serving(app))}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for all tests."""
    if CHROMIUM is None:
        pytest.skip("NO CHROMIUM: pages are not tested in a browser; apt-get install chromium")
    expect.set_options(timeout=CEILING * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile that notes every violation of the content policy, and what is still being fetched."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation',"
        " e => window.violations.push(e.violatedDirective + ' ' + e.blockedURI))"
    )
    context.add_init_script(FETCHES)
    context.set_default_timeout(CEILING * 1000)
    yield context
    context.close()
