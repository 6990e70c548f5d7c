"""Trials from CSV text: the columns that are read, and every mistake named by line and column."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.errors import SpecError
from studies.foreign.csv_text import MAX_COLUMNS, ignored_columns, read_table
from studies.foreign.dialect import MAX_READ
from studies.foreign.evidence import evidence_of
from studies.foreign.rows import COLUMNS
from studies.foreign.table import TrialTable
from studies.language.claim import Claim
from studies.records import Cause


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "line 1, column eta", "is missing"),
        ("eta,alpha\n0.1,0.5", "line 1, column value", "is missing"),
        ("eta,alpha,value,eta\n", "line 1, column eta", "twice"),
        ("eta,alpha,value\n", "", "no rows"),
        ("eta,alpha,value\n0.1,0.5\n", "line 2", "2 cells"),
        ("eta,alpha,value\n0.1,x,0.5\n", "line 2, column alpha", "no number"),
        ("eta,alpha,value\n,0.5,0.5\n", "line 2, column eta", "is empty"),
        ("eta,alpha,value,phase\n0.1,0.5,nan,map\n", "line 2, column value", "not finite"),
        ("eta,alpha,value\n\n0.1,0.5,93\n", "line 3, column value", "divide percentages by 100"),
        ("eta,alpha,value\n0.1,0.5,\n", "line 2, column value", "mark the run as diverged"),
        ("eta,alpha,value\n0.1,1.0,0.5\n", "line 2, column alpha", "less than 1"),
        ("eta,alpha,value\n-1,0.5,0.5\n", "line 2, column eta", "greater than 0"),
        ("eta,alpha,value,fold\n0.1,0.5,0.5,1\n0.1,0.5,0.6,1.5\n", "line 3, column fold", "whole number"),
        (
            "eta,alpha,value,diverged\n0.1,0.5,0.5,no\n0.1,0.5,0.6,perhaps\n",
            "line 3, column diverged",
            "neither true nor",
        ),
        ('eta,alpha,value,loss\n1,0.5,0.5,a\n0.1,0.5,0.5,"=HYPERLINK()"\n', "line 3, column loss", "1 to 40 letters"),
    ],
)
def test_mistakes_are_named_by_line_and_column(text: str, place: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_table(text.encode(), {})
    assert caught.value.problems[0].field == place
    assert words in caught.value.problems[0].text


def test_csv_takes_other_separators_a_mark_and_unknown_columns() -> None:
    table = read_table(b"\xef\xbb\xbfnote; ETA ;alpha;value;diverged\nx;0.1;0.5;0.9;no\ny;0.2;0.5;;yes\n", {})
    assert [(row.eta, row.value, row.diverged) for row in table.rows] == [(0.1, 0.9, False), (0.2, None, True)]


@pytest.mark.parametrize(
    ("header", "column", "cure"),
    [
        ("eta,alpha,value,divergd", "divergd", "`diverged`"),
        ("eta,alpha,value,is_diverged", "is_diverged", "`diverged`"),
        ("eta,alpha,value,repeats", "repeats", "`repeat`"),
        ("eta,alpha,value,phse", "phse", "`phase`"),
        ("eta,alpha,value,blocks", "blocks", "`block`"),
    ],
)
def test_a_slip_in_a_columns_name_is_refused(header: str, column: str, cure: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_table(f"{header}\n0.1,0.5,0.9,1\n".encode(), {})
    assert caught.value.problems[0].field == f"line 1, column {column}"
    assert f"did you mean {cure}?" in caught.value.problems[0].text


def test_other_columns_are_reported_and_the_objectives_own_stands_in_for_the_value() -> None:
    content = b"eta,alpha,accuracy,beta,theta,train_loss,note\n0.1,0.5,0.9,1,2,3,x\n"
    assert ignored_columns(content, {}) == ("beta", "theta", "train_loss", "note")
    table = read_table(content, {})
    assert isinstance(table, TrialTable)
    assert [row.value for row in table.rows] == [0.9]
    with pytest.raises(SpecError, match="column value: is missing"):
        read_table(content, {"objective": "error"})
    own = dict.fromkeys(COLUMNS, "1") | {"loss": "sse", "context": "digits", "state": "COMPLETE", "phase": "map"}
    own |= {"eta": "0.1", "alpha": "0.5", "value": "0.5", "n_test": "2", "arm": "best", "cause": ""}
    own |= {"diverged": "", "context": "digits"}
    assert set(ignored_columns("\n".join((",".join(own), ",".join(own.values()))).encode(), {})) == set()


def test_an_exports_columns_name_loss_context_and_divergence() -> None:
    content = b"eta,alpha,accuracy,sweep,diverged_at\n0.1,0.5,0.9,sse@digits,\n0.9,0.9,,sse@digits,3\n"
    table = read_table(content, {})
    assert [(row.loss, row.context, row.diverged) for row in table.rows] == [
        ("sse", "digits", False),
        ("sse", "digits", True),
    ]


def test_an_exports_causes_are_kept_and_empty_ones_are_unknown() -> None:
    lines = [
        "eta,alpha,accuracy,sweep,diverged_at,cause",
        "0.1,0.5,0.9,sse@digits,,",
        "0.9,0.9,,sse@digits,3,untrained",
    ]
    table = read_table("\n".join([*lines, "0.8,0.9,,sse@digits,3,"]).encode(), {})
    assert [row.cause for row in table.rows] == [None, Cause.UNTRAINED, None]
    ((context, loss), rows), *_ = table.sweeps.items()
    runs = evidence_of(table, Claim(), context, loss, rows).runs
    assert runs.cause.tolist() == ["", "untrained", "chance"]
    with pytest.raises(SpecError, match="is untrained, but the run is not marked as diverged") as caught:
        read_table("\n".join([lines[0], "0.1,0.5,0.9,sse@digits,,untrained"]).encode(), {})
    assert [problem.field for problem in caught.value.problems] == ["line 2, column cause"]


@pytest.mark.parametrize("name", ["case", "clause", "because", "causes"])
def test_a_column_that_merely_looks_like_a_cause_is_ignored(name: str) -> None:
    assert len(read_table(f"eta,alpha,value,{name}\n0.1,0.5,0.9,3\n".encode(), {}).rows) == 1


def test_every_wrong_cell_is_a_problem_and_twenty_are_listed() -> None:
    text = "eta,alpha,value\n" + "".join(f"0.{i},x,0.5\n" for i in range(10, 35))
    with pytest.raises(SpecError) as caught:
        read_table(text.encode(), {})
    problems = caught.value.problem_list
    assert [problem.field for problem in problems.listed] == [f"line {i}, column alpha" for i in range(2, 22)]
    assert problems.unlisted == 5


def test_every_row_that_contradicts_the_claim_is_a_problem_at_its_line() -> None:
    text = "eta,alpha,value\n" + "".join(f"0.{i},0.5,93\n" for i in range(10, 35))
    with pytest.raises(SpecError) as caught:
        read_table(text.encode(), {})
    assert [problem.field for problem in caught.value.problems] == [f"line {i}, column value" for i in range(2, 27)]
    assert caught.value.problem_list.lines()[-1] == "and 5 more"


@pytest.mark.parametrize("line", ["0.1,0.5,0.5\n", "0.1\n"])
def test_too_many_rows_are_refused_whether_well_formed_or_not(line: str) -> None:
    with pytest.raises(SpecError, match="more than 100,000 rows") as caught:
        read_table(("eta,alpha,value\n" + line * (MAX_READ + 1)).encode(), {})
    assert [problem.field for problem in caught.value.problems] == [f"line {MAX_READ + 2}"]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with pytest.raises(SpecError):
        read_table(content, {})


@pytest.mark.parametrize("cell", ["1_0", "１０", "٣", "1\u00a0", "0x10", "1e", "1,5,5", "1 000", "\u22121", "²"])
@pytest.mark.parametrize("column", ["eta", "fold"])
def test_numbers_are_those_that_tables_write(column: str, cell: str) -> None:
    row = {"eta": "0.1", "alpha": "0.5", "value": "0.5", "fold": "1"}
    lines = (";".join(cells.values()) for cells in (row, {**row, column: cell}))
    with pytest.raises(SpecError) as caught:
        read_table("\n".join(("eta;alpha;value;fold", *lines)).encode(), {})
    (problem,) = caught.value.problems
    assert problem.field == f"line 3, column {column}"
    assert problem.text.endswith("number; write one in the digits 0 to 9")


@pytest.mark.parametrize("cell", ["0.5", ".5", "5.e-1", "+0.5", "5E-01", " 0.5\t", "0.50000000000000000000000000000"])
def test_the_ways_to_write_a_number(cell: str) -> None:
    assert read_table(f"eta;alpha;value\n0.1;0.5;{cell}\n".encode(), {}).rows[0].value == 0.5


@pytest.mark.parametrize("digits", [310, 400, 4_300, 5_000])
@pytest.mark.parametrize("column", ["eta", "fold"])
def test_numbers_without_an_end(column: str, digits: int) -> None:
    row = {"eta": "0.1", "alpha": "0.5", "value": "0.5", "fold": "1"}
    lines = (",".join(cells.values()) for cells in (row, {**row, column: "9" * digits}))
    with pytest.raises(
        SpecError, match=rf"line 3, column {column}: '9+\.\.\.' has {digits:,} characters; a .* most 100"
    ):
        read_table("\n".join(("eta,alpha,value,fold", *lines)).encode(), {})


@pytest.mark.parametrize("cell", ["nan", "inf", "Infinity", "1e999", "9" * 95 + "e300"])
def test_numbers_that_are_not_finite(cell: str) -> None:
    with pytest.raises(SpecError, match=r"column value: '.*' is not finite; leave it empty and mark the run"):
        read_table(f"eta,alpha,value,phase\n0.1,0.5,{cell},map\n".encode(), {})


def test_columns_are_counted_before_their_names_are_read() -> None:
    many = ",".join(f"fold{n}" for n in range(MAX_COLUMNS - 3))
    with pytest.raises(SpecError, match="did you mean `fold`"):
        read_table(f"eta,alpha,value,{many}\n".encode(), {})
    with pytest.raises(SpecError, match="line 1: has 501 columns, more than 500; leave out"):
        read_table(f"eta,alpha,value,{many},more\n".encode(), {})
    with pytest.raises(SpecError, match="line 3: has 503 columns"):
        ignored = f"eta,alpha,value\n0.1,0.5,0.5\n0.1,0.5,0.5{',' * 500}\n"
        read_table(ignored.encode(), {})
