"""Pages in a real chromium: drawn under the content policy, live, themed, usable by keyboard and without scripts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser_pages import opened, profile, settle, visit
from fastapi import FastAPI
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS, many_faults
from planted_worker import Planted
from playwright.sync_api import Browser, BrowserContext, expect
from pydantic import SecretStr
from serving import serving
from site_studies import Site
from waiting import CEILING, wait_for_event

from service.app import create_app
from service.door.security import login_code
from service.settings import load, sqlite_url
from service.verdicts import simulated_power
from studies import golden
from studies.calibration.planned_power import planned_power
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import overview, studies
from studies.storage.engine import open_database

pytestmark = pytest.mark.browser
DRAWN = ".main-svg"
TITLE = "After Prof. J. and Eq. 25. The golden point"
UNDECIDED: dict[str, Any] = {  # its verdict wants data
    "name": "undecided",
    "losses": ["golden"],
    "claim": {"title": TITLE},
    "contexts": [{"name": "paper", "dataset": "digits", "epochs": 2}],
    "design": {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6},
}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/studies/measured",
        "/studies/answered",
        "/studies/moving",
        "/studies/hostile",
        "/workers",
        "/queue",
        "/studies/measured/timeline",
        "/submit",
        "/studies/measured/objectives",
        "/studies/measured/trials/golden@digits/1",
    ],
)
def test_pages_run_without_complaint(context: BrowserContext, site: Site, path: str) -> None:
    page, complaints = opened(context, site.url + path)
    settle(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    settle(page)
    assert complaints == []
    assert page.evaluate("window.violations") == []


def test_figures_are_drawn_in_both_themes(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, f"{site.url}/studies/measured")
    page.locator("#panel-landscape summary").click()
    for name in ("landscape", "paired", "curves", "slices", "history"):
        place = page.locator(f"#panel-{name}")
        place.scroll_into_view_if_needed()
        expect(place.locator(DRAWN).first).to_be_visible()
    page.locator("#panel-landscape").scroll_into_view_if_needed()
    expect(page.locator("#panel-landscape .legend")).to_contain_text("claim")
    with page.expect_response(lambda r: "theme=dark" in r.url and "landscape" in r.url):
        page.locator("#theme").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert complaints == []
    assert page.evaluate("window.violations") == []


@pytest.mark.parametrize("width", [320, 360, 390, 900, 1600])
def test_no_page_is_wider_than_the_screen(context: BrowserContext, site: Site, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        "/",
        "/studies/measured",
        "/studies/answered",
        "/studies/answered/objectives",
        "/studies/moving",
        "/studies/measured/objectives",
        "/studies/hostile",
        "/workers",
        "/queue",
        "/submit",
        "/studies/nope",
    ):
        page.goto(site.url + path)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_queue_is_in_the_bar_where_there_is_room_and_a_link_away_elsewhere(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    page.goto(site.url)
    page.locator(".bar nav").get_by_role("link", name="Queue").click()
    expect(page.locator("h1")).to_have_text("Queue")
    expect(page.locator('.bar nav [aria-current="page"]')).to_have_text("Queue")
    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.locator(".bar nav a", has_text="Queue")).to_be_hidden()
    for path in ("/", "/workers"):
        page.goto(site.url + path)
        page.locator("main").get_by_role("link", name="The queue").click()
        expect(page.locator("h1")).to_have_text("Queue")


@pytest.mark.parametrize("form", ["", "?plotly=false"])
def test_a_report_fits_a_telephone(browser: Browser, site: Site, tmp_path: Path, form: str) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(httpx2.get(f"{site.url}/api/v1/studies/measured/report.html{form}", timeout=CEILING).content)
    context = profile(browser, viewport={"width": 390, "height": 900})
    page, complaints = opened(context, file.as_uri())
    expect(page.locator("#answer-and-landscape .landscape-picture .star")).to_be_visible()
    zoomed = page.locator("#landscape-0 .main-svg").first
    expect(zoomed if not form else page.locator(".paired-picture .pairs").first).to_be_visible()
    wide = "e => [...e].filter(x => x.scrollWidth > x.clientWidth + 1).map(x => x.id || x.className)"
    assert page.locator("html, .figure, .scroll, pre").evaluate_all(wide) == []
    labels = page.locator("h2", has_text="Verdict per loss").locator("+ .scroll tbody td")
    assert labels.nth(1).get_attribute("data-label") == "Verdict"
    assert complaints == []
    context.close()


def test_an_undecided_study_is_extended_by_button(
    context: BrowserContext, empty_database: Path, tmp_path: Path, listening: Callable[[FastAPI], str]
) -> None:
    path = tmp_path / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    database = open_database(sqlite_url(path))
    spec = parse(UNDECIDED)
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    Planted((golden.ETA, golden.ALPHA), noise=0.2).work_off(database)
    url = listening(create_app(load({}, database_url=sqlite_url(path), tick_seconds=3600.0), database))
    page = context.new_page()
    page.goto(f"{url}/studies/undecided")
    button = page.get_by_role("button", name="Extend until decided")
    expect(button).to_be_visible()
    expect(page.locator("#verdict .about")).to_contain_text(f"{TITLE}, under the golden loss")
    expect(page.locator("#verdict .sentence")).to_contain_text("optimum")
    asked: list[str] = []
    page.on("dialog", lambda d: (asked.append(d.message), d.accept(d.default_value)))
    button.click()
    expect(page.locator("#head .state")).to_have_text("running")
    expect(page.locator("#progress")).to_contain_text("further runs are granted")
    expect(button).to_be_hidden()
    assert asked == ["Further looks until it decides. Upper bound of further runs:"]
    assert overview.get(database, "undecided").summary.runs_granted > 0
    page.close()
    database.dispose()


def test_text_is_there_without_scripts(browser: Browser, site: Site) -> None:
    context = profile(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/studies/measured")
    expect(page.locator("#verdict .sentence")).to_be_visible()
    expect(page.locator("#progress")).to_contain_text("of")
    assert page.locator("#trials tbody tr").count() == 25
    page.goto(f"{site.url}/submit")
    assert "golden submit quickstart" in page.content()
    context.close()


def test_a_running_study_refreshes_itself(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    with page.expect_response("**/events"):
        complaints = visit(page, f"{site.url}/studies/live")
    before = page.locator("#progress .total").inner_text()
    site.train(limit=3)
    expect(page.locator("#progress .total")).not_to_have_text(before)
    expect(page.locator(".landscape-picture .best")).to_be_visible()
    page.locator("#panel-landscape summary").click()
    expect(page.locator("#panel-landscape .legend")).to_contain_text("best measured")
    assert complaints == []


def test_pause_and_resume_by_button(context: BrowserContext, site: Site) -> None:
    page, _ = opened(context, f"{site.url}/studies/hostile")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#head .state")).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#head .state")).not_to_have_text("paused")


def test_a_study_is_corrected_and_submitted(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, f"{site.url}/submit")
    send = page.get_by_role("button", name="Submit study")
    expect(send).to_be_enabled()
    name, epochs = f"made-by-hand-{time.monotonic_ns()}", page.locator("#field-contexts-0-epochs")
    page.locator("#field-name").fill(name)
    epochs.fill("0")
    error = page.locator('[data-path="contexts.0.epochs"] .error')
    expect(error).to_be_visible()
    expect(send).to_be_disabled()
    epochs.fill("2")
    expect(error).to_be_hidden()
    assert f'"name": "{name}"' in page.locator("#document").input_value()
    expect(send).to_be_enabled()
    expect(page.locator("#cost")).to_contain_text("at most 948")
    send.click()
    page.wait_for_url(f"**/studies/{name}")
    assert [c for c in complaints if "422" not in c] == []  # chromium notes the refused preview


def test_each_problem_of_a_study_stands_beside_its_field(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, f"{site.url}/submit")
    page.locator("#document").fill(json.dumps(FOUR_FAULTS))
    for (_, text), path in zip(
        FOUR_PROBLEMS, ("losses", "claim.primary_loss", "claim.eta", "contexts.0.batch_size"), strict=True
    ):
        expect(page.locator(f'.field[data-path="{path}"] .error')).to_have_text(text)
    expect(page.locator(".field.wrong")).to_have_count(4)
    expect(page.locator("#problems")).to_have_text("Some fields need a correction.")
    expect(page.get_by_role("button", name="Submit study")).to_be_disabled()
    page.locator("#document").fill(json.dumps(many_faults(25)))
    expect(page.locator("#problems")).to_contain_text("contexts.19.batch_size: is 8000")
    expect(page.locator("#problems")).to_contain_text("and 5 more")
    expect(page.locator(".field.wrong")).to_have_count(1)
    assert [c for c in complaints if "422" not in c] == []  # chromium notes the refused previews


def test_the_document_can_be_edited_directly(context: BrowserContext, site: Site) -> None:
    page, _ = opened(context, f"{site.url}/submit")
    editor = page.locator("#document")
    text = editor.input_value()
    editor.fill(text.replace('"name": "quickstart"', '"name": "typed"'))
    expect(page.locator("#field-name")).to_have_value("typed")
    editor.fill("{")
    expect(page.locator("#problems")).to_contain_text("not JSON yet")
    editor.fill(text.replace('"seed"', '"sead"'))
    expect(page.locator("#problems")).to_contain_text("sead")
    editor.fill(text.replace('"seed"', '"priority": 1, "seed"'))  # JSON.parse keeps the last of two equal keys
    expect(page.locator('.field[data-path="priority"] .error')).to_contain_text("appears more than once")
    editor.fill(text)
    page.locator("#field-claim-eta").fill("0x1")  # which JavaScript takes for a number
    expect(page.locator('.field[data-path="claim.eta"] .error')).to_contain_text("got '0x1'")


def test_the_keyboard_reaches_the_content(context: BrowserContext, site: Site) -> None:
    page, _ = opened(context, f"{site.url}/studies/measured")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.fixture
def may_simulate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Simulations wait for it and take two seconds then; none was made before."""
    go = threading.Event()

    def simulate(*arguments: Any, **named: Any) -> Any:
        wait_for_event(go, what="the test")
        return planned_power(*arguments, seconds=2.0, **named)

    monkeypatch.setattr(simulated_power, "planned_power", simulate)
    monkeypatch.setattr(simulated_power, "_kept", {})
    yield go
    go.set()


