"""The worst 256 KiB for each parser: what is deep, long, wide or repeated in the way that the parser likes least."""

from __future__ import annotations

SIZE = 262_144


def fill(piece: str, before: str = "", after: str = "") -> bytes:
    """As many repetitions of a piece as fit into the size."""
    room = SIZE - len((before + after).encode())
    return (before + piece * (room // len(piece.encode())) + after).encode()


def numbered(piece: str, before: str = "", after: str = "") -> bytes:
    """As many pieces as fit, `{n}` in each replaced by its number."""
    pieces, room, n = [before], SIZE - len(before) - len(after), 0
    while room >= (size := len(made := piece.replace("{n}", str(n)))):
        pieces.append(made)
        room, n = room - size, n + 1
    return "".join([*pieces, after]).encode()


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
    "inline tables": numbered("k{n}={a.a.a.a.a.a.a={b.b.b.b.b.b.b=1}}\n"),
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
JSON: dict[str, bytes] = {
    "unknown keys": numbered('"k{n}":1,', "{", '"x":1}'),
    "near misses": numbered('"fol{n}":1,', '{"rows":[{', '"x":1}]}'),
    "the same key": fill('"a":1,', "{", '"a":1}'),
    "keys twice": numbered('"k{n}":1,"k{n}":1,', "{", '"x":1}'),
    "a key twice in each row": fill('{"eta":1,"eta":2},', '{"rows":[', "{}]}"),
    "empty rows": fill("{},", '{"rows":[', "{}]}"),
    "empty contexts": fill("{},", '{"contexts":[', "{}]}"),
    "losses": fill('"sse",', '{"losses":[', '"sse"]}'),
    "numbers": fill("1,", '{"seed":[', "1]}"),
    "a long key": fill("k", '{"', '":1}'),
    "a long text": fill("x", '{"name":"', '"}'),
    "control characters": fill("\\u0001", '{"title":"', '"}'),
    "halves of characters": fill("\\ud800", '{"title":"', '"}'),
    "keys with halves of characters": fill('{"\\ud800":1},', '{"rows":[', "{}]}"),
    "nested objects": fill('{"a":'),
    "nested lists": fill("["),
    "digits": fill("9", '{"seed":', "}"),
    "400 digits": fill("9" * 400 + ",", '{"seed":[', "1]}"),
    "digits of a fraction": fill("1", '{"seed":0.', "}"),
    "digits of an exponent": fill("1", '{"seed":1e', "}"),
    "NaN": fill("NaN,", '{"seed":[', "Infinity]}"),
    "a claim with unknown keys": numbered('"k{n}":1,', '{"document":{"claim":{', '"x":1}},"rows":[]}'),
    "blanks": fill(" "),
    "quotes": fill('"'),
    "bytes": b"\xff" * SIZE,
}
_WIDE = "eta,alpha,value,loss,context,fold,repeat,diverged,state,phase,arm,block,run,trial,n_test,correct\n"
CSV: dict[str, bytes] = {
    "columns": fill("c,", "eta,alpha,value,"),
    "columns that are near misses": fill("fold1,", "eta,alpha,value,"),
    "a hundred long columns": (
        "eta,alpha,value," + ",".join(f"fol{'d' * 2_000}{n}" for n in range(97)) + "\n"
    ).encode(),
    "rows": fill("0.1,0.5,93\n", "eta,alpha,value\n"),
    "wide rows": fill("x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x\n", _WIDE)[:160_000],
    "rows of many cells": fill("1," * 99 + "1\n", "eta,alpha,value\n"),
    "one row": fill(",", "eta,alpha,value\n"),
    "rows without a block": b"eta,alpha,value,arm,phase\n" + b"0.1,0.5,0.9,claim,confirm\n" * 5_000,
    "one cell": fill("x", 'eta,alpha,value\n"', '"'),
    "a text without an end": fill("x\n", 'eta,alpha,value\n"'),
    "quotes": fill('"', "eta,alpha,value\n"),
    "line ends": fill("\n", "eta,alpha,value\n"),
    "digits": fill("9", "eta,alpha,value,fold\n0.1,0.5,0.9,"),
    "400 digits": fill("0.1,0.5,93," + "9" * 400 + "\n", "eta,alpha,value,fold\n"),
    "NUL": fill("\0"),
    "bytes": b"\xff" * SIZE,
}
FORMS: dict[str, tuple[str, bytes]] = {
    "10,000 fields": ("application/x-www-form-urlencoded", "&".join(f"f{n}={n}" for n in range(10_000)).encode()),
    "one field": ("application/x-www-form-urlencoded", fill("x", "document=")),
    "10,000 parts": (
        "multipart/form-data; boundary=x",
        fill('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n', after="--x--\r\n"),
    ),
    "one part": (
        "multipart/form-data; boundary=x",
        fill("x", '--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n', "\r\n--x--\r\n"),
    ),
}
CURSORS = [
    *("W05hTiwxLDFd", "W0luZmluaXR5LDEsMV0", "Wy1JbmZpbml0eSwxLDFd", "WzFlOTk5LDEsMV0"),  # [NaN,1,1] ... [1e999,1,1]
    *("W10", "WzFd", "WzEsMV0", "e30", "bnVsbA", "W251bGwsMSwxXQ", "WyIxIiwxLDFd", "W3RydWUsMSwxXQ", "WzEuNSwxLjUsMV0"),
    *("A" * 200, "W1tb" * 50, "OTk5OTk5" * 33, "_" * 200, "-" * 200, "=" * 200),
]
