"""The package itself: small, lazy, without tensors and web frameworks."""

from __future__ import annotations

import subprocess
import sys

import pytest

import golden_study

HEAVY = ("torch", "fastapi", "uvicorn", "starlette", "sklearn", "optuna", "sqlalchemy", "numpy")
PROGRAM = """
import sys
import golden_study
loaded = [name for name in {heavy} if name in sys.modules]
assert not loaded, loaded
golden_study.LocateSampler, golden_study.judge, golden_study.Verdict
loaded = [name for name in {heavy}[:5] if name in sys.modules]
assert not loaded, loaded
"""


def test_importing_it_loads_nothing_and_using_it_neither_torch_nor_the_service() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there_and_no_other() -> None:
    for name in golden_study.__all__:
        assert getattr(golden_study, name).__name__ == name and name in dir(golden_study)
    with pytest.raises(AttributeError, match="no attribute 'locat'"):
        _ = golden_study.locat
