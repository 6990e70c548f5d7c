"""Published results, over HTTP and in a real chromium: listed, shown with their answer, and nothing to change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from browser_pages import settle, visit
from fastapi.testclient import TestClient
from playwright.sync_api import BrowserContext, expect
from serving import serving
from waiting import CEILING

from service.app import create_app
from service.published import reports
from service.settings import Settings
from studies.report.document import verify_report
from studies.storage.engine import Database
from studies.storage.overview import list_page

HTML = {"Accept": "text/html"}
FULL, ARMS, TABLE = "landscape-full-rotated-mnist", "dlr-width", "table-1-full-rotated-mnist"
PHONE = 5000  # px, as of every page


@pytest.fixture
def showcase(settings: Settings, database: Database) -> Iterator[str]:
    """Address of a service that shows published results."""
    with serving(create_app(settings.model_copy(update={"showcase": True}), database)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def look(showcase: str) -> Iterator[Callable[[str], httpx2.Response]]:
    """GET as a browser does."""
    with httpx2.Client(base_url=showcase, headers=HTML, timeout=CEILING) as client:
        yield client.get


def test_without_the_setting_nothing_is_shown(api: TestClient) -> None:
    assert "Published results" not in api.get("/", headers=HTML).text
    for path in (f"/published/{FULL}", f"/published/{FULL}/report.json", f"/published/{FULL}/figures/landscape"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert "start it with GOLDEN_SHOWCASE=1" in answer.json()["detail"]


def test_every_report_has_a_page_and_none_is_in_the_database(
    look: Callable[[str], httpx2.Response], database: Database
) -> None:
    first = look("/").text
    for name in reports.files():
        assert f'href="/published/{name}"' in first
        page = look(f"/published/{name}")
        assert page.status_code == 200
        assert "Published result" in page.text
        assert f"golden verify {name}-report.json" in page.text
        assert not re.search(r"data-action|<textarea|method=\"post\"", page.text)
    assert list_page(database, limit=25).items == ()
    assert "Published results" in look("/?state=complete").text
    assert "Published results" not in look("/?state=running").text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_changes_a_published_result(showcase: str, method: str) -> None:
    for path in (f"/published/{FULL}", f"/published/{FULL}/report.json"):
        assert httpx2.request(method, showcase + path, timeout=CEILING).status_code == 405


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("POST", "/pause"), ("POST", "/cancel")])
def test_it_is_no_study_of_the_service(showcase: str, method: str, path: str) -> None:
    answer = httpx2.request(method, f"{showcase}/api/v1/studies/{FULL}{path}", timeout=CEILING)
    assert answer.status_code == 404


def test_the_report_that_is_downloaded_verifies(look: Callable[[str], httpx2.Response]) -> None:
    answer = look("/published/rotated-mnist/report.json")
    assert 'filename="rotated-mnist-report.json"' in answer.headers["content-disposition"]
    assert verify_report(answer.json()) == []
    assert look("/published/rotated-mnist/report.svg").text.startswith("<svg")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/published/nothing", 404, "no published result is called nothing"),
        (f"/published/{FULL}?sweep=other", 404, "other"),
        (f"/published/{FULL}/figures/pie?theme=light", 422, "this report has landscape"),
        (f"/published/{ARMS}/figures/landscape?theme=light", 422, "this report has arms"),
        (f"/published/{FULL}/report.pdf", 422, "json"),
    ],
)
def test_a_wrong_address_gets_one_sentence(
    look: Callable[[str], httpx2.Response], path: str, status: int, text: str
) -> None:
    answer = look(path)
    assert answer.status_code == status
    assert text in answer.text


@pytest.mark.parametrize("name", [FULL, "landscape", "rotated-mnist", "batch-size-drift"])
def test_the_page_has_the_landscape_of_the_chosen_sweep_and_the_pairs(
    look: Callable[[str], httpx2.Response], name: str
) -> None:
    sweeps = [sweep["name"] for sweep in reports.report(name)["sweeps"]]
    drawn = []
    for sweep in (sweeps[0], sweeps[-1]):
        text = look(f"/published/{name}?sweep={sweep}").text
        (picture,) = re.findall(r'<svg class="landscape-picture.*?</svg>', text, re.DOTALL)
        drawn.append(picture)
        figure = look(f"/published/{name}/figures/paired?sweep={sweep}&theme=dark").json()
        assert len(figure["data"]) == 2, "intervals, and single pairs below them"
    assert (drawn[0] == drawn[1]) is (len(sweeps) == 1)


def test_without_a_finished_run_the_landscape_says_so(
    look: Callable[[str], httpx2.Response], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = reports.report("rotated-mnist")
    (sweep,) = report["sweeps"]
    bare = {**sweep, "rows": 0, "runs": {name: [] for name in sweep["runs"]}}
    (judged,) = report["verdict"]["sweeps"]
    unknown = {"estimate": None, "low": None, "high": None}
    verdict = {**report["verdict"], "sweeps": [{**judged, "eta": unknown, "alpha": unknown, "comparisons": []}]}
    (tmp_path / "bare.json").write_text(json.dumps({**report, "sweeps": [bare], "verdict": verdict}), "utf-8")
    monkeypatch.setattr(reports, "CARRIED", tmp_path)
    page = look("/published/bare")
    assert page.status_code == 200
    assert "No run has finished yet." in page.text and "landscape-picture" not in page.text


@pytest.mark.browser
def test_a_published_landscape_leads_with_its_answer_and_draws_itself(context: BrowserContext, showcase: str) -> None:
    page = context.new_page()
    complaints = visit(page, showcase)
    page.get_by_role("link", name=re.compile("rotated MNIST, four losses")).click()
    expect(page.get_by_text("Published result", exact=True)).to_be_visible()
    expect(page.locator("#verdict .word")).to_contain_text("Inconclusive")
    assert page.locator("#verdict .statements .answer").all_inner_texts() == ["Yes", "No", "Undecided"]
    assert page.locator("#verdict .answer-panels svg").count() == 2
    lines = page.locator("#verdict .statements").bounding_box()
    assert lines is not None
    assert lines["y"] + lines["height"] <= 900, "the three statements are seen without scrolling"
    landscape = page.locator("#verdict .landscape-picture")
    expect(landscape.locator(".star")).to_be_visible()
    assert "settings" in (landscape.get_attribute("aria-label") or "")
    settle(page)
    assert page.locator(".main-svg").count() == 0, "the answer is seen without plotly"
    page.get_by_role("link", name="Zoom and point at it").click()
    expect(page.locator("#panel-landscape .main-svg").first).to_be_visible()
    settle(page)
    assert page.get_by_role("button", name=re.compile("Pause|Cancel|Extend|Delete|Submit")).count() == 0
    assert complaints == []
    assert page.evaluate("window.violations") == []


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", *(f"/published/{name}" for name in (FULL, ARMS, TABLE, "batch-size-drift"))])
def test_on_a_telephone_a_page_is_short_and_no_wider_than_the_screen(
    context: BrowserContext, showcase: str, path: str
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    assert visit(page, showcase + path) == []
    settle(page)
    assert page.evaluate("document.documentElement.scrollHeight") < PHONE
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
