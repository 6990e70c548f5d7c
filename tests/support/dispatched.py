"""An epoch as the device sees it: the calls of torch that reach it, one after the other.

The meta device stands for an accelerator here: it knows shapes and holds no numbers, so a training on it shows on any
machine what would cross to or from the device, and what a recording of an epoch would freeze.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from worker.training.lanes import Fold, Lane, Setup
from worker.training.minibatches import orders
from worker.training.networks import build_network
from worker.training.tiled import TiledLanes

_ATEN = torch.ops.aten
_READ_BACK = {  # their answer depends on numbers that lie on the device, so the host waits for them
    _ATEN._local_scalar_dense,
    _ATEN.equal,
    _ATEN.is_nonzero,
    _ATEN.masked_select,
    _ATEN.nonzero,
    _ATEN._unique2,
}
_FROM_PYTHON = ("tensor", "as_tensor", "asarray", "new_tensor")  # functions whose numbers are Python's
_BY_MASK = {_ATEN.index, _ATEN.index_put, _ATEN.index_put_}


class Calls(TorchDispatchMode):
    """Keeps a line for each call, and fails where numbers go to the device or come back from it."""

    def __init__(self, device: str = "meta") -> None:
        super().__init__()
        self.device = device
        self.lines: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs the call and looks at what went in and came out."""
        result = func(*args, **(kwargs or {}))
        given = tree_leaves((args, kwargs or {}))
        tensors = [value for value in (*given, *tree_leaves(result)) if isinstance(value, Tensor)]
        if any(tensor.device.type == self.device for tensor in tensors):
            assert_stays(func, tensors)
            self.lines.append(line_of(func, given))
        return result


def reads_back(func: Any, tensors: Sequence[Tensor]) -> bool:
    """True if a call's answer depends on numbers that lie on the device."""
    packet = func.overloadpacket
    return packet in _READ_BACK or (packet in _BY_MASK and any(tensor.dtype == torch.bool for tensor in tensors))


def assert_stays(func: Any, tensors: Sequence[Tensor]) -> None:
    """Fails where a call reads a number back from the device, or works on two devices.

    Args:
        func: the call.
        tensors: that go into it and, where it has run, come out of it.
    """
    if reads_back(func, tensors):
        raise AssertionError(f"{func} reads a number back from the device")
    if len({tensor.device for tensor in tensors}) > 1:
        raise AssertionError(f"{func} works on two devices: {[tensor.device.type for tensor in tensors]}")


def line_of(func: Any, given: Sequence[object]) -> str:
    """A call as a recording keeps it."""
    return f"{func} {[_described(value) for value in given]}"


class NothingFromPython(TorchFunctionMode):
    """Fails where numbers of Python's become a tensor on the device, which torch does below its calls."""

    def __init__(self, device: str = "meta") -> None:
        super().__init__()
        self.device = device

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs the function and looks at what came out."""
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name in _FROM_PYTHON and isinstance(result, Tensor) and result.device.type == self.device:
            raise AssertionError(f"{name} sends numbers of Python's to the device")
        return result


class Recording(TorchDispatchMode):
    """An epoch as a CUDA graph would record it, on a CPU: the same calls again, on the same addresses, with the same
    numbers. What Python does between the calls is not repeated."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs and records the call; its tensors are kept, so that no address is used twice."""
        result = func(*args, **(kwargs or {}))
        self._calls.append((func, args, kwargs or {}, result))
        return result

    def replay(self) -> None:
        """Runs the recorded calls; new tensors go where those of the recording lie."""
        for func, args, kwargs, recorded in self._calls:
            result = func(*args, **kwargs)
            for new, old in zip(tree_leaves(result), tree_leaves(recorded), strict=True):
                if isinstance(new, Tensor) and new.untyped_storage().data_ptr() != old.untyped_storage().data_ptr():
                    old.copy_(new)


def _described(value: object) -> object:
    """What a recording keeps of an argument: a tensor's place and shape, a number's value."""
    return (tuple(value.shape), value.dtype) if isinstance(value, Tensor) else value


def epochs_on_meta(setup: Setup, lanes: Sequence[Lane]) -> Iterator[list[str]]:
    """The calls of each epoch of a training, without the one that sends its order.

    Raises:
        AssertionError: numbers went to the device or came back from it between two steps.
    """

    def draw(n: int) -> tuple[Tensor, Tensor]:
        return torch.empty(n, 1, 8, 8, device="meta"), torch.empty(n, dtype=torch.int64, device="meta")

    fold = Fold(*draw(100), *draw(10), classes=10)
    tiled = TiledLanes(build_network(setup.network, (1, 8, 8), 10), setup, fold, lanes)
    for order in orders(setup, 100):
        on_device = order.to("meta")
        with NothingFromPython(), Calls() as calls:
            tiled._epoch(on_device)
        yield calls.lines
