"""Memory of a pure function's last results: a sweep's map is fitted for its zone, its strip, its arms and its verdict.

Arguments are compared by their values, arrays bit by bit (`lately_of`: only an argument that is the same object is
known): a remembered result is the one that would be computed.
"""

from __future__ import annotations

import functools
import hashlib
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")


def lately(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember the `most` results that were asked for last; for functions of arrays, records of arrays and scalars.

    The function must be deterministic by its arguments, and nobody may change its results in place.
    """

    def remembering(function: Callable[P, T]) -> Callable[P, T]:
        found: OrderedDict[bytes, T] = OrderedDict()
        lock = threading.Lock()

        @functools.wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            key = _digest((args, tuple(sorted(kwargs.items()))))
            with lock:
                if key in found:
                    found.move_to_end(key)
                    return found[key]
            result = function(*args, **kwargs)
            with lock:
                found[key] = result
                while len(found) > most:
                    found.popitem(last=False)
            return result

        return asked

    return remembering


def lately_of(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember the `most` results for the very records that were asked about last, at no cost of comparing them.

    For functions of records or arrays that nobody changes; deterministic by them. Arguments that are named are not
    looked up.
    """

    def remembering(function: Callable[P, T]) -> Callable[P, T]:
        found: deque[tuple[tuple[object, ...], T]] = deque(maxlen=most)

        @functools.wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            if kwargs:
                return function(*args, **kwargs)
            for known, result in tuple(found):
                if all(one is other for one, other in zip(known, args, strict=True)):
                    return result
            result = function(*args, **kwargs)
            found.append((args, result))
            return result

        return asked

    return remembering


def _digest(value: Any) -> bytes:
    digest = hashlib.blake2b(digest_size=32)
    for part in _parts(value):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def _parts(value: Any) -> Iterator[bytes]:
    """The value as bytes, each part with what keeps it apart from others of the same bytes."""
    yield type(value).__name__.encode()
    if isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts(item)
        yield b"end"
    elif is_dataclass(value):
        for each in fields(value):
            yield from _parts(getattr(value, each.name))
        yield b"end"
    else:
        yield repr(value).encode()
