"""Verdicts on trials measured elsewhere, over HTTP and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.cli import main
from service.client import ExitCode

URL = "/api/v1/verdicts"
JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}
TEXT = "eta,alpha,value\n" + "".join(
    f"{0.004 * 2**i},{a},{0.95 - 0.01 * (i - 2) ** 2 - (a - 0.8) ** 2}\n"
    for i in range(5)
    for a in (0.0, 0.5, 0.8, 0.9)
)


def test_csv_and_json_give_the_same_verdict(api: TestClient) -> None:
    rows = [dict(zip(("eta", "alpha", "value"), map(float, line.split(",")), strict=True)) for line in TEXT.split()[1:]]
    by_csv = api.post(URL, content=TEXT, headers=CSV)
    by_json = api.post(URL, json={"rows": rows})
    assert by_csv.status_code == by_json.status_code == 200
    assert by_csv.json() == by_json.json()
    assert by_csv.json()["outcome"] == "inconclusive"
    assert by_csv.json()["sweeps"][0]["eta"]["estimate"] is not None


def test_options_of_a_csv_are_query_parameters(api: TestClient) -> None:
    answer = api.post(URL, params={"objective": "error", "points": "adaptive"}, content=TEXT, headers=CSV)
    assert answer.json()["objective"] == "error"
    assert api.post(URL, params={"objective": "error"}, json={"rows": []}).status_code == 422
    assert api.post(URL, params={"objective": "speed"}, content=TEXT, headers=CSV).status_code == 422
    assert api.post(URL, params={"object": "error"}, content=TEXT, headers=CSV).status_code == 422


@pytest.mark.parametrize(
    ("body", "headers", "status", "field"),
    [
        (b"eta,alpha,value\n1,2,3\n", CSV, 422, "line 2, column alpha"),
        (b"", CSV, 422, "line 1, column eta"),
        (b"{}", JSON, 422, "rows"),
        (b"[]", JSON, 422, ""),
        (
            b'{"rows": [{"eta": 1e999, "alpha": 0, "value": 0}]}',
            {"Content-Type": "application/json"},
            422,
            "rows.0.eta",
        ),
        (b'{"rows": [], "name": "\\ud800"}', JSON, 422, ""),
        (b"[" * 100_000, JSON, 422, ""),
        (b"eta", {"Content-Type": "text/plain"}, 415, None),
    ],
)
def test_unacceptable_tables_name_the_place(
    api: TestClient, body: bytes, headers: dict[str, str], status: int, field: str | None
) -> None:
    answer = api.post(URL, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if field is not None:
        assert answer.json()["errors"][0]["field"] == field


def test_verdicts_need_a_token_where_one_is_set(locked: TestClient) -> None:
    assert locked.post(URL, content=TEXT, headers=CSV).status_code == 401


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.lists(st.none(), max_size=2)
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(lambda text: ("eta,alpha,value\n" + text).encode("utf-8", "surrogatepass")),
    ),
    st.dictionaries(st.sampled_from(["rows", "name", "claim", "objective", "images", "x"]), JUNK, max_size=4),
)
def test_nothing_causes_a_server_error(api: TestClient, content: bytes, document: dict[str, Any]) -> None:
    assert api.post(URL, content=content, headers=CSV).status_code in {200, 422, 429}
    body = json.dumps(document).encode()
    assert api.post(URL, content=body, headers={"Content-Type": "application/json"}).status_code in {422, 429}


def test_command_judges_a_file_without_a_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(TEXT)
    assert main(["verdict", "--from", str(path), "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["study"] == "mine"
    assert main(["verdict", "--from", str(path)]) == ExitCode.OK
    assert "measured elsewhere" in capsys.readouterr().out.replace("\n", " ")


def test_what_is_not_read_is_told(api: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEXT.replace("eta,alpha,value\n", "eta,alpha,value,state,note\n").replace("\n0.", ",COMPLETE,x\n0.")[:-1]
    text = text.replace("value,state,note,COMPLETE,x\n", "value,state,note\n") + ",COMPLETE,x\n0.9,0.5,,FAIL,y\n"
    by_csv = api.post(URL, content=text, headers=CSV).json()
    assert (by_csv["left_out"], by_csv["ignored_columns"]) == ({"FAIL": 1}, ["note"])
    counted = api.post(URL, params={"failed_as_diverged": True}, content=text, headers=CSV).json()
    assert (counted["left_out"], counted["sweeps"][0]["runs"]) == ({}, by_csv["sweeps"][0]["runs"] + 1)
    path = tmp_path / "mine.csv"
    path.write_text(text)
    assert main(["verdict", "--from", str(path)]) == ExitCode.OK
    shown = " ".join(capsys.readouterr().out.split())
    assert "Left out, since not complete: 1 FAIL; if they failed because they diverged" in shown
    assert "Columns that no verdict reads: note." in shown
    assert main(["verdict", "--from", str(path), "--failed-as-diverged", "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["left_out"] == {}


def test_command_judges_by_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, document = tmp_path / "mine.csv", tmp_path / "study.toml"
    path.write_text(TEXT)
    document.write_text('name = "theirs"\nlosses = ["golden"]\n')
    assert main(["verdict", "--from", str(path), "--document", str(document)]) == ExitCode.USAGE
    assert "unnamed is not among the document's losses (golden)" in capsys.readouterr().err
    path.write_text("\n".join(f"{line},{'golden' if i else 'loss'}" for i, line in enumerate(TEXT.split())))
    assert main(["verdict", "--from", str(path), "--document", str(document), "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["study"] == "theirs"


def test_command_judges_an_optuna_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    study = optuna.create_study(storage=url, study_name="s", direction="minimize")
    study.optimize(lambda t: t.suggest_float("lr", 0.01, 0.1) + t.suggest_float("momentum", 0, 0.9), n_trials=8)
    assert main(["verdict", "--from-optuna", url, "--study", "s", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert (answer["objective"], answer["sweeps"][0]["p_claim"]) == ("own_loss", None)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], ExitCode.USAGE, "one of them"),
        (["x", "--from", "y"], ExitCode.USAGE, "one of them"),
        (["--from", "nowhere.csv"], ExitCode.USAGE, "cannot read"),
        (["--from-optuna", "sqlite:///nowhere.db"], ExitCode.USAGE, "--study"),
        (["--from-optuna", "sqlite:///nowhere.db", "--study", "s"], ExitCode.USAGE, "no file"),
        (["x", "--points", "adaptive", "--images", "5"], ExitCode.USAGE, "--points and --images belong to trials"),
        (["x", "--failed-as-diverged"], ExitCode.USAGE, "--failed-as-diverged belong to trials"),
        (["x", "--document", "y"], ExitCode.USAGE, "--document belong to trials"),
        (["x", "--study", "s"], ExitCode.USAGE, "--study names a study in the database of --from-optuna"),
        (["--from", "y", "--study", "s"], ExitCode.USAGE, "--study names a study in the database of --from-optuna"),
        (["--from", "y", "--all-objectives"], ExitCode.USAGE, "takes the name of a study"),
        (["--from", "nowhere.csv", "--document", "no.toml"], ExitCode.USAGE, "cannot read 'no.toml'"),
    ],
)
def test_command_refuses_what_cannot_be(
    arguments: list[str], code: ExitCode, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verdict", *arguments]) == code
    assert words in capsys.readouterr().err
