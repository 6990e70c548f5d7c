"""Logs as the worker writes them, and one thread for torch."""

from collections.abc import Iterator

import pytest
import torch

from worker.logs import configure_logs


@pytest.fixture(autouse=True)
def worker_logs() -> None:
    """Plain console lines: the default renderer's tracebacks take seconds."""
    configure_logs("console")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)  # many tests share few cores; bits do not depend on it


@pytest.fixture
def restored_threads() -> Iterator[None]:
    """For a test that gives torch other threads: afterwards it has those from before."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def threads_unchanged(_one_thread: None) -> Iterator[None]:
    """A test that leaves torch other threads than it found slows down every training after it."""
    before = torch.get_num_threads()
    yield
    after = torch.get_num_threads()
    torch.set_num_threads(before)
    assert after == before, "the test changed torch's threads: use the fixture `restored_threads`"
