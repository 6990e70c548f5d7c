"""Files by what is in them."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tracker_tables import keras_tuner

from studies.errors import SpecError
from studies.foreign.sources import records_of

LIST = [{"lr": 0.1, "val_acc": 0.9}, {"lr": 0.2, "val_acc": None, "note": "x"}]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(LIST),
        json.dumps({"rows": LIST}),
        json.dumps({"study": "x", "trials": LIST}),
        "\n".join(map(json.dumps, LIST)),
        "\ufeff" + json.dumps(LIST),
        json.dumps({"lr": [0.1, 0.2], "val_acc": [0.9, None], "note": [None, "x"]}),
        json.dumps({"lr": {"0": 0.1, "1": 0.2}, "val_acc": {"0": 0.9, "1": None}, "note": {"0": None, "1": "x"}}),
    ],
)
def test_json_in_several_shapes(content: str) -> None:
    records = records_of(content.encode())
    assert (records.columns, records.rows) == (("lr", "val_acc", "note"), [(0.1, 0.9, None), (0.2, None, "x")])
    assert records.places == ["row 1", "row 2"]


def test_objects_inside_rows_become_paths_and_observations_their_last_value() -> None:
    records = records_of(json.dumps(keras_tuner()[:2]).encode())
    row = dict(zip(records.columns, records.rows[0], strict=True))
    assert row["hyperparameters/values/learning_rate"] > 0.0
    assert row["metrics/metrics/val_accuracy"] == row["score"]


def test_parquet_without_its_lists() -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"lr": [0.1, 0.2], "curve": [[1.0], [2.0]], "seed": [1, 2]}), sink)
    records = records_of(sink.getvalue())
    assert (records.columns, records.rows) == (("lr", "seed"), [(0.1, 1), (0.2, 2)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "is a workbook or an archive; save the sheet as CSV"),
        (b"\x1f\x8brest", "is compressed; unpack it"),
        (b"SQLite format 3\0rest", "read it with --from-optuna sqlite:///FILE --study NAME"),
        (b"PAR1rest", "is not well-formed Parquet"),
        (b"[1, 2]", "holds no rows"),
        (b"[]", "holds no rows"),
        (b'{"a": 1}\n{"b"', "line 2: is not well-formed JSON"),
        (b"[" * 5_000, "is not well-formed JSON"),
    ],
)
def test_what_is_no_table(content: bytes, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        records_of(content)


def test_anything_else_is_read_as_csv() -> None:
    assert records_of(b"lr,val_acc\n0.1,0.9\n").places == ["line 2"]
