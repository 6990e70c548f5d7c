"""The fuzzing of a real service: its own bodies, its table of explanations, and a short run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fuzz_bodies import csv_tables, near_catalogue, read_toml, toml_documents
from fuzz_explanations import ACCEPTED, EXPLANATIONS, explained
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schema_values import values
from toml_writing import without_null, written

from service.app import create_app
from service.settings import Settings
from studies.errors import SpecError
from studies.foreign.csv_text import read_table
from studies.language import catalogue
from studies.language.spec import json_schema, parse
from studies.storage.engine import open_database

RUN = Path(__file__).parent / "fuzz" / "run.py"
SECONDS = 5.0  # of the processor, for a body of 256 KiB at most
plainly = settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@plainly
@given(st.one_of(near_catalogue(), values(json_schema())), st.randoms(use_true_random=False))
def test_toml_says_what_the_document_says(document: dict[str, Any], rng: Any) -> None:
    assert tomllib.loads(written(rng, document)) == without_null(document)


@plainly
@given(toml_documents())
def test_every_toml_body_is_a_study_or_refused(body: bytes) -> None:
    began = time.thread_time()
    try:
        assert parse(body, form="toml").name == tomllib.loads(body.decode("utf-8-sig"))["name"]
    except SpecError as error:
        assert error.problem_list.count
    assert time.thread_time() - began < SECONDS


def test_dots_in_a_remark_are_no_parts_of_a_key() -> None:
    entry = catalogue.entry("quickstart")
    body = f"# a remark{'.a' * 20_000}\n{entry.toml}".encode()
    assert (read_toml(body) or {})["name"] == parse(body, form="toml").name == entry.name
    assert read_toml(b"a" + b".a" * 20_000 + b" = 1") is None


@plainly
@given(csv_tables())
def test_every_csv_body_is_a_table_or_refused(body: bytes) -> None:
    began = time.thread_time()
    try:
        assert read_table(body, {}).rows
    except SpecError as error:
        assert error.problem_list.count
    assert time.thread_time() - began < SECONDS


def test_every_explanation_is_about_an_operation_that_there_is() -> None:
    app = create_app(Settings.model_construct(), open_database("sqlite:////tmp/none.db"))
    paths = app.openapi()["paths"]
    labels = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
    for entry in EXPLANATIONS:
        assert any(entry.fits(entry.check, label) for label in labels), entry
        assert re.compile(entry.problem) and entry.why


def test_a_failure_is_explained_only_where_each_of_its_problems_is() -> None:
    cursor = "cursor: is not one that this list gave out; ask again without it"
    assert explained(ACCEPTED, "GET /api/v1/studies", [cursor])
    assert not explained(ACCEPTED, "GET /api/v1/studies", [cursor, "limit: input should be less than 1000"])
    assert not explained(ACCEPTED, "GET /api/v1/workers", [cursor])
    assert not explained("not_a_server_error", "GET /api/v1/studies", [cursor])
    assert not explained(ACCEPTED, "GET /api/v1/studies", [])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_that_two_minutes_of_fuzzing_find_is_unexplained(tmp_path: Path) -> None:
    words = [sys.executable, str(RUN), "--minutes", "2", "--keep", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
