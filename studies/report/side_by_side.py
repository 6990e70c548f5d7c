"""Two verdicts on the same trainings side by side, by an earlier analysis and by a later one: what changed, and why.

Pure functions of two `StudyVerdict` records; `render_beside` puts them on a page that needs nothing but itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from studies.figures.numbers import NONE, momentum, momentum_span, number, percent, span
from studies.figures.outcome_signs import SIGNS
from studies.figures.run_outcomes import outcome_rows
from studies.figures.statements import StatementLine, statement_lines
from studies.figures.templates import environment
from studies.language.claim import Claim
from studies.language.objective_names import response_unit
from studies.verdict.answers import RunOutcome
from studies.verdict.model import LEVEL, Interval, StudyVerdict, SweepVerdict
from studies.verdict.names import judged_by
from studies.verdict.wording_amounts import amount

SAME = 0.01  # numbers that differ by less than this share are shown as unchanged


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a verdict under both analyses."""

    field: str
    old: str
    new: str
    changed: bool
    said: str  # what changed and why; "" where nothing did


@dataclass(frozen=True, slots=True)
class SweepBeside:
    """One sweep under both analyses."""

    old: SweepVerdict
    new: SweepVerdict
    changes: tuple[Change, ...]
    lines: tuple[StatementLine, ...]  # the new analysis' statements; none where it has none


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A study under both analyses."""

    old: StudyVerdict
    new: StudyVerdict
    said: str  # the study's answers in one sentence
    sweeps: tuple[SweepBeside, ...]


def side_by_side(old: StudyVerdict, new: StudyVerdict, claim: Claim | None = None) -> SideBySide:
    """Compare two verdicts on one study, field by field.

    Args:
        old: by the earlier analysis.
        new: by the later one, on the same rows.
        claim: what was claimed, for the sentences.

    Raises:
        ValueError: they are not about the same claim, objective and sweeps.
    """
    for field, a, b in (
        ("study", old.study, new.study),
        ("claim", old.claim_hash, new.claim_hash),
        ("objective", old.objective, new.objective),
        ("sweeps", [s.sweep for s in old.sweeps], [s.sweep for s in new.sweeps]),
    ):
        if a != b:
            raise ValueError(f"{field}: the two verdicts are about different ones, {a} and {b}")
    sweeps = (_beside(a, b, claim) for a, b in zip(old.sweeps, new.sweeps, strict=True))
    return SideBySide(old, new, _said(old, new), tuple(sweeps))


def render_beside(found: SideBySide, title: str) -> str:
    """The comparison as one HTML file that opens offline.

    Args:
        found: from `side_by_side`.
        title: of the study.
    """
    style = _text("studies.report", "report.css") + _text("studies.figures", "answers.css")
    return _environment().get_template("side_by_side.html.j2").render(found=found, title=title, style=Markup(style))


def _said(old: StudyVerdict, new: StudyVerdict) -> str:
    before, after = f"analysis {old.analysis_version}", f"analysis {new.analysis_version}"
    if old.outcome is new.outcome:
        return f"{new.outcome.capitalize()} under {before} and under {after}."
    return f"{old.outcome.capitalize()} under {before}, {new.outcome} under {after}."


def _beside(old: SweepVerdict, new: SweepVerdict, claim: Claim | None) -> SweepBeside:
    changes = tuple(_change(field, old, new) for field in FIELDS)
    return SweepBeside(
        old, new, tuple(c for c in changes if (c.old, c.new) != (NONE, NONE)), statement_lines(new, claim)
    )


@dataclass(frozen=True, slots=True)
class _Field:
    """A field as it is shown, and a sentence on its change."""

    name: str
    shown: Callable[[SweepVerdict], str]
    why: Callable[[SweepVerdict, SweepVerdict], str]
    value: Callable[[SweepVerdict], float | None] | None = None  # by which it counts as unchanged


def _change(field: _Field, old: SweepVerdict, new: SweepVerdict) -> Change:
    before, after = field.shown(old), field.shown(new)
    changed = before != after if (near := _near(field, old, new)) is None else not near
    return Change(field.name, before, after, changed, field.why(old, new) if changed else "")


def _near(field: _Field, old: SweepVerdict, new: SweepVerdict) -> bool | None:
    """Whether a field's numbers are the same but for rounding; None where it has no two numbers."""
    a, b = (None, None) if field.value is None else (field.value(old), field.value(new))
    return None if a is None or b is None else abs(a - b) <= SAME * max(abs(a), abs(b))


def _codes(verdict: SweepVerdict) -> str:
    return ", ".join(reason.code.replace("_", " ") for reason in verdict.reasons) or NONE


