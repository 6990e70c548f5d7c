"""A report cannot be changed unnoticed: every leaf of a real one is changed, and `verify_report` must say so."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from planted_worker import Planted

from studies import golden
from studies.judgement import report
from studies.language.spec import parse
from studies.plan.later_looks import round_runs
from studies.plan.procedure import expected_runs, first_plans
from studies.report.differences import differences
from studies.report.document import verify_report
from studies.report.progress import progress_differences
from studies.storage import studies
from studies.storage.engine import open_database
from studies.storage.migrate import migrate

# No row bears on these: when it was submitted, what made it, and whether somebody paused or cancelled it.
WITHOUT_EVIDENCE = {"submitted_at": "2020-01-01T00:00:00+00:00", "packages": {"numpy": "0"}, "state": "cancelled"}
Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a small study of version 2 that was looked at twice."""
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('leaves') / 'study.db'}")
    migrate(db)
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    contexts = [{"name": "digits", "dataset": "digits", "epochs": 2}]
    document = {"schema_version": 2, "name": "tiny", "losses": ["golden"], "contexts": contexts, "design": design}
    spec = parse(document)
    worker = Planted((golden.ETA, golden.ALPHA), noise=0.2)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    worker.work_off(db)
    studies.grant(db, "tiny", round_runs(spec.design, 1))  # type: ignore[arg-type]
    worker.work_off(db)
    found = report(db, "tiny")
    db.dispose()
    assert found["sweeps"][0]["rounds"] == 1
    return found


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of all leaves; of a long column, whose entries are all treated alike, the first, middle and last."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from leaves(part, (*path, key))
    elif isinstance(value, list) and value:
        last = len(value) - 1
        for i in range(len(value)) if last < 8 else (0, last // 2, last):
            yield from leaves(value[i], (*path, i))
    else:
        yield path


def changed(value: Any, path: Path) -> Any:
    """A copy in which one leaf is another of its kind; the rest is shared."""
    if path:
        again = copy.copy(value)
        again[path[0]] = changed(value[path[0]], path[1:])
        return again
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1 if isinstance(value, int) else 1.01 * value + 0.01
    return f"{value}x" if isinstance(value, str) else 1 if value is None else ["x"]


def test_every_leaf_outside_the_verdict_is_checked(made: dict[str, Any]) -> None:
    rest = {name: part for name, part in made.items() if name not in {"verdict", *WITHOUT_EVIDENCE}}
    paths = list(leaves(rest))
    assert len(paths) > 100
    assert [path for path in paths if not verify_report(changed(made, path))] == []


def test_every_leaf_of_the_verdict_is_compared_with_what_is_recomputed(made: dict[str, Any]) -> None:
    """The verdict is recomputed once here: that it follows from the rows is what an unchanged report says."""
    assert verify_report(made) == []
    verdict = made["verdict"]
    paths = list(leaves(verdict))
    assert len(paths) > 100
    assert [path for path in paths if not differences(verdict, changed(verdict, path), path="verdict")] == []
    assert verify_report(changed(made, ("verdict", "sweeps", 0, "looks")))


def test_what_carries_no_evidence_is_all_that_may_change(made: dict[str, Any]) -> None:
    assert verify_report({**made, **WITHOUT_EVIDENCE}) == []
    assert verify_report({**made, "state": "queued"})
    assert verify_report({**made, "state": "finished"})


@pytest.mark.parametrize("rounds", [0, 2, 3])
def test_looks_that_the_planned_rows_do_not_show_are_named(made: dict[str, Any], rounds: int) -> None:
    (sweep,) = made["sweeps"]
    found = verify_report({**made, "sweeps": [{**sweep, "rounds": rounds}]})
    assert [line.partition(":")[0] for line in found] == [
        f"sweeps.golden@digits.phases.{phase}" for phase in ("zoom", "confirm", "controls")
    ]
    assert found[0].endswith(f"states 48 trials, the design takes {24 * 2**rounds} where `rounds` is {rounds}")


def test_looks_before_anything_was_confirmed_are_refused(made: dict[str, Any]) -> None:
    (sweep,) = made["sweeps"]
    early = [phase for phase in sweep["phases"] if phase["phase"] == "map"]
    rows = [i for i, phase in enumerate(sweep["runs"]["phase"]) if phase == "map"]
    runs = {name: [column[i] for i in rows] for name, column in sweep["runs"].items()}
    cut = {**sweep, "phases": early, "phases_done": ["map"], "runs": runs, "rounds": 0}
    spec = parse(made["spec"])
    assert progress_differences(spec, {**made, "sweeps": [cut]}) == []
    (line,) = progress_differences(spec, {**made, "sweeps": [{**cut, "rounds": 1}]})
    assert "rounds: is 1, but nothing was confirmed" in line
