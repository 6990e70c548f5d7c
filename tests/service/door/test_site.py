"""The site that a request comes from: what each kind of browser and program sends, and how it is answered."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from service.door.security import COOKIE, login_code
from service.door.site import Arrival, arrival, is_foreign_load

TOKEN = "a-token-for-tests-0123456789"
SUBMIT = {"Authorization": f"Bearer {TOKEN}"}
HOST = {"Host": "127.0.0.1:8000"}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "User-Agent": "Mozilla/5.0"}
PICTURE = {"Accept": "image/avif,image/webp,*/*;q=0.8", "User-Agent": "Mozilla/5.0"}
SCRIPT = {"Accept": "*/*", "User-Agent": "Mozilla/5.0"}
EVIL = {"Referer": "https://evil.example/page"}


def fetch(site: str, mode: str = "navigate", dest: str = "document", **more: str) -> dict[str, str]:
    """The fetch metadata of a request."""
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest, **PAGE, **more}


FROM_OTHER_PAGES = [
    fetch("cross-site", "no-cors", "image"),
    fetch("cross-site", "no-cors", "script"),
    fetch("cross-site", "no-cors", "empty"),
    fetch("cross-site", "cors", "empty"),
    fetch("cross-site", "navigate", "iframe"),
    fetch("cross-site", "navigate", "embed"),
    fetch("cross-site", "websocket", "websocket"),
    fetch("same-site", "no-cors", "image"),
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
]
WITHOUT_METADATA = [PICTURE, SCRIPT, {**PICTURE, **EVIL}, EVIL, {"Origin": "null"}, {"Origin": "https://evil.example"}]


@pytest.mark.parametrize("headers", [*FROM_OTHER_PAGES, *WITHOUT_METADATA])
def test_what_a_page_of_another_site_loads_is_refused(headers: dict[str, str]) -> None:
    assert arrival("GET", Headers({**HOST, **headers})) is Arrival.REFUSE


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        (fetch("none"), Arrival.EXCHANGE),  # typed, or opened from a terminal or a mail program
        (fetch("none", **{"Sec-Fetch-User": "?1"}), Arrival.EXCHANGE),
        (fetch("same-origin"), Arrival.EXCHANGE),
        ({}, Arrival.EXCHANGE),  # a program
        ({"Accept": "*/*", "User-Agent": "curl/8"}, Arrival.EXCHANGE),
        (fetch("cross-site", **{"Sec-Fetch-User": "?1"}), Arrival.ASK),  # a link in a chat or in web mail
        (fetch("same-site"), Arrival.ASK),
        (fetch("none", **{"Sec-Purpose": "prefetch;prerender"}), Arrival.ASK),  # loaded ahead while it is typed
        (PAGE, Arrival.ASK),  # plain HTTP in a network: browsers say nothing there
        ({**PAGE, **EVIL}, Arrival.ASK),
        (fetch("same-origin", "cors", "empty"), Arrival.REFUSE),
    ],
)
def test_an_address_that_is_gone_to_is_answered(headers: dict[str, str], answer: Arrival) -> None:
    assert arrival("GET", Headers({**HOST, **headers})) is answer


@pytest.mark.parametrize("headers", [fetch("none"), {}])
def test_a_head_request_uses_no_code_up(headers: dict[str, str]) -> None:
    assert arrival("HEAD", Headers({**HOST, **headers})) is Arrival.ASK


def test_links_to_pages_of_ours_may_be_followed() -> None:
    assert [is_foreign_load(Headers(h)) for h in ({}, fetch("none"), fetch("cross-site"))] == [False] * 3
    assert all(is_foreign_load(Headers(headers)) for headers in FROM_OTHER_PAGES)


@pytest.mark.parametrize("headers", [*FROM_OTHER_PAGES, PICTURE, fetch("cross-site"), PAGE])
def test_other_pages_neither_count_nor_use_up_a_code(locked: TestClient, headers: dict[str, str]) -> None:
    app: Any = locked.app
    assert isinstance(app, FastAPI)
    before = app.state.code_guesses._each.wait("testclient")
    code = login_code(TOKEN)
    for text in [*("x",) * 70, code]:
        answer = locked.get("/login", params={"code": text}, headers=headers, follow_redirects=False)
        assert answer.status_code in (403, 200)
        assert COOKIE not in locked.cookies
    assert app.state.code_guesses._each.wait("testclient") == before == 0
    assert locked.get("/login", params={"code": code}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("headers", FROM_OTHER_PAGES)
def test_other_pages_load_nothing_of_ours(api: TestClient, headers: dict[str, str]) -> None:
    for path in ("/", "/api/v1/studies", "/metrics", "/healthz"):
        assert api.get(path, headers=headers).status_code == 403
    assert api.get("/", headers=fetch("cross-site")).status_code == 200


def test_another_site_confirms_no_login(locked: TestClient) -> None:
    code = login_code(TOKEN)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert locked.post("/login", params={"code": code}, headers=headers).status_code == 403
    assert locked.post("/login", params={"code": code}, follow_redirects=False).status_code == 303
