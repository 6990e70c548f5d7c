"""Shared by pages and reports: a strict template environment that writes numbers for readers, and JSON safe in HTML."""

from __future__ import annotations

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from studies.figures import numbers
from studies.figures.arm_table import paper_differences
from studies.figures.outcome_signs import SIGNS
from studies.figures.parameters import near_words, shown
from studies.figures.run_outcomes import MEANINGS
from studies.figures.slices import BAND_NOTE
from studies.figures.statements import SHORT, edge_note
from studies.language import loss_names
from studies.language.objective_names import response_unit
from studies.language.trained_words import notes, shown_context, trained_in_common
from studies.text import escaped_json, printable


def environment(loader: BaseLoader) -> Environment:
    """Everything escaped, a missing name is an error, numbers by the filters of `numbers`.

    Beside the loader's templates there is `answers.html.j2`: a verdict's answers, drawn alike by pages and reports.
    """
    made = Environment(
        loader=ChoiceLoader([loader, PackageLoader("studies.figures", ".")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=numbers.number,
        momentum=numbers.momentum,
        percent=numbers.percent,
        p_value=numbers.p_value,
        signed=numbers.signed,
        span=numbers.span,
        momentum_span=numbers.momentum_span,
        response_unit=response_unit,
        loss=loss_names.label,
        loss_phrase=loss_names.phrase,
        edge=edge_note,
        paper_differences=paper_differences,
    )
    made.globals.update(
        signs=SIGNS,
        meanings=MEANINGS,
        short_names=SHORT,
        shown_parameters=shown,
        near_words=near_words,
        shown_context=shown_context,
        trained_in_common=trained_in_common,
        training_notes=notes,
        band_note=BAND_NOTE,
    )
    return made


def embedded(json_text: str) -> Markup:
    """JSON text that cannot end the script element it stands in, nor turn the page's text round."""
    json_text = escaped_json(json_text)
    return Markup(json_text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _visible(value: object) -> object:
    """A value as it is written into a page: texts of earlier releases may have characters that no one sees."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else printable(value, keep="\n\t")
