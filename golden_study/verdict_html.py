"""A verdict as a piece of a notebook: self-contained, light and dark, every text escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from studies.figures.numbers import number
from studies.figures.statements import StatementLine
from studies.verdict.model import Interval

MOST_REMARKS = 8
MARKS = {"yes": "✔ yes", "no": "✘ no", "undecided": "? undecided"}
LIGHT = "--ink:#17202b;--muted:#586574;--line:#e1e6eb;--surface:#fff;--yes:#0a6b62;--no:#a8371f;--open:#4d5b6b"
DARK = "--ink:#e6ebf1;--muted:#9aa7b5;--line:#26303b;--surface:#141b23;--yes:#5fd0c0;--no:#f29a86;--open:#aab6c3"
COLOURS = {"supported": "yes", "refuted": "no", "yes": "yes", "no": "no"}
STYLE = f"""
.golden-verdict{{{LIGHT};color:var(--ink);background:var(--surface);border:1px solid var(--line);border-radius:10px;
padding:14px 18px;max-width:62rem;font:14px/1.5 ui-sans-serif,system-ui,sans-serif;text-align:left}}
@media (prefers-color-scheme:dark){{.golden-verdict{{{DARK}}}}}
[data-jp-theme-light="true"] .golden-verdict,.vscode-light .golden-verdict{{{LIGHT}}}
[data-jp-theme-light="false"] .golden-verdict,.vscode-dark .golden-verdict,
html[theme="dark"] .golden-verdict{{{DARK}}}
.golden-verdict p{{margin:6px 0}}
.golden-verdict table{{border-collapse:collapse;margin:8px 0;color:inherit;background:transparent}}
.golden-verdict th,.golden-verdict td{{text-align:left;padding:3px 14px 3px 0;border-bottom:1px solid var(--line);
color:inherit;background:transparent}}
.golden-verdict .muted{{color:var(--muted)}}
.golden-verdict .yes{{color:var(--yes);font-weight:600}}
.golden-verdict .no{{color:var(--no);font-weight:600}}
.golden-verdict .open{{color:var(--open);font-weight:600}}
"""


def render(
    study: str,
    outcome: str,
    sentence: str,
    *,
    statements: Sequence[StatementLine],
    place: Mapping[str, Interval],
    remarks: Sequence[str],
) -> str:
    """The verdict as HTML; the arguments are the fields of `Verdict`, `remarks` come last."""
    notes = "".join(f'<p class="muted">{escape(remark)}</p>' for remark in remarks[:MOST_REMARKS])
    return (
        f'<div class="golden-verdict"><style>{STYLE}</style>'
        f'<p><span class="{COLOURS.get(outcome, "open")}">{escape(outcome)}</span> '
        f'<span class="muted">{escape(study)}</span></p>'
        f"<p>{escape(sentence)}</p>{_statements(statements)}{_places(place)}{notes}</div>"
    )


def _statements(lines: Sequence[StatementLine]) -> str:
    rows = "".join(
        f"<tr><td>{escape(line.question)}</td>"
        f'<td class="{COLOURS.get(line.answer.value, "open")}">{MARKS[line.answer.value]}</td>'
        f"<td>{escape(line.number)}</td></tr>"
        for line in lines
    )
    return f"<table><tr><th>statement</th><th>answer</th><th>by how much</th></tr>{rows}</table>" if rows else ""


def _places(places: Mapping[str, Interval]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{_number(place.estimate)}</td><td>{_range(place)}</td></tr>"
        for name, place in places.items()
    )
    return f"<table><tr><th>optimum</th><th>estimate</th><th>95 %</th></tr>{rows}</table>" if rows else ""


def _range(place: Interval) -> str:
    return "–" if place.low is None or place.high is None else f"{_number(place.low)} to {_number(place.high)}"


def _number(value: float | None) -> str:
    return "–" if value is None else escape(number(value))
