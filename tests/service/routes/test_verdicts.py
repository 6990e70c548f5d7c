"""Verdicts on trials measured elsewhere, over HTTP."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import serving
from waiting import CEILING, wait_until

from service.app import create_app
from service.cli import main
from service.client import ExitCode
from service.routes.verdicts import JUDGING
from service.settings import Settings
from service.verdicts.one_at_a_time import MAX_WAITING
from studies.storage.engine import Database

URL = "/api/v1/verdicts"
JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}
TEXT = "eta,alpha,value\n" + "".join(
    f"{0.004 * 2**i},{a},{0.95 - 0.01 * (i - 2) ** 2 - (a - 0.8) ** 2}\n"
    for i in range(5)
    for a in (0.0, 0.5, 0.8, 0.9)
)


TABLE = "eta,alpha,value\n" + "".join(f"{0.01 * n},0.5,0.9\n" for n in range(1, 9))


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
        (b"", CSV, 422, ""),
        (b"\n", CSV, 422, ""),
        (b"{}", JSON, 422, "rows"),
        (b"[]", JSON, 422, ""),
        (
            b'{"rows": [{"eta": 1e999, "alpha": 0, "value": 0}]}',
            {"Content-Type": "application/json"},
            422,
            "rows.0.eta",
        ),
        (b'{"rows": [], "name": "\\ud800"}', JSON, 422, "name"),
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


def test_each_fault_of_a_table_is_an_error_and_twenty_are_listed(api: TestClient) -> None:
    rows = [{"eta": 0.1, "alpha": 0.5, "value": 93.0}] * 24
    answer = api.post(URL, json={"rows": rows, "document": FOUR_FAULTS}).json()
    fields = [f"document.{field}" for field, _ in FOUR_PROBLEMS]
    assert ([error["field"] for error in answer["errors"]], answer["unlisted_errors"]) == (fields, 0)
    answer = api.post(URL, json={"rows": rows}).json()
    assert [error["field"] for error in answer["errors"]] == [f"rows.{i}.value" for i in range(20)]
    assert answer["unlisted_errors"] == 4


def test_command_lists_twenty_faults_of_a_file_and_counts_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("eta,alpha,value\n" + "".join(f"0.{i},0.5,93\n" for i in range(10, 43)))
    assert main(["verdict", "--from", str(path)]) == ExitCode.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error: line 2, column value: 93 is no share between 0 and 1")
    assert (len(lines), lines[-1]) == (21, "error: and 13 more")


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


def test_ignored_columns_are_named(api: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_callers_who_wait_for_verdicts_block_nothing(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one table is judged, of sixty more two wait, the others hear so at once, and probes are answered."""
    monkeypatch.setattr(JUDGING, "_timeout", 600.0)  # however slow this machine, nobody is refused for having waited
    with serving(create_app(settings, database)) as port, ThreadPoolExecutor(60) as callers:
        with JUDGING.slot():
            asked = [callers.submit(_asked, port, "POST", "/api/v1/verdicts", TABLE) for _ in range(60)]
            wait_until(lambda: sum(a.done() for a in asked) == 60 - MAX_WAITING, what="refusals at once")
            refused = {a.result() for a in asked if a.done()}
            assert [_asked(port, "GET", path)[0] for path in ("/healthz", "/readyz")] == [200, 200]
            assert JUDGING.waiting == MAX_WAITING
        assert refused == {(429, "10")}
        assert sorted(a.result()[0] for a in asked)[:MAX_WAITING] == [200] * MAX_WAITING


def _asked(port: int, method: str, path: str, body: str | None = None) -> tuple[int, str | None]:
    """Status and Retry-After of one request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=CEILING)
    try:
        connection.request(method, path, body, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        return answer.status, answer.headers["retry-after"]
    finally:
        connection.close()
