"""Pages as text: what they say without any script, how they are cached, and how they fail."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from waiting import CEILING, wait_until

from service.pages import assets
from service.pages.forms import form_fields
from service.pages.templating import duration, objective_value, script_json, size, ticks
from studies import catalogue
from studies.spec import parse

if TYPE_CHECKING:
    Site = Any

BROWSER = {"Accept": "text/html"}
PAGES = [
    "/",
    "/studies/measured",
    "/studies/measured/objectives",
    "/studies/moving",
    "/studies/widened",
    "/studies/live",
    "/workers",
    "/submit",
    "/submit?from=table-1",
    "/?state=queued",
]


@pytest.fixture
def get(site: Site) -> Any:
    """GET as a browser does."""
    with httpx2.Client(base_url=site.url, headers=BROWSER, timeout=CEILING) as client:
        yield client.get


@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_and_can_be_cached(get: Any, path: str) -> None:
    def is_cached() -> bool:
        answer = get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        again = get(path, headers={**BROWSER, "If-None-Match": answer.headers["etag"]})
        return bool(again.status_code == 304)

    wait_until(is_cached, what="304")  # a page that still waits for its verdict changes once it has come


def test_pages_hold_no_inline_script_and_no_foreign_address(get: Any) -> None:
    for path in PAGES:
        text = get(path).text
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
            assert 'src="/' in attributes or "application/json" in attributes or not body.strip()
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        assert not re.search(r"\son\w+=", re.sub(r"&lt;.*?&gt;", "", text))


def _settled(get: Any, path: str, *, until: str) -> str:
    """A page's text once what it waits for has come."""
    page: Any = wait_until(lambda: shown if until in (shown := get(path)).text else None, what=f"{until!r} on {path}")
    return str(page.text)


def test_study_page_says_the_verdict_before_anything_else(get: Any, site: Site) -> None:
    text = _settled(get, "/studies/measured", until='class="word"')
    verdict = httpx2.get(f"{site.url}/api/v1/studies/measured/verdict", timeout=CEILING).json()
    place = text.index(html.escape(verdict["sentence"].split(". ", 1)[1][:40], quote=True).replace("&#x27;", "&#39;"))
    assert text.index('class="sentence"') < place < text.index("<table")
    assert verdict["outcome"].capitalize() in text[: text.index('class="sentence"')]


def test_study_page_has_the_numbers_behind_the_figures(get: Any) -> None:
    text = _settled(get, "/studies/measured", until='class="word"')
    assert text.count("<tr") > 25
    assert "best fitted point" in text
    assert "percentage points of accuracy" in text


def test_study_page_says_which_slope_the_ridge_has(get: Any) -> None:
    text = _settled(get, "/studies/measured", until='class="word"')
    said = re.search(r'<p class="said" id="slope" data-live>([^<]+)</p>', text)
    assert said is not None
    assert "slope" in said[1]


def test_every_objective_stands_beside_the_claims_own(get: Any, site: Site) -> None:
    def complete() -> str:
        text: str = get("/studies/measured/objectives").text
        return text if "η " in text and "data-pending" not in text else ""

    text = wait_until(complete, what="every verdict")
    heads = re.findall(r'<th scope="col">([^<]+)', text)
    assert heads[:2] == ["Loss", "Test accuracy"]
    assert len(heads) == 7
    cross = httpx2.get(f"{site.url}/api/v1/studies/measured/verdict?objective=cross_entropy", timeout=CEILING).json()
    cell = re.search(r'data-label="Test cross-entropy">.*?</td>', text, re.DOTALL)
    assert cell is not None
    assert cross["outcome"].capitalize() in cell[0]
    assert "objective=cross_entropy" in cell[0]


def test_drift_between_contexts_has_its_sentence_table_and_pairs(get: Any, site: Site) -> None:
    text = _settled(get, "/studies/moving", until='<tbody>\n<tr class="group"')
    verdict = httpx2.get(f"{site.url}/api/v1/studies/moving/verdict", timeout=CEILING).json()
    section = text[text.index('id="drift"') : text.index('class="tabs"')]
    assert "batch-32" in section
    assert "batch-128" in section
    if verdict["drift"]:
        assert html.escape(verdict["drift"][0]["sentence"], quote=False) in section
        assert "batch-32 → batch-128" in section
    else:
        assert "nothing can be said yet about whether it moves" in section


def test_a_study_of_one_context_speaks_of_no_drift(get: Any) -> None:
    assert 'id="drift"' not in get("/studies/measured").text


