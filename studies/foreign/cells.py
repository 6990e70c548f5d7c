"""Single cells as tools write them: numbers, whole numbers, truths, and the many words for nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from studies.errors import cut

BLANKS = " \t\r\n"
MAX_DIGITS = 100  # characters of a number
NOTHING = frozenset({"", "-", "–", "na", "n/a", "<na>", "nan", "nat", "none", "null", "undefined", "?", "#n/a"})
TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
_WHOLE = re.compile(r"[+-]?[0-9]+(?:\.0*)?")  # pandas writes whole numbers beside empty cells as 3.0
_WHOLE_LIKE = re.compile(r"[+-]?\d[\d_]*(?:\.0*|[eE]\+?\d+)?")  # of any script: what Python would read, and more
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")  # 1.121,13: the comma says what the points are
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?%?")
_INFINITE = re.compile(r"([+-]?)(?:inf|infinity)", re.IGNORECASE)
_NAN = re.compile(r"[+-]?nan", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that is not what its column takes; the text says why and how to cure it."""

    text: str


def text_of(cell: Any) -> str:
    """A cell as text, without blanks around it and without the apostrophe that a spreadsheet was given."""
    if cell is None:
        return ""
    text = cell if isinstance(cell, str) else str(cell)
    text = text.strip(BLANKS)
    return text[1:] if text[:2] in ("'=", "'+", "'-", "'@") else text


def is_nothing(cell: Any) -> bool:
    """True where a cell is empty, or says that there is nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return True
    return isinstance(cell, str) and cell.strip(BLANKS).lower() in NOTHING


def is_nan(cell: Any) -> bool:
    """True where a cell holds a value that is not a number, rather than no value."""
    if isinstance(cell, float):
        return math.isnan(cell)
    return isinstance(cell, str) and _NAN.fullmatch(cell.strip(BLANKS)) is not None


def is_nan_word(cell: Any) -> bool:
    """True where somebody wrote that a value is not a number; a NaN of Parquet or pandas may be an empty cell."""
    return isinstance(cell, str) and is_nan(cell)


def are_decimal_commas(cells: Iterable[str]) -> bool:
    """True where commas in a table's cells can only be decimal: one is no thousands comma, and no point is there."""
    found = False
    for cell in cells:
        text = cell.strip(BLANKS)
        if _POINT.fullmatch(text):
            return False
        if "," in text and (_COMMA.fullmatch(text) or _GROUPED.fullmatch(text)):
            found = found or not _THOUSANDS.fullmatch(text)
    return found


def number(cell: Any, *, decimal_comma: bool = False) -> float | Fault:
    """A number, which may be infinite. Python's `float` takes more: `1_0`, digits of other scripts, blanks inside.

    Args:
        cell: is not nothing.
        decimal_comma: the comma in "0,5" is a decimal one.
    """
    if isinstance(cell, bool):
        return Fault(f"{cell} is no number; write one in the digits 0 to 9")
    if isinstance(cell, int | float):
        return _float(cell)
    text = text_of(cell)
    if len(text) > MAX_DIGITS:
        return Fault(f"'{cut(text, 20)}' has {len(text):,} characters; a number takes at most {MAX_DIGITS}")
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return -math.inf if infinite[1] == "-" else math.inf
    if decimal_comma and _GROUPED.fullmatch(text):
        text = text.replace(".", "")
    if decimal_comma and _COMMA.fullmatch(text.removesuffix("%").rstrip()):
        text = text.replace(",", ".")
    share = text.endswith("%")
    digits = text[:-1].rstrip() if share else text
    if _DECIMAL.fullmatch(digits):
        return float(digits) / 100.0 if share else float(digits)
    return Fault(f"{text[:40]!r} is no number; write one in the digits 0 to 9{_hint(text)}")


def whole(cell: Any) -> int | Fault:
    """A whole number."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    text = text_of(cell)
    if len(text) > MAX_DIGITS:
        return Fault(f"'{cut(text, 20)}' has {len(text):,} characters; a whole number takes at most {MAX_DIGITS}")
    if not isinstance(cell, bool) and _WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    return Fault(f"{text[:40]!r} is no whole number; write one in the digits 0 to 9")


def is_like_whole(cell: Any) -> bool:
    """True where a whole number is meant, though perhaps in a form that `whole` refuses: `1_0`, `１`, `1e0`, `-1`."""
    return not isinstance(cell, bool) and _WHOLE_LIKE.fullmatch(text_of(cell)) is not None


def truth(cell: Any) -> bool | Fault:
    """True or false; false where there is nothing."""
    if isinstance(cell, bool):
        return cell
    text = "" if is_nothing(cell) else text_of(cell).lower().removesuffix(".0")
    return TRUTHS[text] if text in TRUTHS else Fault(f"{text[:40]!r} is neither true nor false")


def _float(cell: int | float) -> float | Fault:
    try:
        return float(cell)
    except OverflowError:
        return Fault(f"has {len(str(cell)):,} digits; a number takes at most {MAX_DIGITS}")


def _hint(text: str) -> str:
    return ", with a decimal point" if _COMMA.fullmatch(text) else ""
