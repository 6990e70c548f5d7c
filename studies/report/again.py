"""A report's rows judged by two analyses: the document's own and another one. Nothing is trained, nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from studies.errors import Problem, SpecError
from studies.language.spec import StudySpec, restored, sweep_name
from studies.report.sweeps import evidence_in
from studies.verdict.decide import decide_study
from studies.verdict.methods import METHODS
from studies.verdict.model import StudyVerdict


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """A study's verdict by the analysis with which it was frozen, and by another."""

    spec: StudySpec
    own: StudyVerdict
    again: StudyVerdict


def judged_again(report: Mapping[str, Any], analysis: int) -> JudgedAgain:
    """Judge a report's rows by its document's own analysis and by another.

    The rows are taken as they stand: `verify_report` holds them against the plan.

    Args:
        report: what `build_report` made.
        analysis: version of the other analysis.

    Raises:
        SpecError: this program has no such analysis, or the values are no report.
    """
    if analysis not in METHODS:
        raise SpecError([Problem("analysis", f"is {analysis}; this program has {', '.join(map(str, METHODS))}")])
    try:
        spec = restored(report["spec"])
        planned = [sweep_name(loss, context.name) for context in spec.contexts for loss in spec.losses]
        if [sweep["name"] for sweep in report["sweeps"]] != planned:
            raise ValueError(f"sweeps are not those of its document, {', '.join(planned)}")
        rows = [replace(row, objective=report["verdict"]["objective"]) for row in evidence_in(spec, report)]
        verdicts = [
            decide_study(spec.name, spec.claim_hash, [replace(row, analysis=version) for row in rows])
            for version in (spec.analysis_version, analysis)
        ]
    except SpecError as error:
        problems = [Problem(f"spec.{problem.field}".rstrip("."), problem.text) for problem in error.problems]
        raise SpecError(problems, error.unlisted) from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise SpecError([Problem("", f"is not a report of this program: {type(error).__name__}: {error}")]) from error
    return JudgedAgain(spec, *verdicts)
