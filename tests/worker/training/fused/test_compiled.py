"""The kernels compiled ahead of time for devices that are not here: A100 (sm_80) and H100 (sm_90)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from worker.training.fused import hidden_ops, ops
from worker.training.losses import GAP_FLOOR
from worker.training.networks import BATCH_NORM_EPSILON

pytestmark = pytest.mark.skipif(
    find_spec("triton") is None, reason="no Triton, so NO kernel is compiled: pip install 'golden-study[gpu]'"
)

TYPES = {torch.float32: "fp32", torch.float64: "fp64"}
COUNTS = ("bias_row", "n", "row", "gradient_row", "channels", "lanes", "positions", "of_part", "numbers")
PATCHES = (25, 75)  # pixels of a 5x5 patch: grey, colours
CASES = [
    *(("softmax_loss", {"CLASSES": classes, "ADD": add}) for classes, add in ((10, False), (10, True), (100, False))),
    *(("fuse", {"SIZE": size}) for size in PATCHES),
    *(("backward", {"SIZE": size}) for size in PATCHES),
]


HIDDEN = [
    *(("logits", {"SPLIT": split}, n) for split in (True, False) for n in hidden_ops.FORWARD),
    *(("gradients", {"SPLIT": split, "ADD": False}, n) for split in (True, False) for n in hidden_ops.BACKWARD),
]


ROUNDED_STACK = 16  # bytes: rounding to TF32 by hand costs registers, and Triton 3.9 lays four numbers aside; 3.6 none


def compiled(name: str, shape: dict[str, Any], dtype: torch.dtype, architecture: int) -> Any:
    """A kernel of loss or batch norm for a device."""
    from worker.training.fused import batch_norm_kernel, loss_kernel

    if name == "softmax_loss":
        kernel, blocks = loss_kernel.softmax_loss, ops.loss_blocks(shape["CLASSES"])
        constants = {"FLOOR": GAP_FLOOR[dtype], **shape, **blocks}
    else:
        kernel, blocks = getattr(batch_norm_kernel, name), ops.norm_blocks(shape["SIZE"])
        constants = {**({"EPSILON": BATCH_NORM_EPSILON} if name == "fuse" else {}), **shape, **blocks}
    return compiled_kernel(kernel, constants, dtype, architecture)


def compiled_kernel(
    kernel: Any, constants: dict[str, Any], dtype: torch.dtype, architecture: int, *, by_16: Sequence[str] = ()
) -> Any:
    """Of a device's architecture; what is a constant and no argument is an option of the compiler.

    `by_16` are counts that are multiples of 16, as the compiler is told at a launch; it then takes addresses so too.
    """
    import triton
    from triton.backends.compiler import GPUTarget

    options = {name: value for name, value in constants.items() if name not in kernel.arg_names}
    constants = {name: value for name, value in constants.items() if name in kernel.arg_names}
    pointers = {"is_true": "*i1", "alive": "*i1", "loss_of": "*i32"}
    types = pointers | dict.fromkeys(COUNTS, "i32") | dict.fromkeys(constants, "constexpr")
    signature = {argument: types.get(argument, f"*{TYPES[dtype]}") for argument in kernel.arg_names}
    told = [name for name, kind in signature.items() if by_16 and (kind.startswith("*") or name in by_16)]
    hints = {(kernel.arg_names.index(name),): [["tt.divisibility", 16]] for name in told}
    source = triton.compiler.ASTSource(kernel, signature, constants, hints)
    return triton.compile(source, target=GPUTarget("cuda", architecture, 32), options={**options, **ops.OPTIONS})


def usage(cubin: bytes, folder: Path) -> dict[str, int]:
    """Registers of a thread, and bytes of its stack and local memory, where spilled registers would lie."""
    import triton.backends.nvidia

    path = folder / "kernel.cubin"
    path.write_bytes(cubin)
    tool = Path(triton.backends.nvidia.__file__).with_name("bin") / "cuobjdump"
    shown = subprocess.run([tool, "--dump-resource-usage", path], capture_output=True, text=True, check=True).stdout
    return {key: int(value) for key, value in re.findall(r"\b(REG|STACK|LOCAL):(\d+)", shown)}


@pytest.mark.parametrize("architecture", [80, 90], ids=["sm_80", "sm_90"])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_kernels_compile_without_a_spill(
    name: str,
    shape: dict[str, Any],
    dtype: torch.dtype,
    architecture: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "cache"))
    made = compiled(name, shape, dtype, architecture)
    used = usage(made.asm["cubin"], tmp_path)
    assert used["STACK"] == used["LOCAL"] == 0, used
    assert 0 < used["REG"] <= 160, used  # 255 is the most that a thread can have
    if dtype == torch.float64:
        assert re.search(r"\bf32\b", made.asm["ttir"]) is None, "no number passes through float32"


@pytest.mark.parametrize("architecture", [80, 90], ids=["sm_80", "sm_90"])
@pytest.mark.parametrize(("name", "constants", "n"), HIDDEN, ids=str)
def test_kernels_of_the_hidden_layer_compile_without_a_spill(
    name: str, constants: dict[str, Any], n: int, architecture: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the paper's network, in each block that some number of images takes; tensor cores do the products.

    Rounded operands are the exception: a few bytes.
    """
    from worker.training.fused import hidden_kernel

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "cache"))
    warps = hidden_ops.FORWARD if name == "logits" else hidden_ops.BACKWARD
    shape = {"CHANNELS": 20, "SIZE": 26, "CLASSES": 10, **hidden_ops.blocks(n, warps, 20, 26, 10)}
    kernel, even = getattr(hidden_kernel, name), ("n", "positions", "row", "gradient_row")
    made = compiled_kernel(kernel, {**shape, **constants}, torch.float32, architecture, by_16=even)
    used = usage(made.asm["cubin"], tmp_path)
    assert used["LOCAL"] == 0 and used["STACK"] <= (0 if constants["SPLIT"] else ROUNDED_STACK), used
    assert 0 < used["REG"] <= 255, used
    assert re.search(r"(wg)?mma[^;]*tf32", made.asm["ptx"])
