"""A comparison's answer in one or two sentences: which arm is best where, by how much, and over how many runs."""

from __future__ import annotations

from collections.abc import Sequence

from studies.comparison.model import ArmComparison, ArmResult, ArmRow
from studies.comparison.width_words import as_row
from studies.comparison.words import HOW_WORDS, LABELS, amount, is_better, is_clear, row_name
from studies.language.compare import LARGER_IS_BETTER, SMALLEST_WIDTH
from studies.verdict.wording_numbers import trimmed

MOST_PLACES = 4  # that are spoken of one by one


def headline(comparison: ArmComparison, loss: str) -> str:
    """The answer under one loss, by the design's objective.

    Args:
        comparison: of a study.
        loss: one of those that were trained.
    """
    rows, by = _asked(comparison, loss)
    places = [[row for row in rows if row.context == name] for name in dict.fromkeys(row.context for row in rows)]
    told = [(_where(place[0]), _here(place, by)) for place in places]
    known = [(where, said) for where, said in told if said]
    if not known:
        return "No arm has two runs on the baseline’s seeds yet, so nothing is compared."
    n = _runs(rows, by)
    if len(places) == 1:
        return f"By {LABELS[by]}, {known[0][1]}{_counts(places[0], by)}. {n}."
    shown = _joined(known)[:MOST_PLACES]
    more = len(_joined(known)) - len(shown)
    rest = f"; the other {more} places stand in the table" if more else ""
    waiting = len(told) - len(known)
    later = f"; {waiting} {'places wait' if waiting > 1 else 'place waits'} for runs" if waiting else ""
    return f"By {LABELS[by]}: {'; '.join(f'{where}, {said}' for where, said in shown)}{rest}{later}. {n}."


def _asked(comparison: ArmComparison, loss: str) -> tuple[list[ArmRow], str]:
    """The rows that answer, and the objective that they answer by."""
    if comparison.widths_first:
        return [as_row(row, comparison.baseline) for row in comparison.widths if row.loss == loss], SMALLEST_WIDTH
    return [row for row in comparison.rows if row.loss == loss], comparison.objective


