"""Measures that people have, by the rules that a verdict has for its objectives.

    kind       larger is better                      smaller is better
    share      accuracy                              error
    percent    accuracy of value / 100               error of value / 100
    positive   own_loss of 1 / value                 own_loss of value
    real       own_loss of exp(-value / unit)        own_loss of exp(value / unit)

Every response is a logarithm (`studies.verdict.response`), so that a reciprocal turns a positive measure round and
changes nothing else, and a real one enters as it is, in units of its spread. Values that are all negative are taken
with the other sign and the other direction: a maximised -loss is a loss.

A direction is stated (`NAME:maximize`), stated by the source (Optuna's study), or follows from a usual name such as
val_loss. It is never guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

import numpy as np

from studies.errors import Problem, SpecError
from studies.language.claim import OBJECTIVES, ClaimObjective, Objective

Kind = Literal["share", "percent", "positive", "real"]
KINDS: tuple[Kind, ...] = get_args(Kind)
DIRECTIONS = {"maximize": True, "maximise": True, "max": True, "minimize": False, "minimise": False, "min": False}
MAXIMISED = ("accuracy",)  # objectives of which larger values are better
LARGER = frozenset(
    {"acc", "accuracy", "auc", "auroc", "f1", "precision", "recall", "iou", "miou", "dice", "bleu", "reward", "top1"}
    | {"return", "r2", "score", "psnr", "ssim", "map", "ndcg", "top5"}
)
SMALLER = frozenset(
    {"loss", "error", "err", "mse", "rmse", "mae", "nll", "perplexity", "ppl", "wer", "cer", "fid", "entropy", "regret"}
)
SHARES = frozenset(
    {"acc", "accuracy", "auc", "auroc", "f1", "precision", "recall", "iou", "miou", "dice", "top1", "top5"}
)
ERRORS = frozenset({"error", "err"})
MOST_ODD = 0.1  # share of values outside the range of a kind that may be left out; more mean another kind
STEEPEST = 25.0  # units either side of the middle: what lies beyond counts as lying there


@dataclass(frozen=True, slots=True)
class Measure:
    """What trainings are judged by, as a user names it. None: not stated."""

    name: str
    maximised: bool | None = None
    kind: Kind | None = None
    cases: int | None = None  # test cases behind each share, where they are stated


@dataclass(frozen=True, slots=True)
class Scoring:
    """The objective by whose rules a measure is judged, and how its values become that objective's.

    Attributes:
        objective: one of `studies.language.claim.OBJECTIVES`.
        maximised: True where larger values of the measure are better.
        kind: None: the values are the objective's own.
        negated: the values are taken with the other sign first; then the measure's direction is the other one.
        middle, unit: of real values.
    """

    objective: ClaimObjective
    maximised: bool
    kind: Kind | None = None
    negated: bool = False
    middle: float = 0.0
    unit: float = 1.0

    def value(self, measured: float) -> float:
        """The objective's value for a finite value of the measure."""
        value = -measured if self.negated else measured
        if self.kind == "percent":
            return value / 100.0
        if self.kind == "positive" and self.maximised != self.negated:
            return value if value < 0.0 else min(1e12, 1.0 / value) if value > 0.0 else 1e12
        if self.kind == "real":
            distance = (measured - self.middle) / self.unit
            return math.exp(min(STEEPEST, max(-STEEPEST, -distance if self.maximised else distance)))
        return value

    def is_worst(self, infinite: float) -> bool:
        """True where an infinite value lies on the worse side."""
        return (infinite < 0.0) == self.maximised


def parse_measure(text: str) -> Measure:
    """A measure from `NAME`, `NAME:maximize`, `NAME:minimize:positive` or `NAME:share:1000`.

    Raises:
        SpecError: a part after the name is no direction, no kind and no number of test cases of a share.
    """
    parts = text.strip().split(":")
    stated: dict[str, bool | str | int] = {}
    while len(parts) > 1 and (found := _part(parts[-1].strip().lower())) is not None:
        name, value = found
        if name in stated:
            raise SpecError([Problem("measure", f"{text[:60]!r} states two; write one, such as val_acc:maximize")])
        stated[name] = value
        parts.pop()
    name = ":".join(parts).strip()
    if not name or (len(parts) > 1 and re.fullmatch(r"\s*(max|min)\w*\s*", parts[-1], re.IGNORECASE)):
        cure = (
            f"write NAME, NAME:maximize or NAME:minimize, and where it is needed a kind ({', '.join(KINDS)}) after it"
        )
        raise SpecError([Problem("measure", f"{text[:60]!r} is no measure; {cure}")])
    cases, kind = cast(int | None, stated.get("cases")), cast(Kind | None, stated.get("kind"))
    if cases is not None and kind not in (None, "share"):
        raise SpecError(
            [Problem("measure", f"{text[:60]!r} states test cases, which only a share has; leave them out")]
        )
    way = cast(bool | None, stated.get("maximised"))
    return Measure(name, way, kind if cases is None else "share", cases)


