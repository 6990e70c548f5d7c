"""An epoch as one CUDA graph: its thousands of kernel launches are recorded once and replayed as one."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

_log = logging.getLogger(__name__)


class EpochGraph:
    """Work that is the same kernels on the same addresses each time, recorded on the first call and then replayed.

    The work must have run once before, so that the libraries are set up, and must neither wait for the device nor
    allocate what outlives it. What cannot be recorded runs as it is.
    """

    def __init__(self) -> None:
        self._graph: torch.cuda.CUDAGraph | None = None
        self._recordable = True

    def run(self, work: Callable[[], None]) -> None:
        """Does the work, by replay where possible."""
        if self._graph is None and self._recordable:
            self._record(work)
        if self._graph is None:
            work()
        else:
            self._graph.replay()

    def _record(self, work: Callable[[], None]) -> None:
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # nothing is executed yet
                work()
        except RuntimeError as error:
            self._recordable = False
            _log.warning("an epoch could not be recorded as a CUDA graph and is launched step by step: %s", error)
            return
        self._graph = graph
