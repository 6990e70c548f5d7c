"""Borderline documents: preview, submission, the form's rules and the command line give one answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from golden_cli import TOKEN
from jsonschema import Draft202012Validator
from serving import serving

from service.app import create_app
from service.cli import main
from service.settings import load
from studies.errors import SpecError
from studies.language.ranges import HIGHEST_ALPHA, LEAST_RATIO, LOWEST_ETA
from studies.language.spec import json_schema, parse

BARE = {"kind": "locate", "mates": [], "folklore": False}


def space(low: float, high: float, least: float = 0.0, most: float = 0.99) -> dict[str, Any]:
    return {"eta": {"low": low, "high": high}, "alpha": {"low": least, "high": most}}


def at(eta: float, alpha: float, **claim: Any) -> dict[str, Any]:
    return {"eta": eta, "alpha": alpha, **claim}


BORDER: list[tuple[dict[str, Any], bool]] = [
    ({"search_space": space(0.1, 0.10000000000000002), "claim": at(0.1, 0.5)}, False),
    ({"search_space": space(5e-324, 1e-300), "claim": at(1e-310, 0.5)}, False),
    ({"search_space": space(1e-320, 100.0), "claim": at(0.1, 0.5)}, False),
    ({"search_space": space(LOWEST_ETA, 1.0), "claim": at(LOWEST_ETA, 0.5)}, True),
    ({"search_space": space(9.99e-13, 1.0), "claim": at(0.1, 0.5)}, False),
    ({"search_space": space(1.0, LEAST_RATIO), "claim": at(1.0, 0.5)}, True),
    ({"search_space": space(1.0, 1.0099), "claim": at(1.0, 0.5)}, False),
    ({"search_space": space(0.01, 1.0, 0.5, 0.5000000000000001), "claim": at(0.1, 0.5)}, False),
    ({"search_space": space(0.01, 1.0, 0.0, HIGHEST_ALPHA), "claim": at(0.1, HIGHEST_ALPHA)}, True),
    ({"search_space": space(0.01, 1.0, 0.0, 1.0 - 9e-10), "claim": at(0.1, 0.5)}, False),
    ({"search_space": space(0.01, 1.0, 1e-300, 0.5), "claim": at(0.1, 0.4)}, True),
    ({"claim": at(0.016, 0.874, tolerance_factor=1.0099)}, False),
    ({"claim": at(0.016, 0.874, tolerance_factor=1.01)}, True),
    ({"claim": at(0.016, 0.874, level=5e-324)}, False),
    ({"claim": at(0.016, 0.874, margin_sigmas=1e-300)}, False),
    ({"claim": at(0.016, 0.874, first_look=1e-300)}, False),
    ({"claim": at(0.016, 0.874, title="a\x00b")}, False),
    ({"claim": at(0.016, 0.874, title="\u202eevil")}, False),
    ({"claim": at(0.016, 0.874, title="❤️ 👍🏽 é")}, True),
    ({"title": "\U000e0041"}, False),
    ({"description": "two\nlines\tand a tab"}, True),
    ({"description": "a\rb"}, False),
    ({"design": {**BARE, "mates": [0.5, 0.5]}}, False),
    (
        {
            "design": {"kind": "cross_validation", "points": [at(1e-320, 0.0), at(0.016, 0.874)]},
            "claim": at(0.016, 0.874),
        },
        False,
    ),
]


def named(number: int) -> dict[str, Any]:
    return {"name": f"border-{number}", "design": BARE, **BORDER[number][0]}


@pytest.mark.parametrize("number", range(len(BORDER)))
def test_preview_and_submission_agree(api: TestClient, number: int) -> None:
    accepted = BORDER[number][1]
    answers = [api.post(f"/api/v1/studies{place}", json=named(number)) for place in ("/preview", "")]
    assert [a.status_code for a in answers] == ([200, 201] if accepted else [422, 422]), answers[0].text
    if not accepted:  # the form shows the very problems of the preview
        assert answers[0].json()["errors"] == answers[1].json()["errors"]
        return
    name = named(number)["name"]
    for place in (f"/studies/{name}", f"/api/v1/studies/{name}/forecast", f"/api/v1/studies/{name}/report.html"):
        assert api.get(place, headers={"Accept": "*/*"}).status_code == 200


def test_the_json_schema_that_editors_and_the_form_are_made_from_refuses_nothing_that_is_accepted() -> None:
    schema = Draft202012Validator(json_schema())
    for number, (_, accepted) in enumerate(BORDER):
        try:
            parse(named(number))
            assert accepted
        except SpecError:
            assert not accepted
        if accepted:
            schema.validate(named(number))


def test_the_command_line_agrees(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(load({}, database_url=database_url, token=TOKEN))
    with serving(app) as port:
        monkeypatch.setenv("GOLDEN_SERVER", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("GOLDEN_TOKEN", TOKEN)
        for number, (_, accepted) in enumerate(BORDER):
            file = tmp_path / f"{number}.json"
            file.write_text(json.dumps(named(number)))
            for verb in ("preview", "submit"):
                assert main([verb, str(file)]) == (0 if accepted else 2), (verb, number)