def test_power_is_simulated_on_request_and_forgotten_with_the_document(
    context: BrowserContext, site: Site, may_simulate: threading.Event
) -> None:
    page, complaints = opened(context, f"{site.url}/submit")
    for field, value in (("map_points", "16"), ("zoom_points", "16"), ("confirm_blocks", "3")):
        page.locator(f"#field-design-{field}").fill(value)
    expect(page.get_by_role("button", name="Submit study")).to_be_enabled()
    page.get_by_role("button", name="Simulate").click()
    expect(page.locator("#chances progress")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    may_simulate.set()
    rows = page.locator("#chances tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("at the claim's point")
    expect(page.locator("#chances")).to_contain_text("Clopper–Pearson")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    page.locator("#field-design-confirm_blocks").fill("4")
    expect(page.locator("#chances")).to_contain_text("simulate again")
    assert complaints == []


def test_a_simulation_stops_when_the_document_changes(
    context: BrowserContext, site: Site, may_simulate: threading.Event
) -> None:
    page, _ = opened(context, f"{site.url}/submit")
    expect(page.get_by_role("button", name="Submit study")).to_be_enabled()
    page.get_by_role("button", name="Simulate").click()
    page.locator("#field-seed").fill("7")
    expect(page.locator("#chances")).to_contain_text("was stopped")
    expect(page.get_by_role("button", name="Simulate")).to_be_enabled()


def test_a_design_that_places_nothing_and_a_poor_pilot_are_told_inline(context: BrowserContext, site: Site) -> None:
    page, _ = opened(context, f"{site.url}/submit?from=table-1")
    page.get_by_role("button", name="Simulate").click()
    expect(page.locator("#chances")).to_contain_text("places no optimum")
    page.goto(f"{site.url}/submit")
    page.locator("#pilot").select_option("widened")
    page.get_by_role("button", name="Simulate").click()
    expect(page.locator("#chances .error")).to_contain_text("pilot")


def test_objectives_come_when_they_are_opened(context: BrowserContext, site: Site) -> None:
    page, complaints = opened(context, f"{site.url}/studies/measured")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if r.url.endswith("/objectives") else None)
    settle(page)
    assert asked == []
    page.locator("#by-objective > summary").click()
    cells = page.locator("#by-objective tbody td .outcome")
    expect(cells).to_have_count(6)
    expect(page.locator("#by-objective thead")).to_contain_text("the claim’s own")
    assert complaints == []


def test_the_way_in_is_readable_and_needs_nothing_else(
    browser: Browser, empty_database: Path, tmp_path: Path, listening: Callable[[FastAPI], str]
) -> None:
    path = tmp_path / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    token = SecretStr("a-token-for-tests-0123456789")
    url = listening(create_app(load({}, database_url=sqlite_url(path), token=token, tick_seconds=3600.0)))
    context = profile(browser, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if not r.url.endswith("favicon.ico") else None)
    for address in ("/", "/login?code=worn-out"):
        answer = page.goto(url + address)
        assert answer is not None
        assert answer.status == 401
        expect(page.get_by_role("heading")).to_have_text("This dashboard needs a login")
        expect(page.locator("main")).to_contain_text("golden login")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 20, 27)"
    assert asked == [url + "/", url + "/login?code=worn-out"]
    context.close()


