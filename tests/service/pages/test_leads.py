"""What a study's page and report lead with: its state, its table, its move, and a verdict only where there is one."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from leases import LEASE
from site_studies import DIGITS, Site
from waiting import wait_until

from studies import golden
from studies.storage import queue, studies
from studies.storage.engine import Database

TWO = [{**DIGITS, "name": "batch", "axis": {"batch_size": [32, 128]}}]
POINTS = [
    {"loss": "sse", "eta": golden.ETA, "alpha": 0.0},
    {"loss": "sse", "eta": golden.ETA, "alpha": golden.ALPHA},
    {"loss": "golden", "eta": golden.ETA, "alpha": golden.ALPHA},
]
TABLE = {
    "design": {"kind": "cross_validation", "repeats": 10, "points": POINTS},
    "replication": {"folds": 10},
    "losses": ["golden", "sse"],
}
VERDICTS = re.compile(r"\b(Supported|Refuted|Inconclusive|Undecided|supported|refuted|inconclusive)\b")
Read = Callable[[str], str]


@pytest.fixture
def site(database: Database) -> Site:
    return Site("", database)


@pytest.fixture
def read(api: TestClient) -> Read:
    """A page or report as a reader sees it: no tags, no styles, no documents."""

    def text_of(address: str) -> str:
        def judged() -> str:
            answer = api.get(address, headers={"Accept": "text/html"})
            assert answer.status_code == 200
            return "" if "being worked out" in answer.text or "being judged" in answer.text else answer.text

        text = wait_until(judged, what=f"{address} with its verdict")
        body = re.sub(r"<(style|script|pre|dl|aside)\b.*?</\1>", " ", text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    return text_of


def _queued(site: Site) -> None:
    site.submit("s")


def _running(site: Site) -> None:
    site.submit("s")
    site.train(20)


def _paused(site: Site) -> None:
    _running(site)
    studies.pause(site.database, "s")


def _cancelled(site: Site) -> None:
    _running(site)
    studies.cancel(site.database, "s")


def _empty(site: Site) -> None:
    site.submit("s")
    studies.cancel(site.database, "s")


def _failed(site: Site) -> None:
    _running(site)
    while (batch := queue.claim(site.database, worker="w", limit=8, lease_seconds=LEASE)) is not None:
        queue.fail_together(site.database, batch.trials, kind="raised", message="CUDA error: no kernel image")


LEADS = {
    _queued: ("Queued", "None of at most 98 runs is done."),
    _running: ("Running", "20 of at most 98 runs are done."),
    _paused: ("Paused", "Nothing more begins until somebody resumes it."),
    _cancelled: ("Cancelled", "20 of 98 runs are done: too few to decide."),
    _empty: ("Cancelled", "It was cancelled before any run was done"),
    _failed: ("Failed", "the latest: raised: CUDA error: no kernel image."),
}


@pytest.mark.parametrize("made", LEADS, ids=lambda made: made.__name__.strip("_"))
def test_before_a_verdict_the_state_leads_and_no_verdicts_word_is_said(site: Site, read: Read, made: Any) -> None:
    made(site)
    word, said = LEADS[made]
    page = read("/studies/s")
    assert said in page
    lead = page[page.index(f" {word} no verdict") : page.index(said)]
    assert len(lead) < 60, "nothing else comes first"
    assert VERDICTS.findall(page.replace("no verdict", "")) == []
    report = read("/api/v1/studies/s/report.html")
    assert VERDICTS.findall(report.replace("falsely supported", "").replace("falsely refuted", "")) == []
    assert f"{word}: " in report[:20], "the title"
    assert "No verdict yet." in report
    assert "Verdict per loss" not in report


def test_what_the_runs_so_far_say_is_folded_and_has_no_verdict_column(site: Site, read: Read) -> None:
    _running(site)
    page = read("/studies/s")
    assert "What the runs so far say No verdict: the study has not ended" in page
    assert "Each sweep so far Loss Optimum’s η" in page


def test_a_study_with_a_verdict_leads_with_it(site: Site, read: Read) -> None:
    site.submit("s")
    site.train()
    page = read("/studies/s")
    assert "no verdict" not in page
    assert VERDICTS.search(page[page.index("Delete") :]) is not None


def test_several_contexts_lead_with_whether_the_optimum_moves(site: Site, read: Read, api: TestClient) -> None:
    site.submit("s", contexts=TWO)
    site.train()
    for page in (read("/studies/s"), read("/api/v1/studies/s/report.html")):
        word = re.search(
            r"(It moves|It stays|No move is seen|Not known whether it moves) (between|of) 2 contexts", page
        )
        assert word is not None
        assert (
            word.start()
            < page.index("And the claim?")
            < page.index("under the golden loss", page.index("And the claim?"))
        )
    outcome = api.get("/studies/s/outcome", headers={"Accept": "text/html"}).text
    assert ("<small>It " in outcome) == word[1].startswith("It ")


def test_whether_it_moves_is_not_told_before_the_end(site: Site, read: Read) -> None:
    site.submit("s", contexts=TWO)
    site.train(60)
    page = read("/studies/s")
    assert "And the claim?" not in page
    assert "So far: the study has not ended." in page


def test_table_1_leads_with_its_means_and_the_papers(site: Site, read: Read, api: TestClient) -> None:
    site.submit("s", **TABLE, contexts=[{"name": "paper"}])
    site.train()
    for page in (read("/studies/s"), read("/api/v1/studies/s/report.html")):
        assert "77.4 ± 10" in page and "99.4 ± 0.1" in page
        assert page.index("Mean accuracy goes from") < page.index("77.4 ± 10")
        assert VERDICTS.findall(page.replace("no verdict", "")) == []
    text = api.get("/studies/s", headers={"Accept": "text/html"}).text
    assert 'id="panel-landscape"' not in text and 'id="panel-paired"' not in text
    assert "compares points" in api.get("/studies/s/outcome", headers={"Accept": "text/html"}).text
    assert "the paper has 77.4 ± 10" in api.get("/api/v1/studies/s/report.svg").text


def test_a_table_of_another_set_up_says_what_differs(site: Site, read: Read) -> None:
    site.submit("s", **TABLE, contexts=[{**DIGITS, "epochs": 3}])
    site.train()
    for page in (read("/studies/s"), read("/api/v1/studies/s/report.html")):
        assert "The paper’s numbers are not shown, since the set-up is not its own: images of digits;" in page
        assert "77.4 ± 10" not in page


def test_a_table_that_is_not_finished_says_how_far_it_is(site: Site, read: Read) -> None:
    site.submit("s", **TABLE, contexts=[{"name": "paper"}])
    empty = read("/studies/s")
    assert "Queued Points to cross-validate None of 300 runs is done." in empty
    site.train(11)
    page = read("/studies/s")
    assert "Running Table 1 110 of 300 runs are done." in page
    assert "Mean accuracy goes from" in page
    assert "110 of 300 planned runs are done" in read("/api/v1/studies/s/report.html")


def test_the_list_says_none_where_none_will_come(site: Site, api: TestClient) -> None:
    site.submit("waiting")
    site.submit("given-up")
    studies.cancel(site.database, "given-up")
    rows = dict(
        re.findall(r'href="/studies/([\w-]+)">.*?data-label="Verdict"><span class="muted">([^<]+)<', _list(api))
    )
    assert rows == {"waiting": "not yet", "given-up": "none"}


def _list(api: TestClient) -> str:
    return re.sub(r"\s+", " ", api.get("/", headers={"Accept": "text/html"}).text)


def test_a_table_is_not_compared_as_a_claim_and_has_no_verdict_by_any_objective(
    site: Site, read: Read, api: TestClient
) -> None:
    site.submit("s", **TABLE, contexts=[{"name": "paper"}])
    site.submit("other")
    answer = api.get("/compare?study=other&study=s", headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "s compares given points, and states no verdict on a claim" in html.unescape(answer.text)
    site.train()
    assert VERDICTS.findall(read("/studies/s/objectives")) == []


def test_objectives_say_not_yet_before_the_end(site: Site, read: Read) -> None:
    _running(site)
    page = read("/studies/s/objectives")
    assert "not yet" in page
    assert VERDICTS.findall(page) == []


def test_side_by_side_a_study_without_a_verdict_says_its_state(site: Site, read: Read) -> None:
    _cancelled(site)
    site.submit("waiting")
    page = read("/compare?study=s&study=waiting")
    assert "cancelled no verdict, 20 of 98 runs" in page
    assert "queued no verdict yet, 0 of 98 runs" in page
    assert VERDICTS.findall(page.replace("no verdict", "")) == []
