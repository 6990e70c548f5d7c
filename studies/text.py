"""Safe text: the characters that a text from outside may have, and a form of any text that a terminal can be given.

Unsafe are characters that act instead of being seen: controls (Unicode's Cc), line and paragraph separators, bidi
controls and every other character that Unicode lists as ignorable by default (`Default_Ignorable_Code_Point`), lone
surrogates and interlinear annotation marks. Two texts that look alike should be alike, and no text should move a cursor
or turn its neighbours round.

The zero-width joiner is unsafe although emoji are joined by it: no pattern can tell a family from a name with something
hidden in it, and an emoji can be written without. The variation selectors 15 and 16 are safe, since keyboards put one
behind every heart.

Texts stay as they were sent, no matter in which normal form: they are shown and hashed, never compared by meaning.
Names, which are compared, are ASCII (`validation.SLUG`).
"""

from __future__ import annotations

import json
import re
from typing import Any

TAB, LINE_FEED = "\t", "\n"
_CONTROLS = ((0x00, 0x1F), (0x7F, 0x9F))
_UNSEEN = (  # Default_Ignorable_Code_Point without U+FE0E and U+FE0F, and the separators and annotation marks
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0D), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
_SURROGATES = ((0xD800, 0xDFFF),)


def _members(ranges: tuple[tuple[int, int], ...]) -> str:
    """Ranges of code points as the inside of a bracket, in the syntax that Python, Rust and ECMAScript share."""
    return "".join(f"{_member(low)}-{_member(high)}" for low, high in ranges)


def _member(point: int) -> str:
    return f"\\u{point:04x}" if point <= 0xFFFF else chr(point)


_SEEN = f"[^{_members((*_CONTROLS, *_UNSEEN))}]"
LINE_PATTERN = f"^{_SEEN}*$"  # as a JSON Schema says it: a lone surrogate is no text in JSON, so it needs no mention
TEXT_PATTERN = f"^(?:{_SEEN}|\\r?\\n|\\t)*$"
UNSAFE = re.compile(f"[{_members((*_CONTROLS, *_UNSEEN, *_SURROGATES))}]")
_SAFE_LINE = re.compile(f"[^{_members((*_CONTROLS, *_UNSEEN, *_SURROGATES))}]*")
_SAFE_TEXT = re.compile(f"(?:{_SAFE_LINE.pattern[:-1]}|\r?\n|\t)*")


def is_safe_line(text: str) -> bool:
    """True where a text of one line has no unsafe character."""
    return _SAFE_LINE.fullmatch(text) is not None


def is_safe_text(text: str) -> bool:
    """True where a text of several lines has no unsafe character but line ends and tabs."""
    return _SAFE_TEXT.fullmatch(text) is not None


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with every unsafe character escaped, such as `\x1b`, so that a terminal shows it and obeys nothing.

    Args:
        text: whatever came from outside.
        keep: unsafe characters to leave as they are: the line ends and tabs of a text that has lines.
    """
    return UNSAFE.sub(lambda found: found[0] if found[0] in keep else _escaped(found[0]), text)


def json_text(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    r"""A value as JSON that a terminal can be given: unsafe characters of its strings as `\u....`, all others as is.

    JSON itself escapes only the controls below U+0020. Readers of JSON get the very same strings.
    """
    return escaped_json(json.dumps(value, indent=indent, ensure_ascii=ascii_only, default=str))


def escaped_json(text: str) -> str:
    r"""JSON text with the unsafe characters of its strings as `\u....`; its line ends, which no string has, stay."""
    return UNSAFE.sub(lambda found: found[0] if found[0] == LINE_FEED else json.dumps(found[0])[1:-1], text)


def _escaped(character: str) -> str:
    point = ord(character)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
