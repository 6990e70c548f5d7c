"""The fused kernels in Triton's interpreter: what they are given, and a program that writes what comes out.

Triton reads TRITON_INTERPRET when it is imported, so this runs as a process of its own:

    TRITON_INTERPRET=1 python tests/support/fused_cases.py FILE
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from worker.training.lanes import LOSSES, Fold, Lane, Setup
from worker.training.minibatches import orders
from worker.training.networks import build_network
from worker.training.tiled import TiledLanes

SCRIPT = Path(__file__)
ROOT = SCRIPT.parents[2]
DTYPES = (torch.float32, torch.float64)
SCALES = (0.0, 1.0, 30.0, 1e4)
SHAPES = ((10, 80), (3, 32), (10, 16))  # classes, images: the last a minibatch of few, most of it padding
PADDING = 9
WILD = len(LOSSES)  # lanes behind those of each loss: with an infinity, with NaN, and one of zeros that has left


@dataclass(frozen=True)
class LossCase:
    """A chunk's logits, (8, K, n): a lane of each loss, and three that no neighbour may notice."""

    logits: Tensor
    is_true: Tensor
    share: Tensor
    losses: tuple[str, ...]


def loss_cases() -> Iterator[tuple[str, LossCase]]:
    """Every case with its name."""
    for dtype in DTYPES:
        for scale in SCALES:
            for classes, n in SHAPES:
                generator = torch.Generator().manual_seed(n)
                logits = torch.randn(len(LOSSES) + 3, classes, n, generator=generator, dtype=torch.float64)
                logits = (scale * logits).to(dtype)
                logits[WILD, 1, 2:] = torch.inf
                logits[WILD + 1, 0, 5] = torch.nan
                logits[WILD + 2] = 0.0
                is_true = torch.arange(n) % classes == torch.arange(classes).unsqueeze(1)
                is_true[:, -PADDING:] = False
                share = torch.full((n,), 1.0 / (n - PADDING), dtype=dtype)
                share[-PADDING:] = 0.0
                losses = (*LOSSES, "golden", "cross_entropy", "sse")
                yield f"{dtype} {scale} {classes} {n}", LossCase(logits, is_true, share, losses)


# Small folds whose last minibatch is odd; the wild lane diverges in its first steps, and two tiles are filled up.
TRAININGS = {
    "fig3": Setup(network="fig3", epochs=2, batch_size=48, drop_last=False),
    "mlp": Setup(network="mlp", epochs=1, batch_size=48, drop_last=False, update_rule="adam"),
    "softmax": Setup(network="softmax", epochs=2, batch_size=48, drop_last=False, schedule="cosine"),
}
TRAINED = [*(Lane(0.05, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)), Lane(5e307, 0.9, "cross_entropy", 7)]


def fold(dtype: torch.dtype = torch.float64) -> Fold:
    """100 training images, so that minibatches of 48 leave one of 4."""
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(120, 1, 8, 8, generator=generator, dtype=torch.float64).to(dtype)
    labels = torch.randint(0, 10, (120,), generator=generator)
    return Fold(images[:100], labels[:100], images[100:], labels[100:], classes=10)


def trained(network: str, lanes: list[Lane], *, fused: bool | None) -> tuple[Tensor, list[Tensor]]:
    """(steps, L) losses of a training, and the parameters of each lane in one row."""
    setup = TRAININGS[network]
    tiled = TiledLanes(build_network(network, (1, 8, 8), 10), setup, fold(), lanes, fused=fused)
    losses = [torch.from_numpy(tiled.train(order)) for order in orders(setup, 100)]
    rows = [torch.cat([part.flatten() for part in tiled.parameters(i).values()]) for i in range(len(lanes))]
    return torch.cat(losses), rows


def interpreted_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with these arguments, where a CPU stands for a device; one thread, as the interpreter has to have."""
    paths = os.pathsep.join([str(ROOT), str(SCRIPT.parent)])
    always = {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths, "TRITON_INTERPRET": "1"}
    variables = {**os.environ, **always, **environment}
    return subprocess.run([sys.executable, *arguments], env=variables, capture_output=True, text=True, timeout=600)


def written_by(script: Path, folder: Path) -> dict[str, Any]:
    """What such a program wrote into its file; the file lies in `folder`."""
    path = folder / "given.pt"
    done = interpreted_python(str(script), str(path))
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = torch.load(path)
    return found


def _interpreted_losses(case: LossCase) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    from worker.training.fused import ops

    lanes, classes, _ = case.logits.shape
    numbers = torch.tensor([LOSSES.index(loss) for loss in case.losses], dtype=torch.int32)
    gradient = torch.full_like(case.logits, torch.nan)
    rows = case.logits.new_full((lanes, 2 * classes + 5), torch.nan)  # biases lie in rows of other parameters
    bias, total = rows[:, 5 : 5 + classes], case.logits.new_full((lanes,), torch.nan)
    ops.softmax_loss(case.logits, case.is_true, case.share, numbers, gradient, total, bias, False)
    once = (total.clone(), bias.clone())
    ops.softmax_loss(case.logits, case.is_true, case.share, numbers, gradient, total, bias, True)
    assert rows[:, :5].isnan().all() and rows[:, 5 + classes :].isnan().all(), "what lies beside is left alone"
    return (gradient, *once, total, bias)


def main(path: str) -> None:
    """Writes everything that the kernels give."""
    from worker.training.fused.self_check import usable

    assert usable(fold().train_images), "the self-check passes in the interpreter"
    losses = {name: _interpreted_losses(case) for name, case in loss_cases()}
    together = {network: trained(network, TRAINED, fused=None) for network in TRAININGS}
    alone = trained("fig3", TRAINED[2:3], fused=True)
    torch.save({"losses": losses, "together": together, "alone": alone}, path)


if __name__ == "__main__":
    main(sys.argv[1])
