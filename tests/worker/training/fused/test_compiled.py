"""The kernels compiled ahead of time for devices that are not here: A100 (sm_80) and H100 (sm_90)."""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from worker.training.fused import ops
from worker.training.losses import GAP_FLOOR
from worker.training.networks import BATCH_NORM_EPSILON

pytestmark = pytest.mark.skipif(
    find_spec("triton") is None, reason="no Triton, so NO kernel is compiled: pip install 'golden-study[gpu]'"
)

TYPES = {torch.float32: "fp32", torch.float64: "fp64"}
COUNTS = ("bias_row", "n", "row", "gradient_row", "channels")
PATCHES = (25, 75)  # pixels of a 5x5 patch: grey, colours
CASES = [
    *(("softmax_loss", {"CLASSES": classes, "ADD": add}) for classes, add in ((10, False), (10, True), (100, False))),
    *(("fuse", {"SIZE": size}) for size in PATCHES),
    *(("backward", {"SIZE": size}) for size in PATCHES),
]


def compiled(name: str, shape: dict[str, Any], dtype: torch.dtype, architecture: int) -> Any:
    """The kernel for a device."""
    import triton
    from triton.backends.compiler import GPUTarget

    from worker.training.fused import batch_norm_kernel, loss_kernel

    if name == "softmax_loss":
        kernel, blocks = loss_kernel.softmax_loss, ops.loss_blocks(shape["CLASSES"])
        constants = {"FLOOR": GAP_FLOOR[dtype], **shape, **blocks}
    else:
        kernel, blocks = getattr(batch_norm_kernel, name), ops.norm_blocks(shape["SIZE"])
        constants = {**({"EPSILON": BATCH_NORM_EPSILON} if name == "fuse" else {}), **shape, **blocks}
    warps = constants.pop("num_warps")
    pointers = (
        {"is_true": "*i1", "loss_of": "*i32"} | dict.fromkeys(COUNTS, "i32") | dict.fromkeys(constants, "constexpr")
    )
    signature = {argument: pointers.get(argument, f"*{TYPES[dtype]}") for argument in kernel.arg_names}
    source = triton.compiler.ASTSource(kernel, signature, constants)
    return triton.compile(
        source, target=GPUTarget("cuda", architecture, 32), options={"num_warps": warps, **ops.OPTIONS}
    )


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
