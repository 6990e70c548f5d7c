"""Single cells: the many ways to write a number, a truth, and nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from studies.foreign.cells import (
    Fault,
    are_decimal_commas,
    is_like_whole,
    is_nan,
    is_nothing,
    number,
    text_of,
    truth,
    whole,
)


@pytest.mark.parametrize("cell", [None, "", " ", "NaN", "None", "null", "n/a", "<NA>", "-", float("nan")])
def test_words_for_nothing(cell: Any) -> None:
    assert is_nothing(cell)


@pytest.mark.parametrize(("cell", "expected"), [("nan", True), (float("nan"), True), ("", False), (None, False)])
def test_not_a_number_is_told_from_an_empty_cell(cell: Any, expected: bool) -> None:
    assert is_nan(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0.5", 0.5),
        (" 5E-1 ", 0.5),
        ("-inf", -math.inf),
        ("97.5%", 0.975),
        ("97 %", 0.97),
        ("1e999", math.inf),
        (3, 3.0),
        (0.5, 0.5),
    ],
)
def test_numbers(cell: Any, expected: float) -> None:
    assert number(cell) == expected


@pytest.mark.parametrize("cell", ["1_0", "１０", "0x10", "1 000", True, "1.23,5", "1,2,3", 10**400, "9" * 200])
def test_what_is_no_number(cell: Any) -> None:
    assert isinstance(number(cell, decimal_comma=True), Fault)


def test_a_decimal_comma_is_one_only_where_commas_separate_nothing() -> None:
    assert number("0,016", decimal_comma=True) == 0.016
    assert number("1,5e-3", decimal_comma=True) == 1.5e-3
    fault = number("0,016")
    assert isinstance(fault, Fault) and fault.text.endswith("with a decimal point")


@pytest.mark.parametrize(("cell", "expected"), [("3", 3), ("3.0", 3), (3.0, 3), ("-7", -7), (7, 7)])
def test_whole_numbers(cell: Any, expected: int) -> None:
    assert whole(cell) == expected


@pytest.mark.parametrize("cell", ["1.5", True, "eager-3", 0.5])
def test_what_is_no_whole_number(cell: Any) -> None:
    assert isinstance(whole(cell), Fault)


@pytest.mark.parametrize(("cell", "expected"), [("Yes", True), (0, False), ("1.0", True), (None, False), (True, True)])
def test_truths(cell: Any, expected: bool) -> None:
    assert truth(cell) is expected


def test_an_apostrophe_that_spreadsheets_were_given_is_no_part_of_a_text() -> None:
    assert (text_of("'=sum"), text_of("it's"), text_of(None)) == ("=sum", "it's", "")


@pytest.mark.parametrize("cell", ["1_0", "１", "١", "1e0", "-1", "9" * 400, "3.0", 7])
def test_a_whole_number_may_be_meant_in_a_form_that_is_refused(cell: Any) -> None:
    assert is_like_whole(cell)


@pytest.mark.parametrize("cell", ["train-7", "0.83", "1e-3", "run 5", "0x10", "", True])
def test_everyday_words_and_other_numbers_mean_no_whole_number(cell: Any) -> None:
    assert not is_like_whole(cell)


@pytest.mark.parametrize(
    ("cells", "commas"),
    [
        (("0,0035", "0,9", "12"), True),
        (("1,234", "2,345"), False),
        (("1,234", "2,3451"), True),
        (("0,0035", "0.9"), False),
        (("1.121,13",), True),
        (("a,b", "1"), False),
    ],
)
def test_commas_are_decimal_only_where_they_can_be_nothing_else(cells: tuple[str, ...], commas: bool) -> None:
    assert are_decimal_commas(cells) is commas


def test_points_that_group_digits_before_a_decimal_comma() -> None:
    assert number("1.121,13", decimal_comma=True) == 1121.13
    assert number("-1.234.567,5", decimal_comma=True) == -1234567.5
    assert isinstance(number("1.121,13"), Fault) and isinstance(number("1.12,13", decimal_comma=True), Fault)
