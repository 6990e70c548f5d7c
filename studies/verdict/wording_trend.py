"""Trends in words: the power with which the optimum grows or falls along an axis, and the laws that it agrees with."""

from __future__ import annotations

from collections.abc import Sequence

from studies.language.loss_names import phrase
from studies.language.parameters import Axes
from studies.verdict.model import LEVEL, Interval, ScalingLaw, TrendLine
from studies.verdict.wording_numbers import number, trimmed


def symbol(quantity: str, axes: Axes) -> str:
    """A quantity of a trend as sentences name it: "η", "1/(1−α)", "η/(1−α)"."""
    first, second = axes.symbols
    if quantity not in axes.names:
        return f"{first}/(1−{second})"
    at = axes.names.index(quantity)
    return f"1/(1−{axes.symbols[at]})" if axes.both[at].scale == "log_one_minus" else axes.symbols[at]


def line_sentence(quantity: str, field: str, slope: Interval, p_line: float, laws: Sequence[ScalingLaw]) -> str:
    """One quantity's slope in words, without a full stop: "η grows as batch_size^0.90 (0.70 to 1.1): ..."."""
    assert slope.estimate is not None and slope.low is not None and slope.high is not None
    power = f"{field}^{number(slope.estimate, 2)} (95 %: {number(slope.low, 2)} to {number(slope.high, 2)})"
    if p_line <= LEVEL:
        none = f", so {_joined([law.name for law in laws], 'nor')} describes it" if laws else ""
        neither = none.replace(", so ", ", so neither " if len(laws) > 1 else ", so not even ")
        return f"{quantity} does not follow one power of {field} (p = {p_line:.2g}){neither}; the best one is {power}"
    moves = "grows as" if slope.low > 0 else "falls as" if slope.high < 0 else "shows no trend:"
    said = [f"{law.name} ({trimmed(law.slope)}) is {'inside' if law.inside else 'outside'}" for law in laws]
    return f"{quantity} {moves} {power}" + (f": {', '.join(said)}" if said else "")


def trend_sentence(
    loss: str, field: str, values: Sequence[float], count: int, lines: Sequence[TrendLine], p_joint: float | None
) -> str:
    """One loss along an axis of so many values, of which some have a located optimum."""
    if not lines:
        return f"For {phrase(loss)}, no power of {field} is stated: both parameters have a linear scale."
    if p_joint is None:
        located = f"{len(values)} of {count} values have an optimum that is located inside the box"
        return f"For {phrase(loss)}, no power of {field} is stated: {located}, and a slope takes three."
    span = f"over {field} from {trimmed(values[0])} to {trimmed(values[-1])}, {len(values)} of {count} values"
    said = "; ".join(line.sentence for line in lines)
    if p_joint <= LEVEL:
        constant = f"The optimum is no constant over these values (p = {p_joint:.2g})."
    else:
        constant = f"The optima are compatible with a constant (p = {p_joint:.2g}); that they are equal is not shown."
    return f"For {phrase(loss)}, {span}: {said}. {constant}"


def _joined(parts: Sequence[str], word: str) -> str:
    return f" {word} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
