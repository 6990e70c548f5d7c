"""The decision on a sweep from its findings, by whichever rule its analysis has: the one way in for every caller.

analysis   tests                 rule
4          `Findings`            `rules.decide`
5          `grounds.Grounds`     the printed table: `conjunction`, applied by `answer.decision_of`
"""

from __future__ import annotations

from studies.verdict.answer import decision_of
from studies.verdict.findings import Findings
from studies.verdict.forecast import needed
from studies.verdict.forecast_statements import needed_by_statements
from studies.verdict.grounds import Grounds, gathered
from studies.verdict.model import Needed
from studies.verdict.rules import Decision, decide
from studies.verdict.statements import Raised


def tests_of(findings: Findings) -> Findings | Grounds:
    """The tests by which a sweep is judged; both kinds have `support()` and `refute()`."""
    return gathered(findings) if findings.evidence.method.statements else findings


def decision(tests: Findings | Grounds, p_support: float | None, p_refute: float | None) -> Decision:
    """The decision on a sweep.

    Args:
        tests: from `tests_of`.
        p_support: `tests.support()`, adjusted where the sweep shares its level with others.
        p_refute: `tests.refute()`, likewise.
    """
    if isinstance(tests, Grounds):
        return decision_of(tests, raised(tests, p_support, p_refute))
    return decide(tests, p_support=p_support, p_refute=p_refute)


def raised(grounds: Grounds, p_support: float | None, p_refute: float | None) -> Raised:
    """The factors by which an adjustment raised a sweep's p-values."""
    return Raised.of((grounds.support(), p_support), (grounds.refute(), p_refute))


def wanted(tests: Findings | Grounds, decided: Decision) -> Needed | None:
    """Further data that would decide; None where decided, or where more of the same is not what is missing."""
    return needed_by_statements(tests, decided) if isinstance(tests, Grounds) else needed(tests, decided)
