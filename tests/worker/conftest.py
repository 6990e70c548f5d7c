"""Logs as the worker writes them."""

import pytest

from worker.logs import configure_logs


@pytest.fixture(autouse=True)
def worker_logs() -> None:
    """Plain console lines: the default renderer's tracebacks take seconds."""
    configure_logs("console")
