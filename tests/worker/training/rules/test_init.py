"""The folder of rules: what is found there, and views of the parameters in a row."""

from __future__ import annotations

import pytest
import torch

from worker.training.networks import build_network
from worker.training.rules import names, norm, rule
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
