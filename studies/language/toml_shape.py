"""The shape of a TOML text, measured in one pass before `tomllib` reads it.

`tomllib` takes time and memory with the square of the number of parts of a dotted key: 12,000 parts, 24 KB, are four
seconds and half a gigabyte. Everything else in it grows with the length of the text and the number of its values, so
these are limited too. The pass knows comments, keys and the four kinds of strings as `tomllib` does; what follows a
fault of the syntax may be measured wrongly, and `tomllib` stops there.
"""

from __future__ import annotations

import re

from studies.errors import Problem, SpecError

MAX_PARTS = 8  # of a dotted key; a study needs three
MAX_NESTING = 32  # brackets inside one another; a study needs four
MAX_ITEMS = 10_000  # parts of keys, tables and members of arrays; a study of 64 contexts has some 1,000
MAX_BARE = 200  # characters of a bare key, number or date

# Every repetition is possessive (`*+`), so that no text makes the pass go back.
_BARE = r"[A-Za-z0-9_+\-]++"
_PART = rf"""(?:{_BARE}|"(?:[^"\\\n]++|\\[^\n])*+"?|'[^'\n]*+'?)"""
_DOT = r"[ \t]*+\.[ \t]*+"
_TOKEN = re.compile(
    rf"""
    (?P<skip> \#[^\n]*+
      | \"\"\" (?: [^"\\]++ | \\. | "(?!"") )*+ (?: "{{3,5}}+ )?
      | ''' (?: [^']++ | '(?!'') )*+ (?: '{{3,5}}+ )? )
    | (?P<deep> (?: {_PART}{_DOT} ){{{MAX_PARTS}}} )
    | (?P<bare> {_BARE} (?: {_DOT}{_BARE} )*+ )
    | (?P<quoted> {_PART} )
    | (?P<open> [\[{{] )
    | (?P<close> [\]}}] )
    | (?P<item> [=,] )
    | (?P<other> [^A-Za-z0-9_+\-"'\#\[\]{{}}=,]++ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def require_toml_shape(text: str) -> None:
    """Check that `tomllib` can read a text in time and memory proportional to its length.

    Raises:
        SpecError: a key has too many parts, something is nested too deeply, or there are too many values; the line is
            named.
    """
    depth = items = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
            items += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind in {"item", "quoted"}:
            items += 1
        elif kind == "deep":
            raise _refused(text, token, f"a key has more than {MAX_PARTS} parts; no field of a study lies so deep")
        elif kind == "bare":
            items += token[0].count(".")  # the parts of a dotted key; a number has one dot
            if len(token[0]) > MAX_BARE:
                raise _refused(text, token, f"a number or a bare key has more than {MAX_BARE} characters; shorten it")
        if depth > MAX_NESTING:
            raise _refused(text, token, f"is nested more than {MAX_NESTING} levels deep; a study needs far fewer")
        if items > MAX_ITEMS:
            raise _refused(text, token, f"the document has more than {MAX_ITEMS:,} values; a study needs far fewer")


def _refused(text: str, token: re.Match[str], fault: str) -> SpecError:
    return SpecError([Problem(f"line {text.count(chr(10), 0, token.start()) + 1}", fault)])
