"""A page of another site, in a real chromium: it locks nobody out, loads nothing, and logs nobody in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2 as httpx
import pytest
from browser_pages import profile
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect
from serving import serving
from waiting import CEILING, join_all, wait_until

from service.app import create_app
from service.client import Client
from service.door.security import login_code
from service.settings import load, sqlite_url

pytestmark = pytest.mark.browser
TOKEN, READ_TOKEN = "a-token-for-tests-0123456789", "a-token-that-may-only-look-01"
ROUNDS = 40  # more than the wrong credentials that an address may send at once
ATTACK = """async ([target, rounds]) => {
  const load = (make) => new Promise((done) => {
    const e = make(); e.onload = e.onerror = done; document.body.append(e);
  });
  const element = (name, fields) => () => Object.assign(document.createElement(name), fields);
  let n = 0;
  for (let i = 0; i < rounds; i++) {
    const url = () => `${target}/login?code=x${n++}`;
    await Promise.all([
      load(element("img", { src: url(), referrerPolicy: "no-referrer" })),
      load(element("script", { src: url() })),
      load(element("link", { rel: "stylesheet", href: url() })),
      load(element("iframe", { src: url() })),
      fetch(url(), { mode: "no-cors", credentials: "include" }).catch(() => 0),
      fetch(url(), { method: "POST", mode: "no-cors" }).catch(() => 0),
      fetch(`${target}/api/v1/studies`, { headers: { Authorization: "Bearer wrong" } }).catch(() => 0),
      fetch(`${target}/api/v1/studies`, { method: "POST", mode: "no-cors", body: "{}" }).catch(() => 0),
    ]);
  }
  for (let i = 0; i < 5; i++) {
    const frame = Object.assign(document.createElement("iframe"), { name: `f${i}` });
    const form = Object.assign(document.createElement("form"), { action: `${target}/login?code=y${i}` });
    form.target = `f${i}`;
    form.method = i % 2 ? "get" : "post";
    document.body.append(frame, form);
    const loaded = new Promise((done) => { frame.onload = done; });
    form.submit();
    await loaded;
  }
}"""


class _Blank(BaseHTTPRequestHandler):
    """A site with one page."""

    def do_GET(self) -> None:
        """The page; its links are written by the test."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>another site</title><body></body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Lab:
    """A guarded service, and a page of another site."""

    app: FastAPI
    port: int
    attacker_port: int

    @property
    def url(self) -> str:
        """Where the service listens."""
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def lab(empty_database: Path, tmp_path: Path) -> Iterator[Lab]:
    """Both on real ports."""
    path = tmp_path / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    tokens = {"token": TOKEN, "read_token": READ_TOKEN}
    app = create_app(load({}, database_url=sqlite_url(path), tick_seconds=3600.0, **tokens))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with serving(app) as port:
        yield Lab(app, port, server.server_address[1])
    server.shutdown()
    join_all(thread)
    server.server_close()


@pytest.fixture
def reader(browser: Browser, lab: Lab) -> Iterator[BrowserContext]:
    """A browser that is logged in."""
    context = profile(browser)
    page = context.new_page()
    page.goto(f"{lab.url}/login?code={login_code(TOKEN)}")
    expect(page).to_have_url(lab.url + "/")
    yield context
    context.close()


def _page_of_another_site(context: BrowserContext, lab: Lab, host: str) -> Page:
    page = context.new_page()
    page.goto(f"http://{host}:{lab.attacker_port}/")
    return page


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])  # the same site by another port, and another site
def test_its_loads_count_nowhere_and_lock_nobody_out(reader: BrowserContext, lab: Lab, host: str) -> None:
    attacker = _page_of_another_site(reader, lab, host)
    attacker.evaluate(ATTACK, [lab.url, ROUNDS])
    for guesses in (lab.app.state.token_guesses, lab.app.state.code_guesses):
        assert guesses._each._buckets == {}, "nothing was counted"
    with Client(lab.url, TOKEN) as client:
        assert client.caller().way == "token"
    scrape = httpx.get(
        f"{lab.url}/metrics", headers={"Authorization": f"Bearer {READ_TOKEN}"}, trust_env=False, timeout=CEILING
    )
    assert scrape.status_code == 200
    refused = [line for line in scrape.text.splitlines() if line.startswith("golden_requests_refused_total")]
    assert {line.split()[-1] for line in refused} == {"0.0"}
    page = reader.new_page()
    page.goto(f"{lab.url}/login?code={login_code(READ_TOKEN)}")
    expect(page).to_have_url(lab.url + "/")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_a_link_on_another_page_asks_before_it_logs_in(browser: Browser, lab: Lab) -> None:
    context = profile(browser)
    page = _page_of_another_site(context, lab, "localhost")
    address = f"{lab.url}/login?code={login_code(TOKEN)}"
    page.evaluate("(url) => { document.body.innerHTML = `<a href='${url}'>dashboard</a>`; }", address)
    page.get_by_role("link").click()
    expect(page.get_by_role("heading")).to_have_text("Log in to this dashboard?")
    assert context.cookies() == []
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(lab.url + "/")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    context.close()


def until_refused(ask: Callable[[], int]) -> None:
    """Ask with a wrong credential until the address has spent what it may send; it is given more by the minute."""
    assert ask() == 401
    wait_until(lambda: ask() == 429, what="the address to be refused")


def test_wrong_codes_of_a_program_at_the_same_address_delay_no_right_one(browser: Browser, lab: Lab) -> None:
    with httpx.Client(base_url=lab.url, trust_env=False, timeout=CEILING) as program:
        wrong = {"Authorization": "Bearer wrong"}
        until_refused(lambda: program.get("/login", params={"code": "x"}).status_code)
        until_refused(lambda: program.get("/api/v1/studies", headers=wrong).status_code)
    context = profile(browser)
    page = context.new_page()
    page.goto(f"{lab.url}/login?code={login_code(TOKEN)}")
    expect(page).to_have_url(lab.url + "/")
    with Client(lab.url, TOKEN) as client:
        wait_until(lambda: client.caller().name == "token", what="the token")
    context.close()
