"""The page of one study: its verdict first, then the numbers behind it."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx2
from fastapi.testclient import TestClient
from site_studies import Site
from waiting import CEILING


def test_study_page_says_the_verdict_before_anything_else(settled: Any, site: Site) -> None:
    text = settled("/studies/measured", until='class="word"')
    verdict = httpx2.get(f"{site.url}/api/v1/studies/measured/verdict", timeout=CEILING).json()
    place = text.index(html.escape(verdict["sentence"].split(". ", 1)[1][:40], quote=True).replace("&#x27;", "&#39;"))
    assert text.index('class="sentence"') < place < text.index("<table")
    assert verdict["outcome"].capitalize() in text[: text.index('class="sentence"')]


def test_a_name_stands_beside_a_title_and_once_where_it_is_the_title(get: Any, site: Site) -> None:
    site.submit("nameless", title="")
    for address in ("/studies/{}", "/?q={}", "/queue"):
        for study, titled in (("live", True), ("nameless", False)):
            shown = get(address.format(study)).text
            assert (f'class="mono">{study}<' in shown) == titled, (address, study)
            assert f">{study if not titled else 'Live'}<" in shown


def test_study_page_has_the_numbers_behind_the_figures(settled: Any) -> None:
    text = settled("/studies/measured", until='class="word"')
    assert text.count("<tr") > 25
    assert "best fitted point" in text
    assert "percentage points of accuracy" in text


def test_study_page_says_which_slope_the_ridge_has(settled: Any) -> None:
    text = settled("/studies/measured", until='class="word"')
    said = re.search(r'<p class="said" id="slope" data-live>([^<]+)</p>', text)
    assert said is not None
    assert "slope" in said[1]


def test_drift_between_contexts_has_its_sentence_table_and_pairs(settled: Any, site: Site) -> None:
    text = settled("/studies/moving", until='<tbody>\n<tr class="group"')
    verdict = httpx2.get(f"{site.url}/api/v1/studies/moving/verdict", timeout=CEILING).json()
    section = text[text.index('id="drift"') : text.index('class="tabs"')]
    assert "batch-32" in section
    assert "batch-128" in section
    if verdict["drift"]:
        assert html.escape(verdict["drift"][0]["sentence"], quote=False) in section
        assert "batch-32 → batch-128" in section
    else:
        assert "nothing can be said yet about whether it moves" in section


def test_an_axis_has_its_trend_in_words_and_a_figure(settled: Any, site: Site) -> None:
    text = settled("/studies/moving", until='<tbody>\n<tr class="group"')
    verdict = httpx2.get(f"{site.url}/api/v1/studies/moving/verdict", timeout=CEILING).json()
    (trend,) = verdict["trends"]
    assert (trend["axis"], trend["field"], len(trend["values"])) == ("batch", "batch_size", 2 - len(trend["left_out"]))
    section = text[text.index('id="trend"') : text.index('class="tabs"')]
    assert html.escape(trend["sentence"], quote=False) in section
    assert "no power of batch_size is stated" in section
    assert 'id="panel-trend"' in section
    figure = httpx2.get(f"{site.url}/api/v1/studies/moving/figures/trend", timeout=CEILING).json()
    assert figure["data"] or figure["layout"]["annotations"]
    assert 'id="trend"' not in settled("/studies/measured", until='class="word"')


def test_a_study_of_one_context_speaks_of_no_drift(get: Any) -> None:
    assert 'id="drift"' not in get("/studies/measured").text


def test_a_widened_box_is_shown_with_its_phase_and_figure(get: Any, site: Site) -> None:
    text = get("/studies/widened").text
    assert ">Widen</dt>" in text
    assert "Box widened to η 0.000316 to 4.00" in text
    figure = httpx2.get(f"{site.url}/api/v1/studies/widened/figures/landscape", timeout=CEILING).json()
    assert "box as preregistered" in [trace["name"] for trace in figure["data"]]
    assert figure["layout"]["yaxis"]["range"][1] > 0.6  # log10 of 4


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


def test_three_statements_are_the_first_screen(settled: Any) -> None:
    text = settled("/studies/answered", until='class="word"')
    verdict = text[text.index('id="verdict"') :]
    lines = verdict.index('class="statements"')
    assert verdict.index('class="sentence"') < lines < verdict.index("<table")
    for question in ("Is the claimed point as good as the best?", "Is the optimum there?", "Does the place matter?"):
        assert text.count(f'<p class="asked">{question}') == 1
    assert verdict.count("Undecided</span>") >= 3 * 3, "three lines, and three in the row of each loss"
    assert "loses at most 1.3 points" in verdict


def test_what_stands_beside_the_statements(settled: Any) -> None:
    text = settled("/studies/answered", until='class="word"')
    numbers = text[text.index('id="numbers"') : text.index('id="trials"')]
    for said in (
        "3 of 38 runs at the claimed point failed (3 collapsed), against 1 of 90 at its rivals",
        "The same terms also support 1 of 3 decoys.",
        "P(point &gt; claim)",
        "20 of at most 40 paired blocks were used.",
        "tolerance factor 3",
        "learned too slowly",
    ):
        assert said in numbers
    assert "Not trained" in text and "Diverged" not in text[text.index('id="verdict"') : text.index("<tbody>")]


def test_slow_runs_are_untrained_on_pages_and_in_the_api(api: TestClient, slow: str) -> None:
    pages = [api.get(path, headers={"Accept": "text/html"}).text for path in ("/", f"/studies/{slow}")]
    assert all("◇ 4 untrained" in text for text in pages)
    said = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", "", "".join(pages))
    assert not re.search(r"\d (diverged|ended at chance)|ower (the )?learning rates|ower η", said)
    summary = api.get(f"/api/v1/studies/{slow}").json()["summary"]
    assert (summary["runs_diverged"], summary["causes"]) == (4, {"untrained": 4})
    metrics = api.get("/metrics").text
    assert 'golden_runs_failed{cause="untrained"} 4.0' in metrics
    assert 'golden_runs_failed{cause="diverged"} 0.0' in metrics


def test_another_sweeps_statements_stand_with_its_numbers(settled: Any) -> None:
    text = settled("/studies/answered?sweep=sse@digits", until='class="word"')
    assert text.count('<p class="asked">Is the optimum there?') == 1, "the same answers are not said twice"


def test_an_earlier_analysis_looks_as_it_did(settled: Any) -> None:
    text = settled("/studies/earlier", until='class="word"')
    for said in ("statements", "P(point", "Not trained", "What became of the runs", "Judged again"):
        assert said not in text[text.index("<main") :]
