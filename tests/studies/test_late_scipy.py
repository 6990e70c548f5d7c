"""SciPy is loaded when something is computed with it, and computes what it always does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.stats

from studies import late_scipy
from studies.late_scipy import cKDTree, norm, qmc, rankdata
from studies.verdict import huber
from studies.verdict.model import LEVEL, QUANTILE


def test_every_part_is_there() -> None:
    parts = {name: part for name, part in vars(late_scipy).items() if isinstance(part, late_scipy._Late)}
    assert len(parts) > 15
    for name, part in parts.items():
        assert callable(part._part) or part._part.Sobol
        assert part._name == name and part._module in late_scipy.MODULES


def test_parts_do_what_they_stand_for() -> None:
    assert norm.isf(0.025) == scipy.stats.norm.isf(0.025)
    assert rankdata([3.0, 1.0, 1.0]).tolist() == [3.0, 1.5, 1.5]
    assert qmc.Sobol(d=2, rng=1).random(2).shape == (2, 2)
    assert cKDTree(np.eye(2)).query([1.0, 0.1])[1] == 0
    with pytest.raises(AttributeError):
        _ = norm.no_such_function


def test_quantiles_that_are_written_out_are_scipys() -> None:
    assert scipy.stats.norm.isf(LEVEL / 2) == QUANTILE
    assert 1.0 / scipy.stats.norm.ppf(0.75) == huber.TO_NORMAL


@pytest.mark.parametrize(
    "modules", ["service.app, service.server, service.commands.root", "worker.process, worker.main"]
)
def test_no_program_loads_it_to_start(modules: str) -> None:
    code = f"import sys, {modules}; print([name for name in sys.modules if name.split('.')[0] == 'scipy'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
