"""Seeds by name: every random choice of a study is a pure function of the study's seed and what the choice is for."""

from __future__ import annotations

import hashlib


def derive(seed: int, *purpose: str | int) -> int:
    """A seed in [0, 2**53) for one purpose, independent of all others.

    53 bits, so that it survives a JSON number unharmed. SHA-256 of the parts, so neighbouring studies share nothing.
    """
    text = "\x1f".join([str(seed), *map(str, purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11
