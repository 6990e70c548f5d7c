"""A whole study in one call, with a function that trains."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest
import spawned_trainers
from own_results import share_of
from own_trainers import OWN

import golden_study
from golden_study import Diverged, Trial, locate
from studies.errors import DuplicateStudyError, GoldenError, SpecError, StateError
from studies.external.loop import TrainingFailedError
from studies.external.watching import NoNoiseError

SMALL: dict[str, Any] = {"design": OWN["design"] | {"mates": None}, "replication": {"folds": 1}}
SMALL["design"].pop("mates")
ASKED: dict[str, Any] = {
    "claim": "lr=0.016,momentum=0.874",
    "space": "lr=1e-4..1,momentum=0..0.99",
    "measure": "val_acc:maximize:share:1000",
    **SMALL,
}


def train(trial: Trial) -> float:
    """A training whose result follows from its point and seeds alone."""
    return share_of(trial["lr"], trial["momentum"], order_seed=trial.order_seed, init_seed=trial.seed)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything temporary of a test in a folder of its own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_function_and_a_claim_give_a_verdict_and_nothing_is_left_behind(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[Trial] = []
    found = locate(lambda trial: seen.append(trial) or train(trial), **ASKED, progress=False)  # type: ignore[func-returns-value]
    assert found.outcome in ("supported", "refuted", "inconclusive")
    assert found.sentence.startswith(f"lr = 0.016, momentum = 0.874: {found.outcome}")
    assert len(seen) == len(found.rows) == 68
    assert {trial.phase for trial in seen} == {"map", "zoom", "confirm"}
    assert all(trial.seed < 2**32 and trial.order_seed < 2**32 and trial.split < 2**32 for trial in seen)
    assert all(list(trial) == ["lr", "momentum"] for trial in seen)
    assert list(here.iterdir()) == []
    assert capfd.readouterr() == ("", ""), "no progress where nobody wants any"


def test_threads_give_the_same_verdict_as_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    names = set()

    def noted(trial: Trial) -> dict[str, float]:
        names.add(threading.current_thread().name)
        return {"val_acc": train(trial), "epoch": 5}

    one = locate(train, **ASKED)
    several = locate(noted, **ASKED, jobs=3, folder=tmp_path / "kept")
    assert several.details == one.details
    assert several.rows == one.rows
    one_report, report = (found.report(tmp_path / f"{n}.json").read_text() for n, found in enumerate((one, several)))
    assert json.loads(one_report)["verdict"] == json.loads(report)["verdict"]
    assert names <= {f"golden-job-{slot}" for slot in range(3)}
    assert "study complete: own@external" in capfd.readouterr().err


def test_processes_give_the_same_verdict_as_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    support = Path(spawned_trainers.__file__).parent
    monkeypatch.setenv("PYTHONPATH", f"{support}{os.pathsep}{support.parents[1]}")
    several = locate(spawned_trainers.train, **ASKED, jobs=2, processes=True)
    assert several.details == locate(train, **ASKED).details
    with pytest.raises(GoldenError, match="cannot be sent to another process"):
        locate(lambda _trial: 0.5, **ASKED, processes=True)


def test_an_interrupted_study_goes_on_where_it_stopped(here: Path) -> None:
    trained: list[tuple[str, int, int]] = []

    def noted(trial: Trial) -> float:
        if len(trained) == 25:
            trained.append(("interrupted", 0, 0))
            raise KeyboardInterrupt
        trained.append((trial.sweep, trial.number, trial.run))
        return train(trial)

    with pytest.raises(KeyboardInterrupt) as caught:
        locate(noted, **ASKED)
    (folder,) = here.iterdir()
    assert caught.value.__notes__ == [f"what is finished is kept: locate(..., folder={str(folder)!r}) goes on with it"]
    found = locate(noted, **ASKED, folder=folder)
    assert len(set(trained)) == len(trained) == len(found.rows) + 1
    again = locate(lambda _trial: pytest.fail("a complete study trains nothing"), **ASKED, folder=folder)
    assert again.details == found.details


def test_a_function_with_a_defect_is_told_so_after_three_trainings(here: Path) -> None:
    def broken(trial: Trial) -> float:
        return trial["mom"]

    with pytest.raises(TrainingFailedError, match="the parameters are lr and momentum, not 'mom'") as caught:
        locate(broken, **ASKED)
    cause = caught.value.__cause__
    assert isinstance(cause, KeyError)
    assert [frame.name for frame in traceback.extract_tb(cause.__traceback__)] == ["broken", "__getitem__"]
    assert [frame.name for frame in caught.traceback][-1] == "locate", "no frame of ours comes after the call"
    assert list(here.iterdir()) == []


def test_a_function_that_ignores_everything_or_its_seed_is_told_so(here: Path) -> None:
    calls = []
    with pytest.raises(NoNoiseError, match=r"every training returned 0\.5: .* ignore lr and momentum") as caught:
        locate(lambda trial: calls.append(trial) or 0.5, **ASKED)  # type: ignore[func-returns-value]
    assert len(calls) == 36, "the map, and nothing after it"
    assert "what is finished is kept" in caught.value.__notes__[0]

    def seedless(trial: Trial) -> float:
        return 1.0 + (math.log(trial["lr"] / 0.01)) ** 2 + trial["momentum"]

    asked = {**ASKED, "measure": "loss:minimize", "folder": here / "kept"}
    with pytest.raises(NoNoiseError, match=r"ignore the seed, .*; take its seeds .*accept_no_noise=True"):
        locate(seedless, **asked)
    found = locate(seedless, **asked, accept_no_noise=True)
    assert found.outcome in ("supported", "refuted", "inconclusive")
    assert "the training seems to ignore the seed, and without noise no test means anything." in found.notes[0]


def test_broken_trainings_are_counted(tmp_path: Path) -> None:
    def diverging(trial: Trial) -> float:
        if trial["lr"] > 0.3:
            raise Diverged
        return float("nan") if trial["momentum"] > 0.98 else train(trial)

    found = locate(diverging, **ASKED)
    broke = [row["diverged"] for row in found.rows]
    assert any(broke)
    assert broke == [row["lr"] > 0.3 or row["momentum"] > 0.98 for row in found.rows]
    assert all((row["val_acc"] == 0.0) == row["diverged"] for row in found.rows)


def test_a_study_that_cannot_be_finished_is_an_error() -> None:
    first = []

    def dying(trial: Trial) -> float:
        first.append(trial)
        if len(first) > 1:
            raise MemoryError("no more")
        return 0.5

    with pytest.raises(StateError, match="the study is failed: "):
        locate(dying, **ASKED)


def test_another_study_in_the_folder_is_named_with_the_cure(tmp_path: Path) -> None:
    def stop(_trial: Trial) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        locate(stop, **ASKED, folder=tmp_path / "kept")
    other = {**ASKED, "claim": "lr=0.02,momentum=0.5"}
    with pytest.raises(DuplicateStudyError, match=r"claim.at.lr: 0.016 there, 0.02 here.*another `name`"):
        locate(train, **other, folder=tmp_path / "kept")


def test_what_is_missing_or_too_much_is_named() -> None:
    with pytest.raises(TypeError, match="`space` is missing"):
        locate(train, claim="lr=0.1,momentum=0.9", measure="val_acc")
    with pytest.raises(TypeError, match="`claim` is given beside `study`"):
        locate(train, study=OWN, claim="lr=0.1,momentum=0.9")
    with pytest.raises(SpecError, match="space"):
        locate(train, claim="lr=0.1,momentum=0.9", space="lr=1e-4..1", measure="val_acc")
    with pytest.raises(SpecError, match="is built in"):
        locate(train, study={"name": "own", "schema_version": 3, "losses": ["golden"]})


def test_a_document_may_come_as_a_mapping_or_a_file(tmp_path: Path) -> None:
    def stop(trial: Trial) -> float:
        assert (trial.study, trial.context, trial.settings) == ("own", "mine", {"network": "r18"})
        raise KeyboardInterrupt

    path = tmp_path / "own.toml"
    path.write_text(
        'name = "own"\nschema_version = 3\n[measure]\nname = "val_acc"\ndirection = "maximize"\n'
        'kind = "share"\ntest_size = 1000\n[[contexts]]\ntrainer = "external"\nname = "mine"\n'
        'settings = { network = "r18" }\n[replication]\nfolds = 1\n'
    )
    for study in (OWN, str(path)):
        with pytest.raises(KeyboardInterrupt):
            locate(stop, study=study)


def test_the_package_needs_neither_torch_nor_a_web_framework() -> None:
    script = (
        "import sys, golden_study\n"
        "heavy = [m for m in ('torch', 'fastapi', 'uvicorn', 'starlette', 'plotly', 'pandas') if m in sys.modules]\n"
        "print(heavy)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert golden_study.Trial is Trial
