"""A study of our own, read back through every door, gives the same estimates."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import own_results
import own_trainers
import pytest
from planted_study import LOCATE, make, planted

from service.commands.foreign import ForeignTrials, judge_foreign
from service.export import to_csv, to_json_list, to_parquet
from studies.foreign.judgement import JudgedTable
from studies.judgement import judge
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import studies
from studies.storage.engine import open_database
from studies.storage.listing import iter_runs
from studies.storage.migrate import migrate
from studies.verdict.exchange import from_json, to_json

DESIGN = {**LOCATE["design"], "zoom_points": 48, "confirm_blocks": 12}
DOORS = ("csv", "json", "parquet", "optuna")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that ran to its end: its database, its three exports, and its mirror copied elsewhere."""
    here = tmp_path_factory.mktemp("own")
    url = f"sqlite:///{here / 'golden.db'}"
    db = open_database(url)
    migrate(db)
    spec = make(losses=["golden"], design=DESIGN)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    planted((0.0159, 0.874)).work_off(db)
    for form, write in (("csv", to_csv), ("json", to_json_list), ("parquet", to_parquet)):
        (here / f"runs.{form}").write_bytes(b"".join(write(iter_runs(db, spec.name))))
    db.dispose()
    elsewhere = f"sqlite:///{here / 'elsewhere.db'}"
    sweep = f"{spec.name}/golden@digits"
    optuna.copy_study(from_study_name=sweep, from_storage=url, to_storage=elsewhere)
    copied = optuna.load_study(study_name=sweep, storage=elsewhere)
    copied.trials_dataframe().to_csv(here / "frame.csv", index=False)
    (here / "sweep").write_text(sweep)
    return here


def judged(folder: Path, door: str, objective: str | None = None) -> JudgedTable:
    sweep = (folder / "sweep").read_text()
    if door in ("optuna", "copied"):
        file = folder / ("golden.db" if door == "optuna" else "elsewhere.db")
        return judge_foreign(ForeignTrials(optuna=f"sqlite:///{file}", optuna_study=sweep), objective)
    return judge_foreign(ForeignTrials(folder / f"runs.{door}"), objective)


@pytest.mark.parametrize("objective", [None, "error", "cross_entropy", "own_loss"])
def test_every_door_gives_the_same_verdict(folder: Path, objective: str | None) -> None:
    first, *others = (judged(folder, door, objective).sweeps[0] for door in DOORS)
    assert first.eta.estimate is not None and first.p_claim is not None
    for other in others:
        assert (other.sweep, other.runs, other.outcome) == (first.sweep, first.runs, first.outcome)
        for name in ("eta", "alpha", "sigma", "comparisons", "p_claim", "region"):
            assert getattr(other, name) == getattr(first, name), name


def test_a_mirror_that_was_copied_elsewhere_is_read_by_its_means(folder: Path) -> None:
    own, copied = judged(folder, "csv").sweeps[0], judged(folder, "copied")
    (sweep,) = copied.sweeps
    assert copied.objective == "accuracy"
    assert sweep.eta.estimate == pytest.approx(own.eta.estimate, rel=0.1)
    assert sweep.alpha.estimate == pytest.approx(own.alpha.estimate, rel=0.1)
    assert {"user_attrs_s", "user_attrs_u"} <= {*copied.ignored_columns}


def test_the_frame_of_the_mirror_is_read_too(folder: Path) -> None:
    copied = judged(folder, "copied").sweeps[0]
    frame = judge_foreign(ForeignTrials(folder / "frame.csv", measure="value_accuracy"), None).sweeps[0]
    assert (frame.runs, frame.eta, frame.alpha) == (copied.runs, copied.eta, copied.alpha)


OWN_PAIR: dict[str, Any] = {  # one linear and one logarithmic parameter, and a measure that is no share
    "parameters": [
        {"name": "depth", "scale": "linear", "low": 2.0, "high": 12.0},
        {"name": "lr", "scale": "log", "low": 1e-5, "high": 0.1},
    ],
    "claim": {"at": {"depth": 5.0, "lr": 1e-3}, "tolerance": {"depth": 1.5}},
    "measure": {"name": "val_loss", "direction": "minimize", "kind": "positive"},
    "design": {**own_trainers.OWN["design"], "mates": None},
}


def own_loss(depth: float, lr: float, *, order_seed: int, init_seed: int) -> float:
    noise = float(np.random.default_rng([order_seed, init_seed]).standard_normal())
    return 0.3 * math.exp(0.05 * (depth - 5.0) ** 2 + 0.1 * math.log(lr / 1e-3) ** 2 + 0.03 * noise)


@pytest.fixture(scope="module", params=["share of the paper's pair", "loss over a pair of one's own"])
def own_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A study whose trainer is the user's own, that ran to its end: database, document, exports, its own verdict."""
    here = tmp_path_factory.mktemp("external")
    db = open_database(f"sqlite:///{here / 'golden.db'}")
    migrate(db)
    own = request.param.startswith("loss")
    design = {name: value for name, value in OWN_PAIR["design"].items() if value is not None}
    spec = own_trainers.submit(db, **({**OWN_PAIR, "design": design} if own else {}))
    own_trainers.work_off(db, of=own_loss if own else own_results.share_of)
    for form, write in (("csv", to_csv), ("json", to_json_list), ("parquet", to_parquet)):
        (here / f"runs.{form}").write_bytes(b"".join(write(iter_runs(db, spec.name), spec.axes.names)))
    (here / "document.json").write_text(json.dumps(spec.model_dump(mode="json")))
    (here / "verdict.json").write_text(json.dumps(to_json(judge(db, spec.name))))
    db.dispose()
    return here


@pytest.mark.parametrize("door", DOORS)
def test_a_study_that_somebody_else_trained_comes_back_with_its_own_verdict(own_folder: Path, door: str) -> None:
    trials = ForeignTrials(own_folder / f"runs.{door}", document=own_folder / "document.json")
    if door == "optuna":
        optuna_url = f"sqlite:///{own_folder / 'golden.db'}"
        trials = ForeignTrials(optuna=optuna_url, optuna_study="own/own@mine", document=own_folder / "document.json")
    own = from_json(json.loads((own_folder / "verdict.json").read_text())).sweeps[0]
    found = judge_foreign(trials, None).sweeps[0]
    assert (found.outcome, found.runs, found.measure, found.parameters) == (
        own.outcome,
        own.runs,
        own.measure,
        own.parameters,
    )
    for name in ("eta", "alpha", "sigma", "margin", "comparisons", "p_claim", "region", "answers"):
        assert getattr(found, name) == getattr(own, name), name
    assert "not replayed" not in found.sentence
