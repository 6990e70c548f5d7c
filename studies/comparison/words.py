"""A comparison in sentences: which rows differ from the baseline, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

from studies.comparison.asked import StatedCell
from studies.comparison.model import ArmResult, ArmRow
from studies.language import objective_names
from studies.language.compare import LARGER_IS_BETTER, How
from studies.verdict.model import LEVEL, Interval
from studies.verdict.wording_numbers import number

LABELS = {**objective_names.COMPARED, "smallest_width": "smallest width"}
UNITS = {"epochs_to_target": "epochs", "cpu_seconds": "s", "smallest_width": "units"}
HOW_WORDS: dict[How, str] = {"published": "as published", "tuned": "tuned", "plain": "nothing to set"}


def row_name(title: str, how: How) -> str:
    """A row as readers know it: "Adam, tuned"; the title alone where an arm has nothing to set."""
    return title if how == "plain" else f"{title}, {HOW_WORDS[how]}"


def amount(value: float | None, objective: str, *, signed: bool = False) -> str:
    """A value, or with a sign a difference, of an objective with its unit; a dash for None."""
    if value is None:
        return "–"
    return f"{bare(value, objective, signed=signed)} {unit_of(objective, signed=signed)}".rstrip()


def source(cell: StatedCell) -> str:
    """Where a number beside ours is from."""
    return "closed form" if cell.theory else "the paper"


def whose(cells: Sequence[StatedCell]) -> str:
    """Whose numbers stand beside ours: a paper's, or those of closed forms of our own."""
    kinds = {cell.theory for cell in cells}
    return (
        "the paper’s or a closed form’s" if len(kinds) > 1 else "closed form, ours" if True in kinds else "the paper’s"
    )


def legend(cells: Sequence[StatedCell]) -> str:
    """The same beside the sign of such numbers in a picture, which has bars where they have deviations."""
    return whose(cells) + (", ± its deviation" if any(cell.sd for cell in cells) else "")


def bare(value: float, objective: str, *, signed: bool = False) -> str:
    """A value, or with a sign a difference, in the unit of `unit_of`."""
    if objective in LARGER_IS_BETTER:
        text = f"{100 * value:+.2f}" if signed and value else f"{100 * value:.2f}"
        return text.replace("-", "−")
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{number(abs(value), 3)}"


def with_spread(result: ArmResult) -> str:
    """A mean ± the deviation over runs with the mean's decimals, without unit, "≥" before a lower bound."""
    return " ± ".join(part for part in (bounded_mean(result), spread_alike(result)) if part)


def bounded_mean(result: ArmResult) -> str:
    """A mean without unit, "≥" before a lower bound; a dash where there is none."""
    if result.mean is None:
        return "–"
    return f"{'≥ ' if result.at_least else ''}{bare(result.mean, result.objective)}"


def spread_alike(result: ArmResult) -> str:
    """The deviation over runs with the decimals of the mean, without unit; "" where there is none."""
    if result.sd is None or result.mean is None:
        return ""
    return _alike(result.sd, result.objective, bare(result.mean, result.objective))


def span_alike(result: ArmResult, difference: Interval) -> str:
    """The interval of a difference with the decimals of the row's mean, without unit; "" where it is not known."""
    if difference.low is None or difference.high is None:
        return ""
    mean = bare(result.mean or 0.0, result.objective)
    low, high = (_alike(end, result.objective, mean, signed=True) for end in (difference.low, difference.high))
    return f"{low} to {high}"


def _alike(value: float, objective: str, mean: str, *, signed: bool = False) -> str:
    """A deviation or difference with as many decimals as its mean; one digit at least where that would be nothing."""
    exact = bare(value, objective, signed=signed)
    if not value or "e" in mean + exact:
        return exact
    shown = 100 * value if objective in LARGER_IS_BETTER else value
    text = f"{abs(shown):.{len(mean.partition('.')[2])}f}"
    text = text if float(text) else number(abs(shown), 1)
    sign = "−" if shown < 0 else "+" if signed and shown > 0 else ""
    return f"{sign}{text}"


