"""An epoch as one CUDA graph: its thousands of kernel launches are recorded once and replayed as one."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

from worker.training.memory import is_out_of_memory

_log = logging.getLogger(__name__)


class EpochGraph:
    """Work that is the same kernels on the same addresses each time, recorded on the first call and then replayed.

    The work must have run once before, so that the libraries are set up, and must neither wait for the device nor
    allocate what outlives it. What cannot be recorded runs as it is, unless memory ran out: that is raised.
    """

    def __init__(self) -> None:
        self._graph: torch.cuda.CUDAGraph | None = None
        self._recordable = True

    def run(self, work: Callable[[], None]) -> None:
        """Runs the work, by replay where possible."""
        if self._graph is None and self._recordable:
            self._record(work)
        if self._graph is None:
            work()
        else:
            self._graph.replay()

    def _record(self, work: Callable[[], None]) -> None:
        graph = torch.cuda.CUDAGraph()
        failure: RuntimeError | None = None
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # nothing is executed yet
                failure = _error_of(work)
        except RuntimeError as error:  # the recording could not be ended, which may follow from what failed in it
            failure = failure or error
        if failure is None:
            self._graph = graph
        elif is_out_of_memory(failure):  # a smaller stack can be recorded
            try:
                raise failure
            finally:
                del failure  # it refers to this frame, and so to all that the work holds
        else:
            self._recordable = False
            message = "an epoch could not be recorded as a CUDA graph and is launched step by step: %s"
            _log.warning(message, failure)


def _error_of(work: Callable[[], None]) -> RuntimeError | None:
    """The error that the work raised; caught within the recording, whose end may raise another one in its place."""
    try:
        work()
    except RuntimeError as error:
        return error
    return None