def test_a_logout_leads_back_to_the_way_in(
    browser: Browser, empty_database: Path, tmp_path: Path, listening: Callable[[FastAPI], str]
) -> None:
    path = tmp_path / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    token = "a-token-for-tests-0123456789"
    guarded = load({}, database_url=sqlite_url(path), token=SecretStr(token), tick_seconds=3600.0)
    url = listening(create_app(guarded))
    context = profile(browser, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{url}/login?code={login_code(token)}")
    expect(page).to_have_url(url + "/")
    for width in (390, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    copy = context.cookies()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading")).to_have_text("This dashboard needs a login")
    assert context.cookies() == []
    context.add_cookies([{"name": c["name"], "value": c["value"], "url": url} for c in copy])
    page.goto(url + "/")
    expect(page.get_by_role("heading")).to_have_text("This dashboard needs a login")
    context.close()


def test_a_page_says_since_when_the_service_is_away_and_goes_on(
    context: BrowserContext, empty_database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    settings = load({}, database_url=sqlite_url(path), tick_seconds=3600.0)
    page = context.new_page()
    with serving(create_app(settings)) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        settle(page)
        expect(page.locator(".away")).to_have_count(0)
    expect(page.locator(".away")).to_contain_text("Not connected since")
    with serving(create_app(settings), port=port):
        expect(page.locator(".away")).to_be_hidden()
