"""`golden range` as a user runs it: a process, its files, and what cannot be tested."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from service.cli import main
from service.client_errors import ExitCode
from studies.learning.rate_range import NAME, rates

STUDY = {
    "name": "small",
    "losses": ["golden", "sse"],
    "contexts": [
        {"name": "one", "dataset": "digits", "images": 300, "network": "softmax", "batch_size": 64},
        {"name": "two", "dataset": "digits", "images": 300, "network": "softmax", "update_rule": "nesterov"},
    ],
}
FIXED = {"kind": "cross_validation", "points": [{"eta": 1.0, "alpha": 0.0}], "repeats": 1}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.json"
    path.write_text(json.dumps(STUDY))
    return path


def test_it_says_the_bounds_and_writes_the_plot_and_the_measurements(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["range", str(study), "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert (answer["study"], answer["context"], answer["loss"], answer["method"]) == ("small", "one", "golden", NAME)
    assert answer["files"] == [f"small-one-range.{form}" for form in ("html", "svg", "csv")]
    assert [stage["eta"] for stage in answer["stages"]] == list(rates())[: len(answer["stages"])]
    assert 1e-6 <= answer["lo"] <= answer["hi"] <= 10.0
    page, image, rows = (study.with_name(name).read_text() for name in answer["files"])
    assert NAME in page
    ElementTree.fromstring(image)
    assert [float(row["eta"]) for row in csv.DictReader(rows.splitlines())] == [s["eta"] for s in answer["stages"]]
    assert main(["range", str(study)]) == ExitCode.FAILED
    assert capsys.readouterr().err == "error: small-one-range.html exists; add --force to overwrite it\n"
    assert main(["range", str(study), "--force", "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == answer, "the same start, the same test"


def test_another_context_loss_and_start_are_another_training(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--context", "two", "--loss", "sse", "--start", "1", "-o", "found"]
    assert main(["range", str(study), *asked]) == ExitCode.OK
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{NAME}: ")
    assert said[1:] == ["found.html", "found.svg", "found.csv"]
    assert "small, context two, sse loss" in Path("found.svg").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--context", "three"], "--context 'three' is no built-in context of study small; it has one, two"),
        (["--loss", "cross_entropy"], "--loss 'cross_entropy' is no loss of study small; it has golden, sse"),
        (["-o", "nowhere/x"], "there is no folder 'nowhere' to write to; make it, or name another with --output"),
        (["--device", "cuda:99"], "the range test cannot be run: `--device` 'cuda:99' is not on this machine"),
        (["--set", "losses=[]"], "losses: "),
    ],
)
def test_what_cannot_be_tested_is_one_sentence(
    study: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["range", str(study), *options]) == ExitCode.USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {said}")
    assert sorted(path.name for path in study.parent.iterdir()) == ["small.json"]


def test_a_rule_without_a_learning_rate_has_no_range(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = {"name": "one", "dataset": "digits", "update_rule": "yamadam"}
    study.write_text(json.dumps({**STUDY, "contexts": [context], "design": FIXED, "claim": {"at": FIXED["points"][0]}}))  # type: ignore[index]
    assert main(["range", str(study)]) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: context one trains by yamadam, which has no learning rate to test\n"


def test_a_study_of_external_contexts_has_nothing_to_train(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study.write_text(json.dumps({"name": "ours", "contexts": [{"name": "a", "trainer": "external"}]}))
    code = main(["range", str(study)])
    assert code == ExitCode.USAGE
    assert "error: " in capsys.readouterr().err
