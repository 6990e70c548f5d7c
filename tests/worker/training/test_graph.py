"""Work that cannot be recorded, on any machine: only the device's recorder is played here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from worker.training.graph import EpochGraph
from worker.training.memory import is_out_of_memory


@pytest.fixture(params=["ends", "cannot end"])
def _recorder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that records; where the work failed, ending the recording may fail too, as CUDA's does."""

    @contextmanager
    def record(_graph: object, capture_error_mode: str) -> Iterator[None]:
        assert capture_error_mode == "thread_local"
        yield
        if request.param == "cannot end":
            raise RuntimeError("operation failed due to a previous error during capture")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", object)
    monkeypatch.setattr(torch.cuda, "graph", record)


@pytest.mark.usefixtures("_recorder")
def test_memory_that_runs_out_while_recording_is_raised() -> None:
    def work() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(RuntimeError) as caught:
        EpochGraph().run(work)
    assert is_out_of_memory(caught.value), "so that the stack is halved"


@pytest.mark.usefixtures("_recorder")
def test_other_failures_leave_the_work_to_be_launched_step_by_step(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("operation not permitted when stream is capturing")

    graph = EpochGraph()
    with caplog.at_level(logging.WARNING):
        graph.run(work)
        graph.run(work)
    assert len(calls) == 3, "one recording that failed, two runs"
    (record,) = caplog.records
    assert "not permitted" in record.getMessage()
