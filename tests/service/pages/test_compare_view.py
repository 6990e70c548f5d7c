"""The page of a study that compares arms."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from markupsafe import Markup
from raced import RACE, WIDE, race

from service.pages.compare_view import MOST_OPEN, CurvesShown
from studies.figures.arm_curves import ArmCurvesInfo
from studies.storage import studies
from studies.storage.engine import Database

BROWSER = {"Accept": "text/html"}


def page(api: TestClient, path: str) -> str:
    answer = api.get(path, headers=BROWSER)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def test_the_page_leads_with_its_sentence_table_and_figures(api: TestClient, database: Database) -> None:
    race(database)
    text = page(api, "/studies/arms-on-digits")
    assert "4 arms compared" in text and "By test accuracy, " in text
    lead, table = text.index("4 arms compared"), text.index('<table class="short brief">')
    assert lead < table < text.index("90 ± 1 %") < text.index("arm-picture wide") < text.index("figures/arms?")
    assert "report.svg" in text and text.count('class="arm-picture"') == 8, "two learning curves an arm"
    assert text.index("<h2>Test accuracy by epoch") < text.index("<summary>Training loss by epoch"), "the objective's"
    assert "=plain &lt;b&gt;SGD&lt;/b&gt;" in text and "<b>SGD" not in text
    assert "figures/arm_axis" not in text and "figures/landscape" not in text
    assert "The claim" not in text and "/verdict" not in text
    assert "/api/v1/studies/arms-on-digits/comparison" in text


@pytest.mark.parametrize(("panels", "long"), [(0, False), (MOST_OPEN, False), (MOST_OPEN + 1, True)])
def test_many_panels_of_learning_curves_are_folded(panels: int, long: bool) -> None:
    assert CurvesShown(ArmCurvesInfo((), ""), (Markup("<svg/>"),) * panels).is_long == long


def test_contexts_are_tabs_and_the_objective_is_chosen(api: TestClient, database: Database) -> None:
    race(database, WIDE)
    text = page(api, "/studies/wide?sweep=cross_entropy@digits-16-adam&by=cross_entropy")
    assert "figures/arm_axis" in text and "figures/arm_widths" in text
    assert ">width 8<" in text and "Along the width" in text
    assert "sweep=cross_entropy%40digits-8-sgd" in text
    assert '<option value="cross_entropy" selected>' in text
    assert "By epochs to target accuracy" in text or "by epochs to target accuracy" in text
    assert '<option value="cross_entropy@digits-16-adam" selected>adam</option>' in text
    assert "<small>adam, " in text


@pytest.mark.parametrize(
    ("arm", "names"), [("heavy-ball", ["η", "α"]), ("adam", ["eta", "epsilon"]), ("adadelta", ["eta", "rho"])]
)
def test_the_trials_of_an_arm_stand_under_its_own_parameters_and_objective(
    api: TestClient, database: Database, arm: str, names: list[str]
) -> None:
    race(database, WIDE)
    text = page(api, f"/studies/wide?sweep=cross_entropy@digits-16-{arm}")
    head = text[text.index('<table class="trials">') :].partition("</thead>")[0]
    assert re.findall(r'class="n">([^<]+)', head)[:4] == ["Trial", *names, "Epochs to target accuracy"]


def test_a_study_that_has_not_begun_has_a_page(api: TestClient, database: Database) -> None:
    race(database, limit=0)
    text = page(api, "/studies/arms-on-digits")
    assert "4 arms to compare" in text and "Nothing is compared yet: no run is done." in text
    assert "waiting, with 0 of" in text
    assert "arm-picture" not in text and "#more-numbers" not in text


def test_tuning_alone_compares_nothing(api: TestClient, database: Database) -> None:
    race(database, limit=7)
    text = page(api, "/studies/arms-on-digits")
    assert "Nothing is compared yet: 7 of" in text and "all of them tune" in text
    studies.cancel(database, "arms-on-digits")
    text = page(api, "/studies/arms-on-digits")
    assert "cancelled with 7 of" in text and "Nothing is compared yet, and nothing will be" in text


def test_folds_open_where_they_are_asked_for(api: TestClient, database: Database) -> None:
    race(database, WIDE)
    plain, chosen = page(api, "/studies/wide"), page(api, "/studies/wide?sweep=cross_entropy@digits-16-adam")
    assert plain.count("<details open") == 0 and chosen.count("<details open") == 1
    assert '<details class="fold" open>' in page(api, "/studies/wide?sort=value")


def test_the_picture_is_a_file_of_its_own(api: TestClient, database: Database) -> None:
    race(database, WIDE)
    picture = api.get("/api/v1/studies/wide/report.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg xmlns=") and "against width" in picture.text


@pytest.mark.parametrize("query", ["by=speed", "by="])
def test_an_objective_that_there_is_not_is_refused(api: TestClient, database: Database, query: str) -> None:
    race(database, RACE, limit=0)
    assert api.get(f"/studies/arms-on-digits?{query}", headers=BROWSER).status_code == 422


def test_the_page_is_not_made_again_where_nothing_changed(api: TestClient, database: Database) -> None:
    race(database)
    first = api.get("/studies/arms-on-digits", headers=BROWSER)
    again = api.get("/studies/arms-on-digits", headers={**BROWSER, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
