"""Labels that the result of a PromQL expression has: enough of the language for our alert rules, and no more.

Two vectors are matched by their labels, so an operator between vectors of different labels gives nothing, ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")
Labels = frozenset[str] | None  # None: a scalar
_TOKEN = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|[A-Za-z_:][\w:]*|\d[\d.e]*|[=!<>]=|[<>+\-*/(),]')
_LEVELS = (("or",), ("and", "unless"), ("==", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
_SETS = ("or", "and", "unless")
_AGGREGATIONS = ("sum", "max", "min", "avg", "count")


class UnmatchedError(ValueError):
    """Two vectors that can never match, or words that are not known here."""


class Expression:
    """An expression, parsed as its labels are asked for.

    Args:
        text: the expression.
        metrics: the labels of each metric.
    """

    def __init__(self, text: str, metrics: Mapping[str, frozenset[str]]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._metrics = metrics

    def labels(self) -> Labels:
        """Labels of the result.

        Raises:
            UnmatchedError: it can have no result.
        """
        found = self._binary(0)
        if self._tokens:
            raise UnmatchedError(f"cannot read {' '.join(self._tokens)!r}")
        return found

    def _binary(self, level: int) -> Labels:
        if level == len(_LEVELS):
            return self._operand()
        left = self._binary(level + 1)
        while self._tokens and self._tokens[0] in _LEVELS[level]:
            operator = self._tokens.pop(0)
            on = self._names() if self._taken("on") else None
            left = _matched(operator, left, self._binary(level + 1), on)
        return left

    def _operand(self) -> Labels:
        token = self._tokens.pop(0)
        if token == "(":
            return self._closed(self._binary(0))
        if token[0].isdigit():
            return None
        if token in _AGGREGATIONS:
            by = self._names() if self._taken("by") else frozenset()
            self._arguments()
            return self._names() if self._taken("by") else by
        if self._tokens[:1] == ["("]:
            return self._function(token)
        if token not in self._metrics:
            raise UnmatchedError(f"no metric is called {token}")
        while self._tokens and self._tokens[0][0] in "{[":
            self._tokens.pop(0)
        return self._metrics[token]

    def _function(self, name: str) -> Labels:
        vector = self._arguments()[-1]
        if name == "vector":
            return frozenset()
        if name not in ("rate", "increase", "delta", "histogram_quantile"):
            raise UnmatchedError(f"{name} is not known here")
        return vector - {"le"} if name == "histogram_quantile" and vector is not None else vector

    def _arguments(self) -> list[Labels]:
        self._tokens.pop(0)
        found = [self._binary(0)]
        while self._taken(","):
            found.append(self._binary(0))
        return self._closed(found)

    def _names(self) -> frozenset[str]:
        self._tokens.pop(0)
        end = self._tokens.index(")")
        names, self._tokens = self._tokens[:end], self._tokens[end + 1 :]
        return frozenset(names) - {","}

    def _closed(self, found: T) -> T:
        if not self._taken(")"):
            raise UnmatchedError("a bracket is open")
        return found

    def _taken(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True


def _matched(operator: str, left: Labels, right: Labels, on: frozenset[str] | None) -> Labels:
    if left is None or right is None:
        return left if right is None else right
    if on is None and left != right:
        raise UnmatchedError(f"{operator} between labels {sorted(left)} and {sorted(right)}")
    return left if on is None or operator in _SETS else on
