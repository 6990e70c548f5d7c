"""The analyses by version: settings in which they differ, so that a stored study is judged as when it was frozen.

    version   documents          in short
    4         schema 1 and 2     every run counts alike; the polynomial's region; p-values of one best point
    5         schema 3           runs that do not train are an outcome of their own; a region by two methods; three
                                 statements whose conjunction is the verdict

A function of the verdict or of the plan that differs between versions reads `evidence.method`, never a version number.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """One analysis version."""

    version: int
    typical: bool  # surface, pairs and sigma speak of runs that train; collapse is tested apart
    union_region: bool  # the optimum's region joins the polynomial's and the process', near runs alone
    own_ridge: bool  # ridge mates lie on the claim's ridge, not on the golden point's
    statements: bool  # three statements and their conjunction, in place of the rule of version 4


METHODS = {
    4: Method(version=4, typical=False, union_region=False, own_ridge=False, statements=False),
    5: Method(version=5, typical=True, union_region=True, own_ridge=True, statements=True),
}


def method_of(version: int) -> Method:
    """The analysis of this version.

    Raises:
        ValueError: this program has no such analysis.
    """
    if version not in METHODS:
        raise ValueError(f"analysis_version is {version}, this program has {', '.join(map(str, METHODS))}")
    return METHODS[version]
