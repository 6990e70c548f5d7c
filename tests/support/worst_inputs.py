"""The worst 256 KiB for each parser: what is deep, long, wide or repeated in the way that the parser likes least."""

from __future__ import annotations

SIZE = 262_144


def fill(piece: str, before: str = "", after: str = "") -> bytes:
    """As many repetitions of a piece as fit into the size."""
    room = SIZE - len((before + after).encode())
    return (before + piece * (room // len(piece.encode())) + after).encode()


def numbered(piece: str) -> bytes:
    """As many pieces as fit, `{n}` in each replaced by its number."""
    text = "".join(piece.format(n=n) for n in range(SIZE // len(piece.format(n=0)) + 1)).encode()
    return text[: text.rfind(b"\n", 0, SIZE) + 1]


TOML: dict[str, bytes] = {
    "dotted key": fill(".a", "a", "=1"),
    "dotted key with quotes": fill('."a"', "a", "=1"),
    "dotted key with blanks": fill(" . a", "a", "=1"),
    "dotted header": fill(".a", "[a", "]"),
    "dotted key in an inline table": fill(".a", "x={a", "=1}"),
    "dotted key after a long text": fill(".a", 'x="""' + "x.y\n" * 9_000 + '"""\na', "=1"),
    "keys of eight parts": numbered("[a{n}.a.a.a.a.a.a.a]\na.a.a.a.a.a.a.b=1\n"),
    "quoted keys of eight parts": numbered('["a{n}"."a"."a"."a"."a"."a"."a"."a"]\n"a"."a"."a"."a"."a"."a"."a"."b"=1\n'),
    "keys": numbered("k{n}=1\n"),
    "tables": numbered("[k{n}]\n"),
    "tables of one array": fill("[[a]]\n"),
    "inline tables": numbered("k{n}={{a.a.a.a.a.a.a={{b.b.b.b.b.b.b=1}}}}\n"),
    "array": fill("1,", "a=[", "]"),
    "array of texts": fill('"x",', "a=[", "]"),
    "array of dates": fill("1979-05-27T07:32:00.5Z,", "a=[", "]"),
    "nested arrays": fill("[", "a="),
    "nested inline tables": fill("{a=", "a="),
    "blanks": fill(" "),
    "line ends": fill("\n"),
    "comments": fill("#\n"),
    "one text": fill("x", 'a="', '"'),
    "escapes": fill("\\n", 'a="', '"'),
    "escapes in lines": fill("\\\n", 'a="""', '"""'),
    "quotes in lines": fill('""x', 'a="""', '"""'),
    "texts without an end": fill('a="""'),
    "literals without an end": fill("a='''"),
    "quotes": fill('"'),
    "backslashes": fill("\\"),
    "digits": fill("1", "a="),
    "digits of a fraction": fill("1", "a=0."),
    "digits and underscores": fill("_1", "a=1"),
    "hexadecimal digits": fill("f", "a=0x"),
    "long numbers": numbered("k{n}=" + "1" * 190 + "\n"),
    "words": fill("a "),
    "equals signs": fill("="),
    "blanks between parts": fill("a" + " " * 5_000 + "." + " " * 5_000),
}
