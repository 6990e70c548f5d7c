"""Filled tables as tools and people write them, cell by cell."""

from __future__ import annotations

import json
import math

import pytest
from own_plans import own_study

from studies.errors import SpecError
from studies.external.filled import FilledRow
from studies.external.filled_table import read_filled
from studies.external.outcome import BROKE, RunEnd

SPEC = own_study()
HEAD = "trial,run,lr,beta1,val_acc"


def rows(text: str, head: str = HEAD) -> tuple[FilledRow, ...]:
    return read_filled(f"{head}\n{text}\n".encode(), SPEC).rows


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", f"{HEAD}\n".encode(), HEAD.encode()])
def test_an_empty_file_has_no_rows(content: bytes) -> None:
    assert read_filled(content, SPEC).rows == ()


@pytest.mark.parametrize(
    ("cell", "end"),
    [
        ("0.5", RunEnd(0.5)),
        ("50 %", RunEnd(0.5)),
        ("", None),
        ("-", None),
        ("None", None),
        ("nan", BROKE),
        ("NaN", BROKE),
        ("inf", BROKE),
        ("-inf", BROKE),
        ("1e300", BROKE),
        ("diverged", BROKE),
        ("Diverged", BROKE),
    ],
)
def test_a_cell_of_the_measure(cell: str, end: RunEnd | None) -> None:
    (row,) = rows(f"3,0,0.01,0.9,{cell}")
    assert (row.trial, row.run, row.point, row.end, row.fault) == (3, 0, (0.01, 0.9), end, None)


@pytest.mark.parametrize("cell", ["failed", "Error", "crashed"])
def test_a_failed_attempt(cell: str) -> None:
    (row,) = rows(f"3,0,0.01,0.9,{cell}")
    assert row.end is not None and row.end.failed is not None and row.fault is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [("87.5", "divide percentages by 100"), ("abc", "'abc' is no number"), ('"0,9"', "with a decimal point")],
)
def test_what_is_none_of_the_measure_is_a_fault_with_its_place(cell: str, text: str) -> None:
    (row,) = rows(f"3,0,0.01,0.9,{cell}")
    assert row.end is None and row.fault is not None
    assert row.fault.field == "line 2, column val_acc" and text in row.fault.text


def test_states_and_marks_of_trackers() -> None:
    found = rows(
        "0,0,1,0.9,0.5,FINISHED,0\n1,0,1,0.9,,crashed,\n2,0,1,0.9,0.5,running,\n3,0,1,0.9,0.5,,1\n4,0,1,0.9,,Odd,",
        HEAD + ",state,diverged",
    )
    assert [row.end and (row.end.value, row.end.diverged) for row in found] == [
        *((0.5, False), (None, False), None, (None, True), None)
    ]


def test_semicolons_and_decimal_commas() -> None:
    (row,) = rows("3;0;0,01;0,9;0,875", HEAD.replace(",", ";"))
    assert (row.point, row.end) == ((0.01, 0.9), RunEnd(0.875))


def test_prefixes_order_and_further_columns_do_not_matter() -> None:
    head = "note,params_beta1,metrics/val_acc,config/lr,trial"
    (row,) = read_filled(f"{head}\nx,0.9,0.5,0.01,7\n".encode(), SPEC).rows
    assert (row.trial, row.run, row.point, row.end) == (7, 0, (0.01, 0.9), RunEnd(0.5))


def test_a_header_that_is_repeated_is_no_row() -> None:
    assert [row.trial for row in rows(f"0,0,1,0.9,0.5\n{HEAD}\n1,0,1,0.9,0.5")] == [0, 1]


def test_json_rows_are_read_as_well() -> None:
    (row,) = read_filled(json.dumps([{"trial": 1, "lr": 0.01, "beta1": 0.9, "val_acc": 0.5}]).encode(), SPEC).rows
    assert (row.trial, row.end) == (1, RunEnd(0.5))


@pytest.mark.parametrize("trial", ["", "x", "1.5", "9" * 30])
def test_a_row_without_a_number_is_kept_and_is_no_trial(trial: str) -> None:
    (row,) = rows(f"{trial},0,0.01,0.9,0.5")
    assert row.trial is None


def test_points_that_are_no_numbers() -> None:
    (row,) = rows("1,x,abc,,0.5")
    assert row.run == -1 and all(map(math.isnan, row.point))


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("run,lr,beta1,val_acc", "column trial: is missing"),
        ("trial,lr,beta,val_acc", "did you mean `beta`"),
        ("trial,lr,beta1,accuracy", "column val_acc: is missing"),
        ("trial,lr,beta1,a/val_acc,b/val_acc", "could be a/val_acc, b/val_acc"),
        ("trial,lr,lr,beta1,val_acc", "could be lr, lr"),
    ],
)
def test_missing_and_ambiguous_columns(head: str, text: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_filled(f"{head}\n".encode(), SPEC)
    assert text in str(refused.value)


def test_a_broken_line_is_named() -> None:
    with pytest.raises(SpecError, match="line 3"):
        rows("0,0,1,0.9,0.5\n1,0,1,0.9,0.5,7,8")


def test_old_runs_are_said_not_to_be_continued() -> None:
    with pytest.raises(SpecError, match=r"old runs are not continued: name a file that is not there yet"):
        read_filled(b"lr,beta1,val_acc\n0.1,0.9,0.8\n", SPEC)
