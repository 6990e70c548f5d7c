"""Whole trainings on CUDA's branches of the engine, without a device: torch's fake tensors have shapes and no numbers.

    .venv-gpu/bin/python tests/acceptance/gpu_dry/run.py [--only WORD] [--wide]        (or: make gpu-dry)

Needs a torch that was built for CUDA, and numpy. Each training goes through the engine's one call: epochs that are
launched, would be recorded and replayed, looks at the test images, a lane that is frozen, lanes that leave and others
that are packed anew. A mixed device, a transfer or a number read between two steps fails it, and so does an epoch that
would be replayed and makes other calls than the recorded one. What such a run cannot show is any number: kernels,
rounding, speed, and the recording of CUDA graphs need a device (`make gpu`).
Exit status 0: all hold; 1: one does not; 77: something is missing here and nothing was run.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import torch
from dry_trainings import NARROW, Watched, train_dry, trainings

from worker.training.lanes import Setup
from worker.training.tiled import CUDA_LANES

NOT_RUN = 77


def main() -> int:
    """Trains all of them, prints a table, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="trainings whose name holds this")
    parser.add_argument("--wide", action="store_true", help="tiles as wide as on a device; slower, and the same calls")
    options = parser.parse_args()
    if torch.version.cuda is None:
        print(f"NOT RUN: torch {torch.__version__} was built without CUDA, install one that was (make gpu-dry does)")
        return NOT_RUN
    chosen = {name: setup for name, setup in trainings().items() if options.only in name}
    if not chosen:
        print(f"NOT RUN: no training's name holds `{options.only}`, leave `--only` out to see the names")
        return NOT_RUN
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, no device\n")
    print(f"{'training':44}{'device calls a part':>20}{'reads between parts':>21}{'seconds':>9}")
    width = CUDA_LANES if options.wide else NARROW
    failed = [name for name, setup in chosen.items() if not holds(name, setup, width)]
    print(f"\n{len(chosen) - len(failed)} of {len(chosen)} trainings cross nothing between their steps")
    return int(bool(failed))


def holds(name: str, setup: Setup, width: int) -> bool:
    """Trains one and prints its row."""
    start = time.perf_counter()
    try:
        row = figures(train_dry(setup, "cuda", width))
    except Exception as error:  # whatever the engine does wrong there is that training's result
        row = f"  FAILS: {type(error).__name__}: {str(error).splitlines()[0][:120]}"
    print(f"{name:44}{row}{time.perf_counter() - start:9.1f}", flush=True)
    return "FAILS" not in row


def figures(seen: Watched) -> str:
    """A row's figures; a part is an epoch of all lanes, or of one where each trains by itself."""
    return f"{seen.calls / seen.parts:20.0f}{seen.reads:21}"


if __name__ == "__main__":
    sys.exit(main())
