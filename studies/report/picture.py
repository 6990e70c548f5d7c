"""The answer of a report as one SVG file, for a README, a page of documentation or a slide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.comparison.exchange import from_json as comparison_from
from studies.figures.answer_picture import answer_image
from studies.figures.arm_answer import answer_image as arms_image
from studies.figures.drift import drift_info
from studies.language.trained_words import shown_contexts
from studies.report.figures import widest_space
from studies.report.stated import stated_detail
from studies.report.table1_page import reported_points
from studies.verdict.exchange import from_json


def render_picture(report: Mapping[str, Any]) -> str:
    """Each sweep's optimum with its 95 % interval beside the claim, or the arms or points side by side, in both themes.

    Args:
        report: what `studies.report.document` made.
    """
    if "comparison" in report:
        return arms_image(comparison_from(report["comparison"]))
    detail = stated_detail(report)
    if (table := reported_points(detail, report)) is not None:
        return table.image
    spec = detail.spec
    return answer_image(
        drift_info(from_json(report["verdict"]).sweeps, spec.claim, widest_space(report, spec), shown_contexts(spec))
    )
