"""Tables of trials as strangers send them: well-formed and absurd, huge, over HTTP and on the command line."""

from __future__ import annotations

import itertools
import json
import random
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.app import create_app
from service.cli import main
from service.client import ExitCode
from service.settings import Settings
from studies.storage.engine import Database

URL = "/api/v1/verdicts"
CSV = {"Content-Type": "text/csv; charset=utf-8"}
EXTREMES = [
    "0",
    "-0",
    "1",
    "0.5",
    "1e-300",
    "1e-12",
    "1e308",
    "5e-324",
    "-1",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "١",
    "1_0",
]
NUMBERS = st.one_of(st.sampled_from(EXTREMES), st.floats(0.0, 1.0).map(repr), st.floats().map(repr))
CELLS = {
    "eta": NUMBERS,
    "alpha": NUMBERS,
    "value": NUMBERS,
    "loss": st.sampled_from(["", "golden", "=cmd()", "<b>", "x" * 200, "\u202e", "golden@x", "\x00", "a,b", '"']),
    "fold": st.sampled_from(["", "0", "1", "-1", "1.5", "9" * 30, "x"]),
    "repeat": st.sampled_from(["", "0", "1", "true"]),
    "diverged": st.sampled_from(["", "true", "0", "no", "maybe"]),
    "cause": st.sampled_from(["", "diverged", "untrained", "chance", "trained", "=1", "\x00"]),
    "surplus": st.text(max_size=5),
}
QUIET = hypothesis_settings(
    max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A header of known columns and rows of cells that fit them, more or less."""
    more = draw(st.lists(st.sampled_from(sorted(set(CELLS) - {"eta", "alpha", "value"})), unique=True))
    header = draw(st.permutations(["eta", "alpha", "value", *more]))
    mark, end = draw(st.sampled_from(",;\t")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    same = draw(st.booleans())  # all rows alike: nothing to fit
    row = [draw(CELLS[name]) for name in header]
    count = draw(st.integers(0, 25))
    rows = [row if same else [draw(CELLS[name]) for name in header] for _ in range(count)]
    return end.join(mark.join(cells) for cells in [header, *rows]).encode(draw(st.sampled_from(["utf-8", "utf-16"])))


@pytest.fixture
def patient(settings: Settings, database: Database) -> Iterator[TestClient]:
    """An application that takes any number of requests."""
    calm = settings.model_copy(update={"writes_per_minute": 1_000_000})
    with TestClient(
        create_app(calm, database), base_url="http://127.0.0.1:8000", raise_server_exceptions=False
    ) as client:
        yield client


@QUIET
@given(content=tables(), query=st.dictionaries(st.sampled_from(["objective", "points", "images"]), st.text(max_size=9)))
def test_every_table_is_judged_or_refused_by_place(patient: TestClient, content: bytes, query: dict[str, str]) -> None:
    for parameters in ({}, query):
        answer = patient.post(URL, params=parameters, content=content, headers=CSV)
        assert answer.status_code in {200, 422}, answer.text
        if answer.status_code == 422:
            assert answer.headers["content-type"] == "application/problem+json"
            assert all(error["message"] for error in answer.json()["errors"])
            assert "Traceback" not in answer.text
        else:
            json.loads(answer.text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
            assert answer.json()["outcome"] == "inconclusive"


@QUIET
@given(content=tables())
def test_the_command_does_the_same(
    content: bytes, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "table.csv"
    path.write_bytes(content)
    code = main(["verdict", "--from", str(path), "--json"])
    said = capsys.readouterr()
    assert code in {ExitCode.OK, ExitCode.USAGE}, said.err
    assert "Traceback" not in said.err
    if code == ExitCode.OK:
        assert json.loads(said.out)["outcome"] == "inconclusive"
    else:
        assert said.err


def _many(rows: int) -> bytes:
    chance = random.Random(1)
    lines = (f"{10 ** chance.uniform(-4, 0)},{chance.random()},{chance.random()}" for _ in range(rows))
    return "\n".join(itertools.chain(["eta,alpha,value"], lines)).encode()


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("as many points as are taken", _many(600)),
        ("more points than are taken", _many(4_000)),
        ("commas", b"eta,alpha,value\n" + b"," * 250_000),
        ("one long cell", b'eta,alpha,value\n"' + b"x" * 250_000),
        ("empty lines", b"eta,alpha,value\n" + b"\n" * 250_000),
        ("columns", b",".join([b"eta,alpha,value", *(b"c%d" % i for i in range(30_000))]) + b"\n"),
        ("digits", b"eta,alpha,value\n" + b"1" * 200_000 + b",0,1\n"),
        ("nested", b"[" * 250_000),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_the_largest_tables_cost_little(patient: TestClient, what: str, content: bytes) -> None:
    patient.post(URL, content=_many(30), headers=CSV)  # everything is imported by now
    assert len(content) < 256 * 1024
    began = time.process_time()  # of this process alone: a busy machine adds nothing
    tracemalloc.start()
    try:
        answer = patient.post(URL, content=content, headers=CSV)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 60
    judged = what.endswith("than are taken") or what == "as many points as are taken"
    assert answer.status_code == (200 if judged else 422), answer.text[:300]
    assert len(answer.content) < 300_000
    assert peak < (128 if judged else 60) * 2**20  # judging, which is done for one table at a time, takes 84 MB


def test_a_table_too_large_is_refused_unread(patient: TestClient, tmp_path: Path) -> None:
    assert patient.post(URL, content=_many(8_000), headers=CSV).status_code == 413
    path = tmp_path / "large.csv"
    path.write_bytes(b"eta,alpha,value\n" + b"0.1,0.1,0.1\n" * 200_000)
    answer: Any = main(["verdict", "--from", str(path)])
    assert answer == ExitCode.USAGE
