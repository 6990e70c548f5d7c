"""Reports that were forged with hash and verdict made anew: the replayed plan finds each of them.

Of a fixed confirmation, that of version 2; `tests/studies/plan/test_rounds.py` bends those of a sequential one.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from planted_worker import Planted

from studies import golden
from studies.evidence import evidence
from studies.judgement import report
from studies.language.spec import canonical_json, parse
from studies.plan.later_looks import round_runs
from studies.plan.procedure import expected_runs, first_plans
from studies.report.columns import runs_of
from studies.report.document import verify_report
from studies.report.measurements import measurement_differences
from studies.storage import overview, studies
from studies.storage.engine import open_database
from studies.storage.migrate import migrate
from studies.verdict.decide import decide_study
from studies.verdict.exchange import to_json

Columns = dict[str, list[Any]]
DESIGN = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    """The report of a study that was looked at twice, and its detail."""
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('replay') / 'study.db'}")
    migrate(db)
    contexts = [{"name": "digits", "dataset": "digits", "epochs": 2}]
    document = {"schema_version": 2, "name": "tiny", "losses": ["golden"], "contexts": contexts, "design": DESIGN}
    spec = parse(document)
    worker = Planted((golden.ETA, golden.ALPHA), noise=0.2)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    worker.work_off(db)
    studies.grant(db, "tiny", round_runs(spec.design, 1))  # type: ignore[arg-type]
    worker.work_off(db)
    found, detail = report(db, "tiny"), overview.get(db, "tiny")
    db.dispose()
    assert found["sweeps"][0]["rounds"] == 1
    return found, detail


def rehashed(made: tuple[dict[str, Any], Any], change: Callable[[Columns], None]) -> dict[str, Any]:
    """The report with changed rows, whose hash is made anew."""
    again = copy.deepcopy(made[0])
    (sweep,) = again["sweeps"]
    change(sweep["runs"])
    sweep["rows_sha256"] = hashlib.sha256(canonical_json(sweep["runs"]).encode()).hexdigest()
    return again


def forged(made: tuple[dict[str, Any], Any], change: Callable[[Columns], None]) -> dict[str, Any]:
    """The report with changed rows; hash and verdict are made anew, so that only plan or measurements betray it."""
    detail, again = made[1], rehashed(made, change)
    (sweep,) = again["sweeps"]
    measured = evidence(detail.spec, detail.sweeps[0], runs_of(sweep["runs"]))
    again["verdict"] = to_json(decide_study(detail.spec.name, detail.spec.claim_hash, [measured]))
    return again


def rows(columns: Columns, **wanted: str) -> list[int]:
    """Places of the rows with these values."""
    return [i for i in range(len(columns["trial"])) if all(columns[name][i] == value for name, value in wanted.items())]


def move_a_map_point(columns: Columns) -> None:
    columns["eta"][rows(columns, phase="map", arm="point")[5]] *= 1.1


def move_the_best_arm(columns: Columns) -> None:
    for i in rows(columns, arm="best"):
        columns["eta"][i] *= 0.5


def exchange_labels(columns: Columns) -> None:
    best, default = rows(columns, arm="best"), rows(columns, arm="default")
    for i in best:
        columns["arm"][i] = "default"
    for i in default:
        columns["arm"][i] = "best"


def exchange_phases(columns: Columns) -> None:
    control, best = rows(columns, phase="controls", arm="mate:0")[0], rows(columns, phase="confirm", arm="best")[0]
    columns["phase"][control], columns["phase"][best] = "confirm", "controls"


def exchange_two_blocks(columns: Columns) -> None:
    first, second = rows(columns, arm="best")[:2]
    columns["block"][first], columns["block"][second] = columns["block"][second], columns["block"][first]


def exchange_two_points(columns: Columns) -> None:
    first, second = rows(columns, phase="map", arm="point")[:2]
    for name in ("eta", "alpha"):
        columns[name][first], columns[name][second] = columns[name][second], columns[name][first]


def call_a_point_the_claim(columns: Columns) -> None:
    claim, point = rows(columns, phase="map", arm="claim")[0], rows(columns, phase="map", arm="point")[0]
    for name in ("eta", "alpha", "arm"):
        columns[name][point] = columns[name][claim]


def number_a_trial_anew(columns: Columns) -> None:
    columns["trial"][-1] += 1_000


def repeat_a_run(columns: Columns) -> None:
    columns["run"][-1] = 1


def improve_the_map(columns: Columns) -> None:
    """Better values where the forger wants the optimum: the zoom would have gone elsewhere."""
    for i in rows(columns, phase="map"):
        if columns["eta"][i] < 0.005:
            columns["correct"][i] = columns["n_test"][i] - 10
            columns["accuracy"][i] = columns["correct"][i] / columns["n_test"][i]
            columns["error"][i] = 1.0 - columns["accuracy"][i]


def improve_an_accuracy(columns: Columns) -> None:
    columns["accuracy"][0] = min(1.0, columns["accuracy"][0] + 0.01)


def other_error(columns: Columns) -> None:
    columns["error"][3] /= 2


def halve_the_cross_entropy(columns: Columns) -> None:
    columns["cross_entropy"] = [value / 2 for value in columns["cross_entropy"]]


def smaller_test_set(columns: Columns) -> None:
    columns["n_test"][7] //= 2
    columns["correct"][7] = round(columns["accuracy"][7] * columns["n_test"][7])
    columns["accuracy"][7] = columns["correct"][7] / columns["n_test"][7]
    columns["error"][7] = 1.0 - columns["accuracy"][7]


def half_an_epoch(columns: Columns) -> None:
    columns["epochs_to_target"][1] = 0.5


CHANGES = {
    "trial": [number_a_trial_anew],
    "run": [repeat_a_run],
    "phase": [exchange_phases],
    "arm": [exchange_labels, call_a_point_the_claim],
    "block": [exchange_two_blocks],
    "eta": [move_a_map_point, move_the_best_arm, exchange_two_points, improve_the_map],
    "accuracy": [improve_an_accuracy],
    "error": [other_error],
    "cross_entropy": [halve_the_cross_entropy],
    "n_test": [smaller_test_set],
    "epochs_to_target": [half_an_epoch],
}


def test_folds_that_keep_copies_together_may_differ_in_size() -> None:
    sweep = {"name": "s", "rows": 0, "runs": {"n_test": [797, 804]}}
    assert "differ by at most 1" in measurement_differences(sweep, epochs=10, spread=1)[0]
    spread = parse({"name": "s", "contexts": [{"dataset": "rotated-digits", "images": 4000}]}).contexts[0].fold_spread
    assert measurement_differences(sweep, epochs=10, spread=spread) == []


def test_the_genuine_report_passes_also_when_it_is_made_anew(made: tuple[dict[str, Any], Any]) -> None:
    assert verify_report(forged(made, lambda columns: None)) == []


@pytest.mark.parametrize(
    ("column", "change"), [(column, change) for column, changes in CHANGES.items() for change in changes]
)
def test_a_forged_row_is_found_though_hash_and_verdict_fit(
    made: tuple[dict[str, Any], Any], column: str, change: Callable[[Columns], None]
) -> None:
    found = verify_report(forged(made, change))
    assert found
    assert found[0].startswith(f"sweeps.golden@digits.runs.{column}"), found[0]


def test_more_correct_images_than_were_tested_are_found(made: tuple[dict[str, Any], Any]) -> None:
    def change(columns: Columns) -> None:
        columns["correct"][2] = columns["n_test"][2] + 1

    assert verify_report(rehashed(made, change))[0].startswith("sweeps.golden@digits.runs.correct.2: ")


@pytest.mark.parametrize("path", [(), ("sweeps", 0), ("sweeps", 0, "runs")])
def test_a_field_that_no_report_has_is_refused(made: tuple[dict[str, Any], Any], path: tuple[Any, ...]) -> None:
    changed = copy.deepcopy(made[0])
    part: Any = changed
    for step in path:
        part = part[step]
    part["reviewed_by"] = ["somebody"]
    assert [line for line in verify_report(changed) if "reviewed_by" in line]
