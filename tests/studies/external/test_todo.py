"""The table of trials that are to be run, filled in and read again until nothing is left."""

from __future__ import annotations

import random

import pytest
from own_plans import DESIGN, filled, own_study, peaked, trained, work_off

from studies.errors import SpecError
from studies.external.filled import FilledRow
from studies.external.filled_table import read_filled
from studies.external.outcome import RunEnd
from studies.external.todo import planned_with, progress_lines, todo_columns, todo_csv
from studies.language.spec import StudySpec, parse

TOP = peaked(0.016, 0.874)


def todo(spec: StudySpec, lines: list[str]) -> str:
    """The next table, from the lines below its header in the tables before."""
    content = "\n".join([",".join(todo_columns(spec)), *lines])
    found, _, results = planned_with(spec, read_filled(content.encode(), spec).rows)
    return todo_csv(spec, found, results)


def test_step_by_step_and_half_a_phase_at_a_time_give_the_same_plans() -> None:
    spec = own_study()
    whole, expected = work_off(spec, TOP)
    shuffler, lines = random.Random(3), list[str]()
    for _ in range(200):
        text = todo(spec, lines)
        assert text == todo(spec, lines)
        rows = filled(text, TOP)
        if not rows:
            break
        shuffler.shuffle(rows)
        lines += rows[: max(1, len(rows) // 2) if len(rows) > 4 else len(rows)]
        shuffler.shuffle(lines)
    content = "\n".join([",".join(todo_columns(spec)), *lines])
    found, match, results = planned_with(spec, read_filled(content.encode(), spec).rows)
    assert (found, dict(results), match.strays) == (whole, expected, ())
    assert text == ",".join(todo_columns(spec)) + "\n"


def test_open_rows_are_written_again_and_done_ones_are_not() -> None:
    spec = own_study()
    first = todo(spec, [])
    lines = first.splitlines()[1:]
    assert len(lines) == 48 and todo(spec, lines) == first
    later = todo(spec, [*lines, *filled(first, TOP)[:40]])
    assert later.splitlines()[1:] == lines[40:]


def test_later_looks_go_on_where_more_of_the_same_may_decide() -> None:
    spec = own_study(design={**DESIGN, "confirmation": "fixed", "confirm_blocks": 4})
    found, results = work_off(spec, TOP, noise=0.15)
    assert found.rounds > 0 and found.sentence.startswith("decided: ")
    rows = [
        FilledRow(f"row {n}", n, run, (found.plans[n].eta or 0.0, found.plans[n].alpha or 0.0), end=RunEnd(each.value))
        for (n, run), each in results.items()
    ]
    assert planned_with(spec, rows)[0] == found
    once, match, _ = planned_with(spec, rows, looks=1)
    assert (once.rounds, once.finished) == (0, True) and match.strays


def test_trials_with_several_runs_are_written_run_by_run() -> None:
    points = [{"at": {"lr": 0.016, "beta1": 0.874}}, {"at": {"lr": 0.1, "beta1": 0.5}}]
    design = {"kind": "cross_validation", "points": points, "repeats": 2}
    spec = own_study(design=design, replication={"folds": 3})
    lines = todo(spec, []).splitlines()[1:]
    assert [line.split(",")[:2] for line in lines[:4]] == [["0", "0"], ["0", "1"], ["0", "2"], ["1", "0"]]
    rest = todo(spec, filled(todo(spec, []), TOP)[:2])
    assert [line.split(",")[:2] for line in rest.splitlines()[1:3]] == [["0", "2"], ["1", "0"]]


def test_a_trial_that_fails_too_often_is_left_out() -> None:
    spec = own_study()
    rows = todo(spec, []).splitlines()[1:]
    failed = [rows[5] + "failed"] * 3
    assert len(todo(spec, failed).splitlines()) == 48
    assert len(todo(spec, failed[:2]).splitlines()) == 49
    found, _, results = planned_with(spec, read_filled(_table(spec, failed), spec).rows)
    assert (found.given_up, dict(results)) == ({5}, {})


def test_progress_is_told_by_phase() -> None:
    spec = own_study()
    found, _, _ = planned_with(spec, ())
    assert progress_lines(found, trained(found.plans, range(7), TOP)) == ["map: 7 of 48 runs have a result"]


def test_a_measure_called_like_another_column_is_refused() -> None:
    spec = own_study()
    assert todo_columns(spec)[-3:] == ("lr", "beta1", "val_acc")
    for name in ("phase", "Fold", "lr"):
        measure = {"name": name, "direction": "minimize", "kind": "positive"}
        with pytest.raises(SpecError, match="another column"):
            todo_columns(parse({**spec.model_dump(mode="json"), "measure": measure}))


def _table(spec: StudySpec, lines: list[str]) -> bytes:
    return "\n".join([",".join(todo_columns(spec)), *lines]).encode()
