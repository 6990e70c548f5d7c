"""Memory of a function's last results: equal arguments are computed once, different ones never mixed up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.verdict.gaussian_process import fit_process
from studies.verdict.lately import lately, lately_of


@dataclass(frozen=True)
class Pair:
    first: NDArray[np.float64]
    second: NDArray[np.float64]


def counting(most: int) -> tuple[list[object], object]:
    asked: list[object] = []

    @lately(most)
    def function(*args: object, **kwargs: object) -> object:
        asked.append((args, kwargs))
        return object()

    return asked, function


def test_equal_arrays_are_computed_once_and_the_oldest_forgotten() -> None:
    asked, function = counting(2)
    assert callable(function)
    one = function(np.arange(3.0))
    assert function(np.arange(3.0)) is one
    function(np.arange(4.0))
    assert function(np.arange(3.0)) is one
    function(np.arange(5.0))
    assert len(asked) == 3
    function(np.arange(4.0))
    assert len(asked) == 4, "the one that was asked for longest ago"


def test_values_that_look_alike_are_told_apart() -> None:
    asked, function = counting(100)
    assert callable(function)
    x = np.array([1.0, 2.0])
    alike = [
        ((x,), {}),
        ((x.reshape(2, 1),), {}),
        ((x.view(np.int64),), {}),
        ((x[:1], x[1:]), {}),
        ((), {"x": x}),
        ((), {"y": x}),
        ((x, None), {}),
        ((Pair(x, x[:0]),), {}),
        ((Pair(x[:1], x[1:]),), {}),
        ((1,), {}),
        ((1.0,), {}),
        ((True,), {}),
        (("1",), {}),
        ((np.array([0.0]),), {}),
        ((np.array([-0.0]),), {}),
    ]
    for args, kwargs in alike:
        function(*args, **kwargs)
    assert len(asked) == len(alike)


def test_a_remembered_fit_is_the_fit() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 2)), rng.standard_normal(20)
    first = fit_process(x, y, blocks=np.zeros(20, dtype=np.int64))
    assert fit_process(x.copy(), y.copy(), blocks=np.zeros(20, dtype=np.int64)) is first
    assert fit_process(x, -y, blocks=np.zeros(20, dtype=np.int64)) is not first


def test_the_very_records_are_known_without_being_compared_and_the_oldest_forgotten() -> None:
    asked: list[object] = []

    @lately_of(2)
    def function(first: object, second: object) -> object:
        asked.append((first, second))
        return object()

    one, same, other = np.arange(3.0), np.arange(3.0), np.arange(4.0)
    found = function(one, other)
    assert function(one, other) is found
    assert function(same, other) is not found  # equal, but another array
    assert function(one, other) is found
    assert function(other, one) is not found
    assert function(one, other) is not found  # forgotten
    assert len(asked) == 4
    assert function(one, second=other) is not function(one, second=other)  # named arguments are not looked up
