"""The kernels are used where they agree with torch, and one sentence in the log says why where they are not."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch
from fused_cases import interpreted_python

from worker.training.fused import hidden_ops
from worker.training.fused.self_check import (
    ROUNDED_TOLERANCE,
    TOLERANCE,
    hidden_difference,
    largest_difference,
    recomputes,
    usable,
)

WITH_TRITON = pytest.mark.skipif(
    find_spec("triton") is None, reason="no Triton, so the self-check is NOT tested: pip install 'golden-study[gpu]'"
)
ASKED = """
import torch
from worker.training.fused import self_check
print([self_check.usable(torch.zeros(0, dtype=dtype)) for dtype in (torch.float32, torch.float64, torch.float64)])
"""


ASKED_OF_THE_HIDDEN_LAYER = """
import torch
from worker.training.fused import self_check
print([self_check.recomputes(torch.zeros(0), precision) for precision in ("fp32", "tf32")])
"""


def answered(before: str = "", **environment: str) -> tuple[str, str]:
    """What three questions are answered, two of them alike, and what is logged."""
    done = interpreted_python("-c", before + ASKED, **environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip(), done.stderr


def test_a_cpu_is_no_device_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert not usable(torch.zeros(0))
    assert not usable(torch.zeros(0, device="meta"))
    assert caplog.records == []


@WITH_TRITON
def test_kernels_that_agree_are_used() -> None:
    answer, log = answered()
    assert answer == "[True, True, True]"
    assert "fused" not in log


@WITH_TRITON
def test_kernels_that_differ_are_not_used_and_the_log_says_by_how_much() -> None:
    another_root = "from worker.training.fused import ops; ops.BATCH_NORM_EPSILON = 1e-2\n"  # baked into the kernel
    answer, log = answered(another_root)
    assert answer == "[False, False, False]"
    assert log.count("training without fused kernels: on cpu they differ from torch by") == 2


def test_without_triton_the_log_names_the_extra() -> None:
    answer, log = answered("import sys; sys.modules['triton'] = None\n")
    assert answer == "[False, False, False]"
    assert "there is no Triton; pip install 'golden-study[gpu]'" in log


def test_any_other_failure_is_a_reason_too() -> None:
    broken = "import sys; sys.modules['worker.training.fused.loss_kernel'] = object()\n"
    answer, log = answered(broken)
    assert answer == "[False, False, False]"
    assert "training without fused kernels: " in log


def test_the_variable_switches_them_off_and_the_log_says_so_once() -> None:
    answer, log = answered(GOLDEN_TRITON="0")
    assert answer == "[False, False, False]"
    assert log.count("training without fused kernels: GOLDEN_TRITON=0 switched them off") == 1


@WITH_TRITON
def test_the_hidden_layer_s_kernels_are_held_against_torch_by_precision() -> None:
    cutting = """
from worker.training.fused import hidden_ops
hidden_ops._constants = lambda *sizes: {"CHANNELS": sizes[0], "SIZE": sizes[1], "CLASSES": sizes[2], "SPLIT": False}
"""
    for before, expected in (("", "[True, True]"), (cutting, "[False, True]")):
        done = interpreted_python("-c", before + ASKED_OF_THE_HIDDEN_LAYER)
        assert done.stdout.strip() == expected, done.stderr[-3000:]
        assert done.stderr.count("training without fused kernels: on cpu they differ from torch by") == bool(before)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: the kernels are interpreted only")
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
def test_on_a_device_the_kernels_agree_and_are_used(dtype: torch.dtype) -> None:
    pytest.importorskip("triton", reason="no Triton, so the kernels are NOT tested on this device")
    like = torch.zeros(0, dtype=dtype, device="cuda")
    assert largest_difference(like) <= TOLERANCE[dtype]
    assert usable(like)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: the kernels are interpreted only")
@pytest.mark.parametrize("precision", [hidden_ops.EXACT, hidden_ops.ROUNDED])
def test_on_a_device_the_hidden_layer_s_kernels_agree_and_are_used(precision: str) -> None:
    pytest.importorskip("triton", reason="no Triton, so the kernels are NOT tested on this device")
    like = torch.zeros(0, device="cuda")
    assert hidden_difference(like, precision) <= (TOLERANCE[like.dtype] if precision == "fp32" else ROUNDED_TOLERANCE)
    assert recomputes(like, precision)
