"""The hidden layer's kernels in Triton's interpreter: what they are given, and a program that writes what they give.

TRITON_INTERPRET=1 python tests/support/hidden_cases.py FILE
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from fused_cases import TRAINED, WILD, fold
from torch import Tensor

from worker.training.fused import hidden_ops as ops
from worker.training.lanes import Lane, Setup
from worker.training.minibatches import orders
from worker.training.networks import build_network
from worker.training.products import Plain, Rounded, to_tf32
from worker.training.recomputing_tile import RecomputingTile
from worker.training.tiled import TiledLanes

SCRIPT = Path(__file__)
SOUND, LEFT_OUT, WITH_NAN = [0, 1], 2, 3  # lanes
PADDING = 5
SETUP = Setup(network="fig3", epochs=1, batch_size=48, drop_last=False)
LANES = [*TRAINED[:WILD], dataclasses.replace(TRAINED[WILD], eta=1e30)]


@dataclass(frozen=True)
class Shape:
    """Of a hidden layer of patches, and of a chunk."""

    channels: int = 20
    size: int = 26  # pixels of a patch and a one
    classes: int = 10
    positions: int = 5
    n: int = 128
    precision: str = ops.EXACT


SHAPES = {
    "the paper's": Shape(),
    "rounded": Shape(precision=ops.ROUNDED),
    "more positions than parts": Shape(channels=3, size=5, positions=101, n=16),
    "part of a block": Shape(n=48),
    "of few images": Shape(n=16),
    "two blocks, few classes": Shape(channels=5, size=10, classes=3, positions=3, n=160),
    "widest": Shape(channels=32, size=32, classes=16, positions=2, n=32),
}


@dataclass(frozen=True)
class Given:
    """What the kernels are given; four lanes."""

    patches: Tensor
    first: Tensor
    last: Tensor
    bias: Tensor
    slope: Tensor


def given(shape: Shape) -> Given:
    """Random numbers; last columns are padding."""
    generator = torch.Generator().manual_seed(shape.n)

    def draw(*sizes: int) -> Tensor:
        return torch.randn(*sizes, generator=generator)

    patches, first = draw(shape.size, shape.positions * shape.n), draw(4, shape.channels, shape.size)
    patches.view(shape.size, shape.positions, shape.n)[:, :, -PADDING:] = 0.0
    first[WITH_NAN, 1, 2] = torch.nan
    rows = draw(4, shape.classes * (shape.channels * shape.positions + 1) + 3)  # other parameters lie beside
    last = rows[:, 1 : -2 - shape.classes].view(4, shape.classes, -1)
    return Given(patches, first, last, rows[:, -2 - shape.classes : -2], draw(4, shape.classes, shape.n))


def by_torch(case: Given, shape: Shape) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, and the gradients of the last layer and the first, in float64 where the precision does not round."""
    rounds = shape.precision == ops.ROUNDED
    multiply = (Rounded(to_tf32) if rounds else Plain()).multiply
    dtype = torch.float32 if rounds else torch.float64
    numbers = (case.patches, case.first, case.last, case.bias, case.slope)
    patches, first, last, bias, slope = (part.to(dtype) for part in numbers)
    z = multiply(first.flatten(0, 1), patches, out=patches.new_empty(4 * shape.channels, patches.shape[1]))
    outputs = z.clamp_min(0.0).view(4, -1, shape.n)
    logits = multiply(last, outputs, out=torch.empty_like(slope)) + bias.unsqueeze(2)
    of_last = multiply(slope, outputs.mT, out=torch.empty_like(last))
    flowing = multiply(last.mT, slope, out=torch.empty_like(outputs)).view(z.shape)
    of_first = multiply(torch.where(z <= 0.0, 0.0, flowing), patches.mT, out=torch.empty_like(first).flatten(0, 1))
    return logits, of_last, of_first.view(first.shape)


def interpreted(shape: Shape) -> dict[str, tuple[Tensor, ...]]:
    """The same by the kernels, written anew and then added to what is there."""
    case, alive = given(shape), torch.tensor([number != LEFT_OUT for number in range(4)])
    inputs = (alive, case.patches, case.first, case.last)
    parts = torch.full((ops.forward_parts(shape.positions), *case.slope.shape), 7.0)
    ops.hidden_logits(*inputs, case.bias, parts, shape.precision)
    logits = torch.full_like(case.slope, torch.nan)
    ops.add_up(parts, logits, False)
    rows = torch.full((4, 2 + case.last[0].numel()), torch.nan)
    of_last, of_first = rows[:, 1:-1].view(case.last.shape), torch.full_like(case.first, torch.nan)
    found = []
    for add in (False, True):
        parts = torch.full((ops.backward_parts(shape.positions), *case.first.shape), 7.0)
        ops.hidden_gradients(*inputs, case.slope, of_last, parts, shape.precision, add)
        ops.add_up(parts, of_first, add)
        found.append((of_last.clone(), of_first.clone()))
    assert rows[:, [0, -1]].isnan().all(), "what lies beside is left alone"
    return {"once": (logits, *found[0]), "twice": found[1]}


def trained(lanes: list[Lane], *, fused: bool | None) -> tuple[Tensor, list[dict[str, Tensor]], list[Tensor]]:
    """(steps, L) losses, the lanes' parameters, and what the first of them gives for the test images, by two ways."""
    data = fold(torch.float32)
    tiled = TiledLanes(build_network("fig3", (1, 8, 8), 10), SETUP, data, lanes, fused=fused)
    assert (type(tiled._tiles[0]) is RecomputingTile) == (fused is not False)
    losses = [torch.from_numpy(tiled.train(order)) for order in orders(SETUP, 100)]
    tile, chunk = tiled._tiles[0], tiled._chunks_of_test()[0]
    first = tile.first_weights(tiled._moments)
    logits = [tile.logits(chunk, first)[0], tile.layer_outputs(chunk, first, None)[1][0]]
    return torch.cat(losses), [tiled.parameters(number) for number in range(len(lanes))], logits


def main(path: str) -> None:
    """Writes everything that the kernels give."""
    kernels = {name: interpreted(shape) for name, shape in SHAPES.items()}
    together, alone = trained(LANES, fused=None), trained(LANES[2:3], fused=True)
    torch.save({"kernels": kernels, "together": together, "alone": alone}, path)


if __name__ == "__main__":
    main(sys.argv[1])