def _why_outcome(old: SweepVerdict, new: SweepVerdict) -> str:
    text = new.reasons[0].text if new.reasons else ""
    return f"It was {old.outcome} ({_codes(old)}). {text}".strip()


def _why_codes(old: SweepVerdict, new: SweepVerdict) -> str:
    return new.reasons[0].text if new.reasons and old.outcome is new.outcome else "As the verdict says."


def _ratio(name: str, a: float | None, b: float | None) -> str:
    """Say by which factor a number fell or grew; "" where there is none."""
    if not a or not b:
        return ""
    return f"{name} fell to 1/{number(a / b, 2)} of what it was" if b < a else f"{name} grew {number(b / a, 2)} times"


def _why_sigma(old: SweepVerdict, new: SweepVerdict) -> str:
    how = (
        "by an estimator of bounded influence, from the paired blocks first" if new.answers else "by another estimator"
    )
    return _joined(_ratio("The deviation σ", old.sigma, new.sigma), f"it is estimated {how}")


def _why_margin(old: SweepVerdict, new: SweepVerdict) -> str:
    return _joined(_ratio("The margin", old.margin, new.margin), "it follows σ")


def _why_place(old: SweepVerdict, new: SweepVerdict) -> str:
    return "Runs that did not train are left out of the surface." if new.answers else "The surface is another one."


def _region(verdict: SweepVerdict) -> float | None:
    """Share of the drawn grid that the 95 % region takes."""
    if verdict.region is None:
        return None
    values = [p for row in verdict.region.p for p in row]
    return sum(p is not None and p > LEVEL for p in values) / len(values) if values else None


def _why_region(old: SweepVerdict, new: SweepVerdict) -> str:
    how = "it joins the polynomial's region and the Gaussian process'" if new.answers else "it is found otherwise"
    a, b = _region(old), _region(new)
    grew = "" if a is None or b is None else f"The region {'grew' if b > a else 'shrank'}"
    return _joined(grew, how)


def _failed(verdict: SweepVerdict) -> str:
    if verdict.answers is None:
        return f"{percent(verdict.diverged_share, 1)} at chance or broken" if verdict.runs else NONE
    every = outcome_rows(verdict.answers)[1].counts
    return ", ".join(f"{count} {SIGNS[name].word}" for name, count in every if name != RunOutcome.TRAINED)


def _why_failed(old: SweepVerdict, new: SweepVerdict) -> str:
    return "Runs that did not train are told apart by their cause." if new.answers else ""


def _gap(verdict: SweepVerdict) -> Interval | None:
    best = next((c for c in verdict.comparisons if c.arm == "best"), None)
    if best is None:
        return None
    return best.difference if best.difference_points.estimate is None else best.difference_points


def _gap_shown(verdict: SweepVerdict) -> str:
    gap = _gap(verdict)
    return NONE if gap is None else f"{number(gap.estimate, 2)} ({span(gap, 2)})"


def _why_gap(old: SweepVerdict, new: SweepVerdict) -> str:
    return "Pairs in which a run did not train are left out; their share is compared apart." if new.answers else ""


def _joined(first: str, second: str) -> str:
    """Two clauses as one sentence."""
    text = f"{first}: {second}" if first else second
    return f"{text[:1].upper()}{text[1:]}."


def _sigma(verdict: SweepVerdict) -> str:
    """The deviation of a run by its seeds, with its unit."""
    return NONE if verdict.sigma is None else f"{number(verdict.sigma)} {response_unit(judged_by(verdict))}"


FIELDS = (
    _Field("Verdict", lambda v: str(v.outcome), _why_outcome),
    _Field("Reasons", _codes, _why_codes),
    _Field("Runs that did not train", _failed, _why_failed),
    _Field("σ of the seeds", _sigma, _why_sigma, lambda v: v.sigma),
    _Field("Margin", lambda v: amount(v.margin, v.margin_points, judged_by(v)), _why_margin, lambda v: v.margin),
    _Field("Best minus claim", _gap_shown, _why_gap, lambda v: gap.estimate if (gap := _gap(v)) else None),
    _Field("Optimum’s η", lambda v: _place(v.eta, number, span), _why_place, lambda v: v.eta.estimate),
    _Field("Optimum’s α", lambda v: _place(v.alpha, momentum, momentum_span), _why_place, lambda v: v.alpha.estimate),
    _Field("95 % region, share of the grid", lambda v: percent(_region(v), 1), _why_region, _region),
)


def _place(value: Interval, shown: Callable[[float | None], str], ends: Callable[[Interval], str]) -> str:
    return NONE if value.estimate is None else f"{shown(value.estimate)} ({ends(value)})"


def _text(package: str, name: str) -> str:
    return (resources.files(package) / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    return environment(PackageLoader("studies.report", "."))
