"""Names of columns as tools write them, and the two of them that are the claim's parameters.

Tools put a prefix before what a user named: `params_lr` (Optuna), `config/lr` (Ray Tune), `params.lr` (MLflow),
`param_momentum` (scikit-learn), `hparams/lr` (TensorBoard). A plain name is the last part, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studies.errors import Problem, SpecError
from studies.language.nearest import nearest

ETA_NAMES = ("eta", "η", "lr", "learning_rate", "learningrate", "learning_rate_init", "initial_lr", "base_lr")
ALPHA_NAMES = ("momentum", "alpha", "α")
# Of a running mean of gradients, which is no momentum in the sense of Eq. 4.
BETA_NAMES = ("beta1", "beta_1", "β1", "adam_beta1")
USUAL = (ETA_NAMES, ALPHA_NAMES, BETA_NAMES)  # names of one thing
NATIVE = ("eta", "alpha")
_SETTING = ("params", "param", "config", "hparams", "hparam", "hp", "hyperparameters", "hyperparameter")
_OTHER = ("user_attrs", "system_attrs", "metrics", "metric", "summary", "values", "value", "tags", "tag")
_UNDERSCORED = re.compile(rf"({'|'.join((*_SETTING, *_OTHER))})_(?=.)")
_PARTS = re.compile(r"[/.:]|__")
MOST_NAMED = 10  # columns that a message lists


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its names.

    Attributes:
        index: place in the table.
        written: as the source has it.
        plain: without prefixes, in lower case, blanks and hyphens as underscores.
        is_setting: the prefix says that a user set it before the run.
    """

    index: int
    written: str
    plain: str
    is_setting: bool


def column_of(index: int, written: str) -> Column:
    """A column from its name."""
    name = written.strip().strip("'\"`").lower()
    prefix = _UNDERSCORED.match(name)
    first, rest = (prefix[1], name[prefix.end() :]) if prefix else ("", name)
    parts = [part for part in _PARTS.split(rest) if part] or [rest]
    first = first or (parts[0] if len(parts) > 1 else "")
    return Column(index, written, re.sub(r"[\s-]+", "_", parts[-1].strip()), first in _SETTING)


def listed(columns: Sequence[Column]) -> str:
    """Names of columns for a message, the first ten."""
    names = ", ".join(column.written[:40] for column in columns[:MOST_NAMED])
    return f"{names} and {len(columns) - MOST_NAMED} more" if len(columns) > MOST_NAMED else names or "none"


def parameters_of(
    columns: Sequence[Column], claimed: tuple[str, str] | None, same: Callable[[Column, Column], bool], head: str
) -> tuple[Column, Column]:
    """The columns of the claim's two parameters: learning rate and momentum weight, in this order.

    Args:
        columns: those that hold numbers.
        claimed: names that the claim has for them; None: they are found by the usual names.
        same: True where two columns hold the same cells.
        head: place of the names, for messages.

    Raises:
        SpecError: one is missing, or several columns could be meant.
    """
    written = {column.written.strip().lower(): column for column in columns}
    if claimed is None and all(name in written for name in NATIVE):
        return written["eta"], written["alpha"]
    aliases = (ETA_NAMES, ALPHA_NAMES) if claimed is None else tuple((name,) for name in claimed)
    found: list[Column] = []
    problems: list[Problem] = []
    for native, names in zip(NATIVE, aliases, strict=True):
        alike = next((usual for usual in USUAL if plain_name(names[0]) in usual), ())
        candidates = _candidates(columns, names) or _candidates(columns, alike)
        if not candidates:
            problems.append(Problem(f"{head}, column {names[0] if claimed else native}", _missing(columns, names)))
        elif any(not same(candidates[0], other) for other in candidates[1:]):
            text = f"could be {listed(candidates)}; name the one that is meant with --claim, as it is written"
            problems.append(Problem(f"{head}, column {native}", text))
        found += candidates[:1]
    if problems:
        raise SpecError(problems)
    return found[0], found[1]


def _candidates(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Columns of the first rank that has any: written just so, then settings, then others; `alpha` after the rest."""
    exact = [column for column in columns if column.written.strip().lower() in {name.lower() for name in names}]
    if len(names) == 1 and exact:
        return exact[:1]
    known = {plain_name(name) for name in names}
    alike = [column for column in columns if column.plain in known]
    later = {"alpha", "α"} & known
    first = [column for column in alike if column.plain not in later] or alike
    return [column for column in first if column.is_setting] or first


def plain_name(name: str) -> str:
    """The plain form of a name that a user writes."""
    return column_of(0, name).plain


def _missing(columns: Sequence[Column], names: Sequence[str]) -> str:
    near = nearest(plain_name(names[0]), [column.plain for column in columns])
    meant = next((column.written for column in columns if column.plain == near), None)
    guess = f"did you mean `{meant[:40]}`? " if meant else ""
    usual = f", or call it {names[0]} (or {', '.join(names[1:])})" if len(names) > 1 else ""
    averaged = next((column.written for column in columns if column.plain in BETA_NAMES), None)
    if averaged is not None and names == ALPHA_NAMES:
        text = f"is missing: `{averaged[:40]}` weighs a running mean, and the paper's point is about a momentum"
        return f"{text}; state your own claim, such as --claim lr=3e-4,{averaged[:40]}=0.9"
    return (
        f"is missing; {guess}name the two columns of the claim, such as --claim lr=0.1,momentum=0.9{usual}; columns "
        f"with numbers are {listed(columns)}"
    )
