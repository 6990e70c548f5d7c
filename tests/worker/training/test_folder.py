"""Files of a folder by their names, none other imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from worker.training.folder import file_named, names_in


def test_files_are_listed_in_order_without_helpers(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "_helper.py", "notes.txt"):
        (tmp_path / name).touch()
    assert names_in([str(tmp_path)]) == ("a", "b")


def test_a_name_that_is_not_listed_is_refused_unimported() -> None:
    with pytest.raises(ValueError, match=r"`update_rule` must be one of sgd, adam, got 'graph'"):
        file_named("graph", ("sgd", "adam"), "worker.training", "update_rule")
    assert file_named("memory", ("memory",), "worker.training", "x") is sys.modules["worker.training.memory"]
