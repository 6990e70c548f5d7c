"""`judge` on studies that a sampler of ours planned, on other studies, and on tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna_loops import TINY, objective, sampler

from golden_study import judge
from studies.errors import GoldenError, SpecError
from studies.report.document import verify_report

POINTS = [(0.004 * 2**i, a) for i in range(5) for a in (0.0, 0.5, 0.8, 0.9)]
ROWS = [{"lr": lr, "momentum": a, "val_acc": 0.95 - 0.01 * i - (a - 0.8) ** 2} for i, (lr, a) in enumerate(POINTS)]


@pytest.fixture(scope="module")
def study() -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.create_study(direction="maximize", study_name="mine", sampler=sampler(design=TINY, looks=1))
    made.optimize(objective, n_trials=10_000)
    return made


def test_a_planned_study_has_document_rows_and_place(study: optuna.Study) -> None:
    verdict = judge(study)
    assert verdict.document is not None and verdict.document["claim"]["at"] == {"lr": 0.016, "beta1": 0.874}
    assert list(verdict.place) == ["lr", "beta1"]
    assert [line.key for line in verdict.statements] == ["as_good", "there", "matters"]
    first = verdict.rows[0]
    assert list(first)[:3] == ["trial", "run", "phase"] and {"order_seed", "lr", "beta1", "val_acc"} <= first.keys()
    assert (verdict.outcome, repr(verdict)[:9]) == (verdict.details.outcome, "<Verdict ")


def test_it_is_judged_before_its_end_as_well() -> None:
    begun = optuna.create_study(direction="maximize", sampler=sampler(design=TINY))
    begun.optimize(objective, n_trials=7)
    verdict = judge(begun)
    assert (verdict.outcome, len(verdict.rows)) == ("inconclusive", 7)
    assert verdict.progress == "11 of the runs planned so far are missing."


def test_its_report_is_verified(study: optuna.Study, tmp_path: Path) -> None:
    verdict = judge(study)
    file = verdict.report(tmp_path / "report.json")
    assert verify_report(json.loads(file.read_text())) == []
    page = verdict.report(str(tmp_path / "report.html")).read_text()
    assert page.lower().startswith("<!doctype html>") and "beta1" in page


def test_what_a_planned_study_states_is_not_stated_again(study: optuna.Study) -> None:
    with pytest.raises(SpecError, match="the study states that itself"):
        judge(study, claim="lr=0.1,beta1=0.9")


def test_a_data_frame_and_a_list_are_judged_alike() -> None:
    pandas = pytest.importorskip("pandas")
    words = {"claim": "lr=0.016,momentum=0.8", "measure": "val_acc"}
    verdict = judge(pandas.DataFrame(ROWS), **words)
    assert verdict.outcome == "inconclusive" and verdict.details.sweeps[0].runs == 20
    assert judge(ROWS, **words).to_dict() == verdict.to_dict()
    assert judge(ROWS, claim={"lr": 0.016, "momentum": 0.8}, measure="val_acc").to_dict() == verdict.to_dict()
    assert any("Read lr as" in note for note in verdict.notes)
    assert len(verdict.to_dataframe()) == 20
    with pytest.raises(GoldenError, match="needs a study's document"):
        verdict.report("x.html")


def test_any_other_optuna_study_is_judged_by_its_direction() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    other = optuna.create_study(
        direction="maximize", study_name="theirs", sampler=optuna.samplers.RandomSampler(seed=1)
    )
    other.optimize(
        lambda t: (
            0.9 - (t.suggest_float("lr", 0.01, 0.1, log=True) - 0.03) ** 2 - t.suggest_float("momentum", 0, 0.9) / 10
        ),
        n_trials=12,
    )
    verdict = judge(other, claim="lr=0.03,momentum=0.5", measure="value")
    assert (verdict.details.study, verdict.outcome) == ("theirs", "inconclusive")
    with pytest.raises(SpecError, match="maximises"):
        judge(other, claim="lr=0.03,momentum=0.5", measure="value:minimize")


@pytest.mark.parametrize("trials", ["runs.csv", 7, {"lr": 1}, [1, 2], None])
def test_what_is_no_table_is_named(trials: Any) -> None:
    with pytest.raises(SpecError, match="give an Optuna study, a data frame"):
        judge(trials)


def test_no_rows_are_refused() -> None:
    with pytest.raises(SpecError, match="there are no rows"):
        judge([])
