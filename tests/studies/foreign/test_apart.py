"""Settings that may make several contexts of what is judged as one."""

from __future__ import annotations

import pytest

from studies.foreign.asked import asked_of
from studies.foreign.csv_text import read_csv

HEAD = "config.lr,config.momentum,val_acc"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("config.batch_size", (32, 64), "config.batch_size takes 2 values (32, 64): these may be 2 contexts"),
        ("config.batch_size", (32,), ""),
        ("config.batch_size", range(8), ""),
        ("config.seed", (1, 2), ""),
        ("context", ("a", "b"), ""),
        ("batch_size", (32, 64), ""),
    ],
)
def test_a_setting_of_few_values_is_named(name: str, values: tuple[object, ...], said: str) -> None:
    rows = [f"{0.001 * (i + 1)},{0.5 + 0.02 * i},{0.8 + 0.01 * i},{values[i % len(values)]}" for i in range(16)]
    found = read_csv("\n".join((f"{HEAD},{name}", *rows)).encode(), *asked_of({"measure": "val_acc"}))
    notes = " ".join(found.notes)
    assert (said in notes) if said else ("contexts" not in notes)
