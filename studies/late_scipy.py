"""Parts of SciPy, each loaded when it is first used.

Loading them takes about a fifth of a program's start, and most programs need none of them then: a worker has trials to
train, a command asks a service, a service answers while it loads them.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import Any

MODULES = ("scipy.linalg", "scipy.optimize", "scipy.spatial", "scipy.special", "scipy.stats")


def load() -> None:
    """Load them all, for a program that will judge sooner or later."""
    for module in MODULES:
        import_module(module)


class _Late:
    """Stands for a name in a module of SciPy: it is called, and its attributes are read, as those of the part itself.

    Args:
        module: the module's full name.
        name: the part's name there.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._part(*args, **options)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._part, attribute)

    @cached_property
    def _part(self) -> Any:
        return getattr(import_module(self._module), self._name)


binom, binomtest, chi2, f, hypergeom, mannwhitneyu, norm, qmc, rankdata, t, trim_mean = (
    _Late("scipy.stats", name)
    for name in (
        "binom",
        "binomtest",
        "chi2",
        "f",
        "hypergeom",
        "mannwhitneyu",
        "norm",
        "qmc",
        "rankdata",
        "t",
        "trim_mean",
    )
)
expit, fdtrc, ndtr, ndtri, stdtr, stdtrit = (
    _Late("scipy.special", name) for name in ("expit", "fdtrc", "ndtr", "ndtri", "stdtr", "stdtrit")
)
cho_solve, cholesky, solve_triangular = (
    _Late("scipy.linalg", name) for name in ("cho_solve", "cholesky", "solve_triangular")
)
least_squares, minimize = (_Late("scipy.optimize", name) for name in ("least_squares", "minimize"))
cKDTree = _Late("scipy.spatial", "cKDTree")
