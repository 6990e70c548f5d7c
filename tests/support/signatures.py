"""Other spellings of a signature in URL-safe Base64, which decoders take for the same one."""

from __future__ import annotations

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def spellings(signed: str) -> list[str]:
    """The text with each last character that its decoder does not tell apart, its own among them.

    32 bytes are 256 bits, and 43 characters hold 258: the last two are ignored.
    """
    last = ALPHABET.index(signed[-1])
    return [signed[:-1] + ALPHABET[last // 4 * 4 + bits] for bits in range(4)]


def other_spelling(signed: str) -> str:
    """Another text with the same signature."""
    return next(text for text in spellings(signed) if text != signed)
