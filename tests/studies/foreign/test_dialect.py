"""CSV as spreadsheets and tools write it."""

from __future__ import annotations

import pytest

from studies.errors import SpecError
from studies.foreign.dialect import OTHER_WIDTH, csv_records

ROWS = [("0.1", "0.5", "0.9"), ("0.2", "0.6", "0.8")]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("eta,alpha,value\n0.1,0.5,0.9\n0.2,0.6,0.8\n", 2),
        ("eta;alpha;value\n0.1;0.5;0.9\n0.2;0.6;0.8\n", 2),
        ("eta\talpha\tvalue\r\n0.1\t0.5\t0.9\r\n0.2\t0.6\t0.8", 2),
        ("eta|alpha|value\r0.1|0.5|0.9\r0.2|0.6|0.8", 2),
        ("sep=;\neta;alpha;value\n0.1;0.5;0.9\n0.2;0.6;0.8\n", 3),
        ("# made by hand, in May, by me\n\neta,alpha,value\n0.1,0.5,0.9\n# half-time\n0.2,0.6,0.8\n", 4),
        ("# eta,alpha,value\n0.1,0.5,0.9\n0.2,0.6,0.8\n", 2),
        ("eta,alpha,value,\n0.1,0.5,0.9,\n0.2,0.6,0.8,,\n", 2),
        ("eta,alpha,value\n0.1,0.5,0.9,\n0.2,0.6,0.8\n", 2),
        ('"eta","alpha","value"\n"0.1","0.5","0.9"\n"0.2","0.6","0.8"\n', 2),
        ("eta;alpha;value;note, or remark\n0.1;0.5;0.9;a,b,c,d,e\n0.2;0.6;0.8;", 2),
    ],
)
def test_one_table_in_many_dialects(text: str, first: int) -> None:
    records = csv_records(text.encode())
    assert records.columns[:3] == ("eta", "alpha", "value")
    assert [tuple(cell.strip() for cell in row[:3]) for row in records.rows] == ROWS
    assert records.places[0] == f"line {first}"
    assert records.odd == ()


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("eta\talpha\n1\t2".encode("utf-16"), ""),
        (b"\xef\xbb\xbfeta,alpha\n1,2", ""),
        ("eta,alpha,Qualität\n1,2,größer".encode("cp1252"), "Windows-1252"),
    ],
)
def test_encodings(content: bytes, note: str) -> None:
    records = csv_records(content)
    assert (records.columns[:2], len(records.rows)) == (("eta", "alpha"), 1)
    assert note in " ".join(records.said)


def test_binary_data_is_no_text() -> None:
    with pytest.raises(SpecError, match="not UTF-8 text"):
        csv_records(b"\x00\x01\xff\xfe,\x80")


def test_a_row_of_another_width_is_odd_and_decimal_commas_are_suspected() -> None:
    records = csv_records(b"eta,alpha,value\n0,1,0,5,0,9\n0.2,0.6,0.8\n1,2\n")
    assert [row.reason for row in records.odd] == [OTHER_WIDTH] * 2
    texts = [str(row.problem) for row in records.odd]
    assert texts[0].startswith("line 2: has 6 cells, the header names 3 columns; numbers with decimal commas need")
    assert texts[1] == "line 4: has 2 cells, the header names 3 columns"


def test_a_row_whose_first_cell_begins_with_a_hash_is_a_row() -> None:
    assert len(csv_records(b"Name,eta,alpha\n#12 run,0.1,0.5\n").rows) == 1


def test_commas_are_decimal_only_where_another_separator_stands() -> None:
    assert csv_records(b"eta;alpha\n1;2").decimal_comma
    assert not csv_records(b"eta,alpha\n1,2").decimal_comma