def unit_of(objective: str, *, signed: bool = False) -> str:
    """The unit of an objective's values, or of its differences; "" where it has none."""
    return ("pp" if signed else "%") if objective in LARGER_IS_BETTER else UNITS.get(objective, "")


def labelled(objective: str) -> str:
    """An objective's name, with its unit where the name lacks it."""
    unit = unit_of(objective)
    return f"{LABELS[objective]}, {unit}" if unit and unit not in LABELS[objective].split() else LABELS[objective]


def sentence(rows: Sequence[ArmRow], objective: str, *, place: str) -> str:
    """What the rows of one context and loss say by the design's objective.

    Args:
        rows: of one context under one loss.
        objective: the design's own.
        place: the context and the loss in words; "" where the study has one of each.
    """
    compared = [(row, row.result(objective)) for row in rows if not row.baseline]
    tested = [(row, result) for row, result in compared if result.versus is not None and result.versus.p is not None]
    head = f"{place}: " if place else ""
    if not tested:
        return f"{head}no arm has two runs on the baseline's seeds yet."
    clear = [(row, result) for row, result in tested if is_clear(result)]
    base = next(row.title for row in rows if row.baseline)
    several = sum(row.baseline for row in rows) > 1
    tail = f"(Holm, 5 %{f'; each against {base} measured alike' if several else ''})"
    by = LABELS[objective]
    if not clear:
        text = "the other does not differ" if len(tested) == 1 else f"none of {len(tested)} differs"
        return f"{head}by {by}, {text} from {base} beyond chance {tail}."
    better = [_said(row, result, objective) for row, result in clear if is_better(result)]
    worse = [_said(row, result, objective) for row, result in clear if not is_better(result)]
    parts = [f"better than {base} is {_listed(better)}"] if better else []
    parts += [f"worse is {_listed(worse)}" if better else f"worse than {base} is {_listed(worse)}"] if worse else []
    rest = len(tested) - len(clear)
    parts += [f"{rest} other{'s' if rest > 1 else ''} cannot be told from it"] if rest else []
    return f"{head}by {by}, {'; '.join(parts)} {tail}."


def is_clear(result: ArmResult) -> bool:
    """True where a row differs from the baseline beyond chance: its p, adjusted by Holm, is at most 5 %."""
    versus = result.versus
    return versus is not None and versus.p_adjusted is not None and versus.p_adjusted <= LEVEL


def is_better(result: ArmResult) -> bool:
    """The direction of a difference: that of the mean, or of the chance where there is no mean; False without one."""
    versus = result.versus
    if versus is None:
        return False
    mean, chance = versus.difference.estimate, versus.better.estimate
    if versus.test == "t" and mean:
        return (mean > 0) == (result.objective in LARGER_IS_BETTER)
    return chance is not None and chance > 0.5


def reading(result: ArmResult) -> str:
    """What a row's difference from the baseline says in a word or three; "" where it is not compared by Holm's p."""
    if result.versus is None or result.versus.p_adjusted is None:
        return ""
    return ("better" if is_better(result) else "worse") if is_clear(result) else "not told apart"


def _said(row: ArmRow, result: ArmResult, objective: str) -> str:
    assert result.versus is not None
    d = result.versus.difference
    name = row_name(row.title, row.how)
    if d.estimate is None:
        return f"{name} (in {number(100 * (result.versus.better.estimate or 0.0), 3)} % of the pairs)"
    if d.low is None:
        return f"{name} ({amount(d.estimate, objective, signed=True)})"
    span = f"{bare(d.low, objective, signed=True)} to {amount(d.high, objective, signed=True)}"
    return f"{name} ({amount(d.estimate, objective, signed=True)}; 95 %: {span})"


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
