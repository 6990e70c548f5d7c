"""No table of whatever names and cells breaks the reader: it is judged, or refused with places and cures."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from studies.errors import SpecError
from studies.foreign.asked import asked_of
from studies.foreign.csv_text import read_file

WORDS = (
    "eta alpha value lr config/lr params_momentum momentum val_acc val_loss accuracy loss run phase trial correct "
    "n_test diverged state status seed repeat fold epoch step block arm sweep cause context Name split0_test_score "
    "mean_test_score"
)
NAMES = st.sampled_from(["", *WORDS.split()])
CELLS: st.SearchStrategy[Any] = st.one_of(
    st.floats(0.0, 1.0),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**20), 10**20),
    st.none(),
    st.booleans(),
    st.sampled_from(["", "nan", "-inf", "0,5", "5%", "claim", "confirm", "COMPLETE", "finished", "a@b", "x", "1e400"]),
    st.text(max_size=4),
)
TABLES = st.lists(NAMES, min_size=3, max_size=8, unique=True).flatmap(
    lambda names: st.tuples(st.just(names), st.lists(st.tuples(*[CELLS] * len(names)), max_size=14))
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "measure": st.sampled_from(["val_acc", "val_loss:min", "value:max:real", "mean_test_score", "loss:minimize"]),
        "claim": st.sampled_from(["lr=0.1,momentum=0.9", "eta=0.1,alpha=0.5"]),
        "objective": st.sampled_from(["accuracy", "error", "own_loss", "epochs_to_target"]),
        "failed_as_diverged": st.booleans(),
    },
)


@settings(max_examples=300, deadline=None)
@given(TABLES, ASKED, st.sampled_from(["csv", "semicolons", "json"]))
def test_every_table_is_read_or_refused(
    table: tuple[list[str], list[tuple[Any, ...]]], asked: dict[str, Any], form: str
) -> None:
    names, rows = table
    if form == "json":
        content = json.dumps([dict(zip(names, row, strict=True)) for row in rows]).encode()
    else:
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=";" if form == "semicolons" else ",")
        writer.writerows([names, *rows])
        content = buffer.getvalue().encode("utf-8", "surrogatepass")
    try:
        read = read_file(content, *asked_of(asked))
    except SpecError as error:
        assert error.problems
        assert all(problem.text for problem in error.problems)
    else:
        assert read.table.rows
        assert all(count > 0 for count in read.left_out.values())
