"""The folder of rules: what is found there, and views of the parameters in a row."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from worker.training import rules
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, Setup
from worker.training.networks import build_network, initial_parameters
from worker.training.rules import names, norm, rule
from worker.training.stack import Stack
from worker.training.state import Parameters, layout_of


def test_a_rule_is_its_file() -> None:
    assert {"heavy_ball", "nesterov"} <= set(names())
    assert "__init__" not in names()


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="update_rule"):
        rule("os")


@pytest.mark.parametrize("name", names())
def test_every_rule_has_what_the_engine_asks_of_it(name: str) -> None:
    found = rule(name)
    assert len(set(found.BUFFERS)) == len(found.BUFFERS)
    assert set(found.SCALARS.values()) <= {"lane", "tensor"}
    assert all(isinstance(value, float) for value in found.NUMBERS.values())
    assert all(allowed for allowed in found.CHOICES.values())
    assert not set(found.NUMBERS) & set(found.CHOICES)
    assert {type(found.ETA), type(found.ALPHA), type(found.OWN_DECAY)} == {bool}
    assert "Source" in str(found.__doc__) or "Eq." in str(found.__doc__), "its docstring names a source"


@pytest.mark.parametrize("network", ["fig3", "mlp", "softmax"])
def test_parts_are_views_of_the_named_parameters(network: str) -> None:
    structure = build_network(network, (1, 8, 8), 10)
    rows = Parameters.zeros(structure, 3, torch.empty(0))
    for part in layout_of(structure).parts:
        view = part.of(rows.flat)
        assert view.data_ptr() == rows.views[part.name].data_ptr()
        assert view.shape == rows.views[part.name].shape
        assert sorted(part.outs + part.ins) == list(range(1, view.dim()))
        if part.kind == "matrix":
            view[1] = 2.0
            columns, rows_ = norm(view, part.outs)[1], norm(view, part.ins)[1]
            whole = norm(part.flat(rows.flat))[1]
            outs, ins = view.shape[1:]
            assert columns.flatten().tolist() == pytest.approx([2.0 * outs**0.5] * ins)
            assert rows_.flatten().tolist() == pytest.approx([2.0 * ins**0.5] * outs)
            assert float(whole) == pytest.approx(2.0 * (outs * ins) ** 0.5)
    assert {part.kind for part in layout_of(structure).parts} == {"matrix", "bias"} | (
        {"norm"} if network == "fig3" else set()
    )


SIGN = '''
"""Signs of gradients only: w <- w - eta sign(g). Source: Bernstein et al. 2018."""

from worker.training.rules import Step

BUFFERS, SCALARS, NUMBERS, CHOICES = (), {}, {}, {}
ETA, ALPHA, OWN_DECAY = True, False, False


def step(s: Step) -> None:
    """One step of every lane."""
    s.weights.addcmul_(s.gradient.sign_(), s.eta, value=-1.0)
'''


@pytest.mark.usefixtures("backend")
def test_a_file_of_ones_own_is_a_rule_at_once(
    make_fold: Callable[..., Fold], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, setup, lane = make_fold(), Setup(update_rule="signs", epochs=1, batch_size=50), Lane(0.001, 0.0, "sse", 1)
    with pytest.raises(ValueError, match="update_rule"):
        train([lane], setup, fold)
    (tmp_path / "signs.py").write_text(SIGN, "utf-8")
    (tmp_path / "_helpers.py").write_text("", "utf-8")
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    names.cache_clear()
    try:
        assert "signs" in names()
        assert "_helpers" not in names()
        before = initial_parameters(build_network("fig3", (1, 8, 8), 10), lane.init_seed)["last.weight"]
        stack = Stack([lane], dataclasses.replace(setup, batch_size=200), fold)
        stack.run_epoch(1)
        moved = (stack.parameters(0)["last.weight"] - before).abs()
        torch.testing.assert_close(moved, torch.full_like(moved, 0.001), rtol=1e-9, atol=0.0)
    finally:
        names.cache_clear()
        rule.cache_clear()
        sys.modules.pop("worker.training.rules.signs", None)
