"""A comparison over HTTP; its numbers are tested in `tests/studies/comparison`."""

from __future__ import annotations

from fastapi.testclient import TestClient
from raced import TITLE, WIDE, race

from studies.figures.arm_book import ARM_FIGURES
from studies.storage.engine import Database

AT = "/api/v1/studies/arms-on-digits"


def test_the_rows_of_a_study_and_an_etag(api: TestClient, database: Database) -> None:
    race(database)
    answer = api.get(f"{AT}/comparison")
    found = answer.json()
    assert (answer.status_code, found["study"], found["objective"], found["baseline"]) == (
        200,
        "arms-on-digits",
        "accuracy",
        "sgd",
    )
    assert [(row["arm"], row["how"], row["results"][0]["n"]) for row in found["rows"][:3]] == [
        ("sgd", "published", 5),
        ("sgd", "tuned", 5),
        ("heavy-ball", "published", 5),
    ]
    assert found["rows"][0]["title"] == TITLE
    assert found["rows"][3]["results"][0]["versus"]["pairs"] == 5
    assert found["rows"][0]["results"][0]["paper"] == {
        **{"mean": 0.9, "sd": 0.01, "n": 5},
        **{"differs": "", "theory": False},
    }
    assert api.get(f"{AT}/comparison", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_study_that_has_not_begun_has_rows_without_runs(api: TestClient, database: Database) -> None:
    race(database, limit=0)
    found = api.get(f"{AT}/comparison").json()
    assert {result["n"] for row in found["rows"] for result in row["results"]} == {0}


def test_a_study_that_compares_no_arms_and_none_are_404(api: TestClient, measured: str) -> None:
    answer = api.get(f"/api/v1/studies/{measured}/comparison")
    assert (answer.status_code, answer.json()["detail"]) == (404, "study measured compares no arms; see its verdict")
    assert answer.json()["type"] == "urn:golden-study:problem:no-comparison"
    assert api.get(f"/api/v1/studies/{measured}/figures/arms").status_code == 404
    assert api.get("/api/v1/studies/none/comparison").status_code == 404


def test_the_figures_of_a_comparison(api: TestClient, database: Database) -> None:
    race(database, WIDE)
    for kind in ARM_FIGURES:
        at = f"/api/v1/studies/wide/figures/{kind}"
        assert api.get(at).json()["data"], kind
        dark = api.get(f"{at}?theme=dark&by=accuracy&sweep=cross_entropy@digits-16-adam")
        assert dark.status_code == 200 and "<b>SGD" not in dark.text
        assert api.get(f"{at}?by=speed").status_code == 422
        assert api.get(f"{at}?sweep=golden@digits-16-adam").status_code == 404
    together = api.get("/api/v1/studies/wide/figures", params={"kind": list(ARM_FIGURES), "by": "accuracy"})
    assert together.status_code == 200, together.text
    assert list(together.json()) == list(ARM_FIGURES)
    for kind, figure in together.json().items():
        assert figure == api.get(f"/api/v1/studies/wide/figures/{kind}?by=accuracy").json(), kind