def test_a_widened_box_is_shown_with_its_phase_and_figure(get: Any, site: Site) -> None:
    text = get("/studies/widened").text
    assert ">Widen</dt>" in text
    assert "Box widened to η 0.000316 to 4.00" in text
    figure = httpx2.get(f"{site.url}/api/v1/studies/widened/figures/landscape", timeout=CEILING).json()
    assert "box as preregistered" in [trace["name"] for trace in figure["data"]]
    assert figure["layout"]["yaxis"]["range"][1] > 0.6  # log10 of 4


def test_names_and_titles_are_escaped_everywhere(get: Any) -> None:
    for path in ("/", "/studies/hostile"):
        text = get(path).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "&lt;img src=x" in text


def test_every_link_of_every_page_leads_somewhere(get: Any) -> None:
    found: dict[str, str] = {}
    for path in [page for page in PAGES if page not in {"/studies/moving", "/studies/widened"}]:  # as /studies/measured
        for link in re.findall(r'(?:href|src)="([^"#]+)', get(path).text):
            found.setdefault(html.unescape(link), path)
    assert len(found) > 30
    broken = {link: (page, code) for link, page in found.items() if (code := get(link).status_code) != 200}
    assert broken == {}


def test_trials_are_sorted_filtered_and_paged_by_the_server(get: Any) -> None:
    first = get("/studies/measured?sort=-value").text
    values = [float(v) for v in re.findall(r'<td class="n">(\d+\.\d\d) %</td>', first)]
    assert values == sorted(values, reverse=True)
    assert len(values) == 25
    link = re.search(r'href="([^"]+)#trials">Next page', first)
    assert link is not None
    second = get(html.unescape(link[1])).text
    assert "First page" in second
    only = get("/studies/measured?phase=controls").text
    assert "same η/(1−α)" in only


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/studies/nope", 404),
        ("/studies/UPPER%20case", 404),
        ("/studies/measured?sweep=nope@nowhere", 404),
        ("/studies/measured?objective=happiness", 422),
        ("/studies/measured?cursor=%00", 422),
        ("/studies/measured/trials/golden@digits/99999", 404),
        ("/studies/measured/trials/golden@digits/x", 422),
        ("/submit?from=nothing", 404),
        ("/no/such/page", 404),
        ("/?state=confused", 422),
        ("/assets/plotly-0.0.0.min.js", 404),
        (f"/assets/{assets.DIGEST}/..%2Frouter.py", 404),
    ],
)
def test_errors_are_pages_for_browsers(get: Any, path: str, status: int) -> None:
    answer = get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "All studies" in answer.text


def test_errors_are_problems_for_everybody_else(site: Site) -> None:
    for path in ("/studies/nope", "/no/such/page", "/api/v1/nothing"):
        answer = httpx2.get(site.url + path, headers={"Accept": "application/json"}, timeout=CEILING)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_error_page_escapes_what_was_asked_for(get: Any) -> None:
    text = get("/studies/%3Cscript%3Ealert(1)%3C%2Fscript%3E").text
    assert "<script>alert" not in text


def test_assets_are_kept_for_ever(get: Any) -> None:
    for path in (f"/assets/{assets.DIGEST}/study.js", f"/assets/{assets.PLOTLY}"):
        answer = get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
    plain = get(f"/assets/{assets.DIGEST}/base.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda e: e.name)
def test_form_fields_stand_for_the_document(entry: catalogue.CatalogueEntry) -> None:
    document = entry.spec.model_dump(mode="json")
    fields = [f for _, group in form_fields(document) for f in group]
    assert len({f.path for f in fields}) == len(fields)
    for field in fields:
        node: Any = document
        for part in field.path.split("."):
            node = node[int(part)] if isinstance(node, list) else node[part]
        assert field.value == node
        if field.kind == "choice":
            assert node in field.options
    assert parse(json.loads(json.dumps(document))) == entry.spec


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (duration(None), "–"),
        (duration(59.6), "60 s"),
        (duration(600), "10 min"),
        (duration(7200), "2.0 h"),
        (duration(10**6), "11.6 days"),
        (size(None), "–"),
        (size(5 * 2**20), "5 MiB"),
        (size(3 * 2**30), "3.0 GiB"),
        (objective_value(0.5, "accuracy"), "50.00 %"),
        (objective_value(0.5, "loss_area"), "0.5000"),
        (str(ticks("say `a<b` & go")), "say <code>a&lt;b</code> &amp; go"),
        (str(script_json({"a": "</script>"})), '{"a": "\\u003c/script\\u003e"}'),
    ],
)
def test_texts_are_written_for_readers(written: str, expected: str) -> None:
    assert written == expected
