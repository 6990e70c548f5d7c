"""Whole trainings on a device that is not there: shapes on the device, real numbers on the host.

What the host computes is computed. A tensor of the device has a shape, a type and a place and no numbers: torch's meta
device by default, or fake tensors on `cuda` where torch was built for it (`make gpu-dry`), so that every branch of the
engine for such devices is taken. Between the steps of an epoch nothing may go to the device or come back from it.
Elsewhere what comes back is counted and answered with ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import torch
from dispatched import NothingFromPython, assert_stays, line_of, reads_back
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from worker.training import dropout, tiled
from worker.training.native.rule_steps import RuleSteps
from worker.training.tiled import TiledLanes

_ATEN = torch.ops.aten
FREE = (64 << 30, 80 << 30)  # bytes of the device's memory: not taken, and all of it


class HostAndDevice(TorchDispatchMode):
    """Sends each call to the host or to the device, and watches what crosses between them.

    Attributes:
        calls: of the device in the steps, a line each; see `dispatched.line_of`.
        steps_watched: parts of trainings in which nothing may cross.
        reads: what came back from the device outside of them.
    """

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device
        self.calls: list[str] = []
        self.steps_watched = self.reads = 0
        self._stepping = False
        self._on_host: Callable[[], AbstractContextManager[Any]] = nullcontext
        if device != "meta":
            self._on_host = unset_fake_temporarily

    @contextmanager
    def stepping(self) -> Iterator[None]:
        """Within it every crossing is an AssertionError."""
        self._stepping, before = True, self._stepping
        self.steps_watched += 1
        try:
            with NothingFromPython(self.device):
                yield
        finally:
            self._stepping = before

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs a call where it belongs."""
        kwargs = kwargs or {}
        given = tree_leaves((args, kwargs))
        if not any(self._is_there(value) for value in given):
            with self._on_host():
                return func(*args, **kwargs)
        if func is _ATEN.fill_.Tensor and args[1].device.type == "cpu":  # `view[:n] = 1.0`, which is no transfer
            with self._on_host():
                number = args[1].item()
            return self.__torch_dispatch__(_ATEN.fill_.Scalar, types, (args[0], number))
        tensors = [value for value in given if isinstance(value, Tensor)]
        comes_back = self._comes_back(func, tensors, kwargs)
        if self._stepping:
            assert_stays(func, tensors)
            assert not comes_back, f"{func} reads a number back from the device"
            self.calls.append(line_of(func, given))
        elif comes_back:
            self.reads += 1
            return self._answer(func, args, kwargs)
        if kwargs.get("generator") is not None:  # the host's, in the place of the device's; see `dry_device`
            kwargs = {**kwargs, "generator": None}
        result = func(*args, **kwargs)
        if self._stepping:
            assert_stays(func, [*tensors, *(value for value in tree_leaves(result) if isinstance(value, Tensor))])
        return result

    def _is_there(self, value: object) -> bool:
        if isinstance(value, Tensor):
            return value.device.type == self.device
        return isinstance(value, torch.device) and value.type == self.device

    def _comes_back(self, func: Any, tensors: Sequence[Tensor], kwargs: dict[str, Any]) -> bool:
        if reads_back(func, tensors):
            return True
        packet = func.overloadpacket
        if packet is _ATEN._to_copy:
            goes_to = kwargs.get("device")
            return goes_to is not None and not self._is_there(goes_to)
        return packet is _ATEN.copy_ and not self._is_there(tensors[0])

    def _answer(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Ones in the place of what lies on the device; a choice of elements chooses all of them."""
        packet, first = func.overloadpacket, args[0]
        with self._on_host():
            if packet is _ATEN._to_copy:
                return torch.ones(first.shape, dtype=kwargs.get("dtype") or first.dtype)
            if packet is _ATEN.copy_:
                return first.fill_(1)
            if packet is _ATEN._local_scalar_dense:
                return torch.ones((), dtype=first.dtype).item()
        if packet in (_ATEN.equal, _ATEN.is_nonzero):
            return True
        if packet is _ATEN.index:
            (mask,) = args[1]
            return first.reshape(math.prod(mask.shape), *first.shape[mask.dim() :]).clone()
        raise NotImplementedError(f"{func} has no answer without a device")


class DryGraph:
    """An epoch that would be recorded: it has to be the same calls each time, with the same numbers of Python's."""

    def __init__(self, watched: HostAndDevice) -> None:
        self._watched = watched
        self._recorded: list[str] | None = None

    def run(self, work: Callable[[], None]) -> None:
        """See `EpochGraph`."""
        start = len(self._watched.calls)
        work()
        calls = self._watched.calls[start:]
        if self._recorded is None:
            self._recorded = calls
        elif calls != self._recorded:
            raise AssertionError("an epoch that would be replayed makes other calls than the recorded one")


@torch.no_grad()
def gradients(outputs: Tensor, inputs: Sequence[Tensor], grad_outputs: Tensor) -> list[Tensor]:
    """`torch.autograd.grad`, node by node in this thread: torch's own engine asks a CUDA device for its streams."""
    assert outputs.grad_fn is not None
    due: dict[Any, dict[int, Tensor]] = {outputs.grad_fn: {0: grad_outputs}}
    found: dict[int, Tensor] = {}
    for node in _ordered(outputs.grad_fn):
        arrived = due.pop(node, {})
        if hasattr(node, "variable"):
            found[id(node.variable)] = arrived[0].sum_to_size(node.variable.shape)  # as the engine does
            continue
        sent = node(*(arrived.get(place) for place in range(max(arrived) + 1)))
        for (following, place), value in zip(
            node.next_functions, sent if isinstance(sent, tuple) else (sent,), strict=True
        ):
            if following is not None and value is not None:
                into = due.setdefault(following, {})
                into[place] = into[place] + value if place in into else value
    return [found[id(tensor)] for tensor in inputs]


@contextmanager
def dry_device(device: str = "meta") -> Iterator[HostAndDevice]:
    """A device of that kind without numbers, and a watch over the steps of every training within.

    Replaced is what asks a real device: its free memory, its random generators, the recording of CUDA graphs, and
    autograd's engine by the same nodes one after the other. What trains is the engine itself.

    Args:
        device: "meta", or "cuda" with a torch that was built for it.
    """
    watched = HostAndDevice(device)

    def stepwise(work: Callable[..., None]) -> Callable[..., None]:
        def run(self: Any, *args: Any) -> None:
            on_device = any(watched._is_there(tensor) for tensor in _tensors_of(self))
            with watched.stepping() if on_device else nullcontext():
                work(self, *args)

        return run

    with ExitStack() as within:
        within.enter_context(patch.object(TiledLanes, "_epoch", stepwise(TiledLanes._epoch)))
        within.enter_context(patch.object(RuleSteps, "train", stepwise(RuleSteps.train)))
        within.enter_context(patch.object(tiled, "EpochGraph", lambda: DryGraph(watched)))
        within.enter_context(patch.object(dropout, "_seeded", lambda _, seed: torch.Generator().manual_seed(seed)))
        if device == "cuda":
            within.enter_context(patch.object(torch.autograd, "grad", gradients))
            within.enter_context(patch.object(torch.cuda, "mem_get_info", lambda *_: FREE))
            within.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        within.enter_context(watched)
        yield watched


def _tensors_of(trainer: TiledLanes | RuleSteps) -> list[Tensor]:
    return (
        [tile.state.weights for tile in trainer._tiles]
        if isinstance(trainer, TiledLanes)
        else [step.weights for step in trainer._steps]
    )


def _ordered(last: Any) -> list[Any]:
    """The nodes behind one, each before those that its gradients go to."""
    done: dict[Any, None] = {}

    def visit(node: Any) -> None:
        if node not in done:
            for following, _ in node.next_functions:
                if following is not None:
                    visit(following)
            done[node] = None

    visit(last)
    return [*reversed(done)]
