"""A worker claims nothing of a study whose data it lacks, has damaged, or has in another copy."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import overview, studies
from studies.storage.engine import Database
from studies.storage.provenance import origins
from worker.admission import Admission, digest
from worker.software import software
from worker.training.data import load_dataset
from worker.training.dataset import DatasetMissing

RAW = "MNIST/raw"


def submit(db: Database, name: str, dataset: str) -> None:
    document: dict[str, Any] = {"name": name, "contexts": [{"name": "c", "dataset": dataset, "epochs": 1}]}
    spec = parse(document)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))


def test_a_worker_whose_copy_differs_is_passed_over(database: Database, tmp_path: Path) -> None:
    submit(database, "small", "digits")
    first = Admission(database, tmp_path)
    other = Admission(database, tmp_path, read=lambda name, folder: "ff" * 32)
    assert first.studies() == ["small"]
    assert other.studies() == []
    assert other.studies() == []
    assert "is not the copy that small is measured on" in overview.get(database, "small").summary.note
    assert first.studies() == ["small"]


def test_the_first_admission_to_a_study_notes_the_software(database: Database, tmp_path: Path) -> None:
    submit(database, "small", "digits")
    admission = Admission(database, tmp_path, worker="w", software=partial(software, "cpu"))
    assert admission.studies() == admission.studies() == ["small"]
    found = origins(database, "small")
    assert found.data == {"digits": digest("digits", tmp_path)}
    assert len(found.software) == 1
    assert re.fullmatch(r"golden-study \S+, torch \S+, cpu.*, (native|torch) kernels", found.software[0])


def test_a_digest_is_that_of_all_images(tmp_path: Path) -> None:
    assert digest("digits", tmp_path) == load_dataset("digits", tmp_path, download=False).sha256


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"\x00\x00\x08\x03" + b"\xff" * 12])
def test_damaged_files_are_named_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / RAW
    folder.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (folder / f"{part}-{kind}-ubyte").write_bytes(content)
    with pytest.raises(DatasetMissing, match=r"mnist in .* is damaged \(\w+: .*\); fetch its files again\."):
        digest("mnist", tmp_path)


def test_a_study_with_damaged_data_says_so_and_others_go_on(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / RAW
    folder.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (folder / f"{part}-{kind}-ubyte").write_bytes(b"cut off")
    submit(database, "damaged", "mnist")
    submit(database, "whole", "digits")
    assert Admission(database, tmp_path).studies() == ["whole"]
    assert "mnist in" in overview.get(database, "damaged").summary.note
    assert overview.get(database, "whole").summary.note == ""