def _part(word: str) -> tuple[str, bool | str | int] | None:
    """What a part after the name states; None where it belongs to the name."""
    if word in DIRECTIONS:
        return "maximised", DIRECTIONS[word]
    if word in KINDS:
        return "kind", word
    return ("cases", int(word)) if re.fullmatch(r"[1-9][0-9]{0,9}", word, re.ASCII) else None


def usual_direction(name: str) -> bool | None:
    """True where a measure of this name is usually maximised, False where minimised, None where that is not known."""
    words = _words(name)
    if "neg" in words or "negative" in words:
        return True  # scikit-learn's negated losses
    found = {True for word in words if word in LARGER} | {False for word in words if word in SMALLER}
    if name.lower() in OBJECTIVES:
        return name.lower() in MAXIMISED
    return found.pop() if len(found) == 1 else None


def scoring_of(measure: Measure, values: Sequence[float]) -> Scoring:
    """The rules by which a measure is judged.

    Args:
        measure: its direction is known.
        values: the finite ones; they decide the kind where none is stated.

    Raises:
        SpecError: the kind cannot be, or the values seem to be percentages.
    """
    maximised = bool(measure.maximised)
    negative = [value for value in values if value < 0.0]
    if measure.kind is None and negative and len(negative) == sum(value != 0.0 for value in values):
        turned = scoring_of(replace(measure, maximised=not maximised), [-value for value in values])
        return replace(turned, maximised=maximised, negated=True)
    kind = measure.kind or _kind(measure, values)
    if kind in ("share", "percent"):
        return Scoring("accuracy" if maximised else "error", maximised, kind)
    if kind == "positive":
        named = measure.name.lower()
        own = named in OBJECTIVES and named not in ("accuracy", "error") and not maximised
        return Scoring(cast(Objective, named) if own else "own_loss", maximised, kind)
    low, middle, high = np.quantile(np.asarray(values or [0.0], dtype=np.float64), (0.25, 0.5, 0.75)).tolist()
    return Scoring("own_loss", maximised, kind, middle=middle, unit=(high - low) or 1.0)


def objective_scoring(objective: Objective, maximised: bool | None, values: Sequence[float], *, stated: str) -> Scoring:
    """The rules of an objective that was named, for values whose direction may be known.

    Args:
        objective: as named.
        maximised: direction that is known; None: the objective's.
        values: the finite ones.
        stated: the measure whose direction the user stated; "" where the source states it.

    Raises:
        SpecError: objective and direction contradict each other.
    """
    own = objective in MAXIMISED
    if maximised is None or maximised == own:
        return Scoring(objective, own)
    if values and max(values) <= 0.0 and min(values) < 0.0:
        return Scoring(objective, maximised, negated=True)
    what, does = ("maximise", "minimised") if maximised else ("minimise", "maximised")
    said = f"{stated[:40]} is {what}d" if stated else f"the study {what}s"
    fitting = "accuracy" if maximised else "error, cross_entropy, own_loss, loss_area or epochs_to_target"
    text = f"{said}, and {_article(objective)} is {does}; name {fitting}, or leave it out"
    raise SpecError([Problem("objective", text)])


def are_few(odd: int, all_values: int) -> bool:
    """True for so few values outside the range of a kind that they are odd rows, not another kind."""
    return odd <= max(1.0, MOST_ODD * all_values)


def said(name: str, scoring: Scoring) -> str:
    """A sentence on how the values are read."""
    better = "larger" if scoring.maximised else "smaller"
    objective = scoring.objective.replace("_", " ")
    read = f"{name} is judged by the rule for {objective}, {better} values are better"
    if scoring.kind == "percent":
        return f"{read}; its values are percentages."
    if scoring.kind == "real":
        return (
            f"{read}; its values are real numbers, and a unit of the response is {scoring.unit:.3g}, the width of "
            "their middle half: a verdict's per cent are hundredths of that unit."
        )
    turned = scoring.kind == "positive" and scoring.maximised != scoring.negated
    if scoring.negated:
        return f"{read}; its values are negative, so {'1 / -value' if turned else '-value'} is judged."
    return f"{read}; its reciprocal is judged." if turned else f"{read}."


def _kind(measure: Measure, values: Sequence[float]) -> Kind:
    words = _words(measure.name)
    inside = sum(0.0 <= value <= 1.0 for value in values)
    is_share = bool(words & SHARES) if measure.maximised else bool(words & ERRORS)
    if are_few(len(values) - inside, len(values)) and (is_share or (measure.maximised and inside == len(values))):
        return "share"
    if is_share and all(0.0 <= value <= 100.0 for value in values):
        way = "maximize" if measure.maximised else "minimize"
        text = (
            f"{measure.name[:40]} has values above 1, so it is no share; if they are percentages, write "
            f"{measure.name[:40]}:{way}:percent, else {measure.name[:40]}:{way}:positive"
        )
        raise SpecError([Problem("measure", text)])
    return "real" if any(value < 0.0 for value in values) else "positive"


def _words(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", name.lower()))


def _article(objective: str) -> str:
    words = objective.replace("_", " ")
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}" if objective != "accuracy" else "accuracy"
