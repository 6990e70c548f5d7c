"""Study documents on the command line: files, standard input, the catalogue, and overrides."""

from __future__ import annotations

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.client import Client
from service.commands.documents import at_paper_scale, read_study, scaled, study_sent
from studies.errors import GoldenError, SpecError
from studies.language import catalogue
from studies.language.design import SearchDesign
from studies.language.spec import StudySpec

QUIET = settings(
    max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", " ", "0", "-1", "1e3", "null", "[]", "{}", "true", "nan", "x" * 5000]),
    st.integers().map(str),
)


@QUIET
@given(path=st.text(max_size=30), value=ODD)
def test_every_override_is_taken_or_refused(path: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", TextIOWrapper(BytesIO(b'{"name": "odd"}')))
        try:
            read_study("-", [f"{path}={value}"], client=None)  # type: ignore[arg-type]
        except GoldenError as error:
            assert str(error)


def read(file: Path, *overrides: str, name: str | None = None) -> StudySpec:
    return read_study(str(file), overrides, client=None, name=name)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ['name = "same"\nseed = 3\n', '\ufeff{"name": "same", "seed": 3}'])
def test_toml_and_json_are_recognised_by_their_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.txt").write_text(text, encoding="utf-8")
    assert read(tmp_path / "study.txt") == StudySpec(name="same", seed=3)


def test_overrides_reach_single_fields_and_every_item_of_a_list(tmp_path: Path) -> None:
    contexts = [{"name": "a", "dataset": "digits"}, {"name": "b", "dataset": "digits"}]
    (tmp_path / "study.json").write_text(json.dumps({"name": "two", "contexts": contexts}))
    spec = read(tmp_path / "study.json", "contexts.*.epochs=3", "contexts.1.batch_size=64", "title=x", name="other")
    assert [context.epochs for context in spec.contexts] == [3, 3]
    assert [context.batch_size for context in spec.contexts] == [contexts_default(), 64]
    assert (spec.name, spec.title) == ("other", "x")


def contexts_default() -> int:
    return StudySpec(name="x").contexts[0].batch_size


def test_an_override_alone_writes_the_defaults_out(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('name = "short"\n')
    assert read(tmp_path / "study.toml", "claim.level=0.1").claim.level == 0.1


@pytest.mark.parametrize(
    ("content", "overrides", "field", "text"),
    [
        (b'{"name": "x"}', ["seed"], "--set", "key.path=value"),
        (b'{"name": "x"}', ["claim.*.level=2"], "claim.*.level", "there is no list"),
        (b'{"name": "x"}', ["contexts.9.epochs=5"], "contexts.9.epochs", "no such field"),
        (b"\xff\xfe", ["seed=1"], "", "UTF-8"),
        (b"{", ["seed=1"], "", "not well-formed JSON"),
        (b"name = ", ["seed=1"], "", "not well-formed TOML"),
    ],
)
def test_a_wrong_document_or_override_names_its_field(
    tmp_path: Path, content: bytes, overrides: list[str], field: str, text: str
) -> None:
    (tmp_path / "study").write_bytes(content)
    with pytest.raises(SpecError) as refused:
        read(tmp_path / "study", *overrides)
    (problem,) = refused.value.problems
    assert problem[0] == field
    assert text in problem[1]


def test_a_missing_file_is_no_catalogue_name(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no file"):
        read(tmp_path / "none.toml")


def test_a_catalogue_name_is_read_from_the_service(api: TestClient) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        spec = read_study("quickstart", ["seed=5"], client=client)
    assert (spec.name, spec.seed) == ("quickstart", 5)
    assert not isinstance(spec.design, SearchDesign)


def test_a_document_that_is_sent_is_text_or_values_or_a_name_and_never_a_file(tmp_path: Path, api: TestClient) -> None:
    (file := tmp_path / "mine.toml").write_text('name = "mine"')
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        found = [study_sent(sent, client=client) for sent in ('name = "mine"', '{"name": "mine"}', {"name": "mine"})]
        assert [spec.name for spec in found] == ["mine"] * 3
        assert study_sent("quickstart", client=client, name="other").name == "other"
        for sent in (str(file), 7, None, ["mine"], "", '"mine"', {"name": float("nan")}, "\ud800"):
            with pytest.raises(SpecError):
                study_sent(sent, client=client)


def test_a_protocol_at_another_scale() -> None:
    assert scaled(folds=None, repeats=None, images=None) == []
    assert scaled(folds=5, repeats=2, images=4000) == [
        "replication.folds=5",
        "design.repeats=2",
        "contexts.*.images=4000",
    ]


OF_THE_PAPER = ("synthetic-digits", 30, 10_000)
IN_FULL = {  # of the neighbours' papers
    **dict.fromkeys(("dlr-speed", "dlr-width", "yamadam", "mi-decay"), ("mnist", 30, 70_000)),
    "dlr-control": ("mnist", 2, 70_000),  # as long as its tables are
    "b-functions": ("two-gaussians", 100, 2_000),
    "b-functions-search": ("cifar10", 5, 60_000),
}


@pytest.mark.parametrize("name", catalogue.PAPER_SCALE)
def test_reduced_studies_of_the_catalogue_run_at_the_papers_scale_by_one_flag(name: str, api: TestClient) -> None:
    changes, given = at_paper_scale(name, None)
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        spec = read_study(name, changes, client=client, name=given)
    assert spec.name == f"{name}-paper-scale"
    assert {(c.dataset, c.epochs, c.image_count) for c in spec.built_in} == {IN_FULL.get(name, OF_THE_PAPER)}
    assert spec.compares or spec.replication.folds == 10
    assert at_paper_scale(name, "mine")[1] == "mine"


@pytest.mark.parametrize("source", ["golden-landscape", "quickstart", "mine.toml", "-"])
def test_other_studies_have_no_paper_scale(source: str) -> None:
    with pytest.raises(SpecError, match=r"--paper-scale.*is for reduced studies of the catalogue: golden-across-rules"):
        at_paper_scale(source, None)