def _joined(told: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Places that say the same, as one."""
    found: dict[str, list[str]] = {}
    for where, said in told:
        found.setdefault(said, []).append(where)
    return [(" and ".join(_short(places)), said) for said, places in found.items()]


def _short(places: Sequence[str]) -> list[str]:
    """Several places, the word before the value once: "at width 20", "30"."""
    first = places[0].rpartition(" ")[0]
    same = all(each.rpartition(" ")[0] == first for each in places)
    return [places[0], *(each.rpartition(" ")[2] for each in places[1:])] if same else list(places)


def _where(row: ArmRow) -> str:
    return f"in {row.context}" if row.at is None else f"at {row.field} {trimmed(row.at, 4)}"


def _here(rows: Sequence[ArmRow], by: str) -> str:
    """Who is best in one place; "" before any pair."""
    others = [row for row in rows if not row.baseline and row.result(by).versus is not None]
    tested = [row for row in others if (versus := row.result(by).versus) is not None and versus.p is not None]
    if not tested:
        return ""
    base = [row for row in rows if row.baseline]
    best = _best([row for row in tested if is_clear(row.result(by)) and is_better(row.result(by))], by)
    if best is not None:
        return _winner(best, rows, base, by)
    lead = _best(rows, by)
    if any(is_clear(row.result(by)) for row in tested):
        return f"no arm is better than {base[0].title}{_mean(base, by)} beyond chance{_also(lead, base, rows, by)}"
    none = "the other cannot" if len(tested) == 1 else f"none of {len(tested)} can"
    return f"{none} be told from {base[0].title}{_mean(base, by)}{_also(lead, base, rows, by)}{_lost(rows, by)}"


def _winner(best: ArmRow, rows: Sequence[ArmRow], base: Sequence[ArmRow], by: str) -> str:
    result = best.result(by)
    versus = result.versus
    assert versus is not None
    against = next((row for row in base if row.how == versus.how), base[0])
    found, other = result, against.result(by)
    name = _name(best, rows)
    if found.mean is None or other.mean is None:
        share = "" if found.reached is None else f"; {found.reached} of {found.n} runs reach the target"
        return f"{name} is better than {against.title}{share}"
    is_one = sum(is_clear(row.result(by)) and is_better(row.result(by)) for row in rows) == 1
    first = "highest" if by in LARGER_IS_BETTER else "lowest"
    verb = "is better than" if is_one else f"has the {first} mean of those better than"
    alike = f", {HOW_WORDS[against.how]}" if len(base) > 1 else ""
    return f"{name} {verb} {against.title}{alike}, {_value(found, bare=True)} against {_value(other)}"


def _also(lead: ArmRow | None, base: Sequence[ArmRow], rows: Sequence[ArmRow], by: str) -> str:
    """The best mean, where it is not the baseline's."""
    if lead is None or lead in base or lead.result(by).mean is None or lead.result(by).at_least:
        return ""
    word = "highest" if by in LARGER_IS_BETTER else "lowest"
    return f", and the {word} mean is that of {_name(lead, rows)}, {_value(lead.result(by))}"


def _lost(rows: Sequence[ArmRow], by: str) -> str:
    lost = sum(result.n > 0 and result.mean is None for result in (row.result(by) for row in rows))
    if not lost or by != "epochs_to_target":
        return ""
    count = f"all {lost}" if lost == len(rows) else f"{lost} of {len(rows)}"
    word = "arms" if len({row.how for row in rows}) == 1 else "rows"
    return f", and most runs of {count} {word} never reach the target"


def _counts(rows: Sequence[ArmRow], by: str) -> str:
    """How many others are better, worse and not told apart, where there are several."""
    found = [row.result(by) for row in rows if not row.baseline and row.result(by).versus is not None]
    if len(found) < 2:
        return ""
    better = sum(is_clear(result) and is_better(result) for result in found)
    worse = sum(is_clear(result) and not is_better(result) for result in found)
    if not better + worse:
        return ""
    rest = len(found) - better - worse
    parts = [f"{count} {words}" for count, words in ((better, "better"), (worse, "worse")) if count]
    parts += [f"{rest} not told apart"] if rest else []
    return f". Of {len(found)} compared: {', '.join(parts)} (Holm, 5 %)"


def _best(rows: Sequence[ArmRow], by: str) -> ArmRow | None:
    """The row with the best mean; where none has one, the first of those given."""
    known = [row for row in rows if row.result(by).mean is not None]
    sign = -1.0 if by in LARGER_IS_BETTER else 1.0
    return min(known, key=lambda row: sign * (row.result(by).mean or 0.0)) if known else next(iter(rows), None)


def _mean(base: Sequence[ArmRow], by: str) -> str:
    """The mean of the baseline where it has one row and one mean, in brackets."""
    result = base[-1].result(by)
    return f" ({_value(result)})" if len(base) == 1 and result.mean is not None else ""


def _value(result: ArmResult, *, bare: bool = False) -> str:
    """A mean in words; `bare`: without its unit, which the next one has."""
    said = amount(result.mean, result.objective)
    if bare and result.objective not in LARGER_IS_BETTER:
        said = said.partition(" ")[0]
    return f"{'at least ' if result.at_least else ''}{said}"


def _name(row: ArmRow, rows: Sequence[ArmRow]) -> str:
    """A row's name; without the way of measuring where all rows have the same."""
    return row.title if len({each.how for each in rows}) == 1 else row_name(row.title, row.how)


def _runs(rows: Sequence[ArmRow], by: str) -> str:
    """The runs behind each row, "8 runs each on the same seeds" or "6 to 8 runs each ..."."""
    counts = {row.result(by).n for row in rows}
    said = f"{min(counts)} to {max(counts)}" if len(counts) > 1 else f"{min(counts)}"
    return f"{said} run{'' if counts == {1} else 's'} each, on the same seeds"
