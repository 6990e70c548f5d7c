"""An outage is logged once for each reason, and its end once."""

from __future__ import annotations

import pytest
import structlog
from captured_logs import captured_logs

from worker import outages as module
from worker.outages import Outages


@pytest.mark.parametrize("used", [False, True])
def test_an_outage_is_one_line(used: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "log", structlog.get_logger())
    if used:  # such a logger keeps the set-up of that time
        Outages().note("nothing is claimed", ConnectionError("before"))
    outages = Outages()
    with captured_logs() as lines:
        outages.over()
        for reason in ("moved", "moved", "removed", "removed"):
            outages.note("nothing is claimed", ConnectionError(reason), trials=1)
        outages.over()
        outages.over()
        outages.note("nothing is claimed", ConnectionError("removed"))
    assert [line.get("error") for line in lines] == ["moved", "removed", None, "removed"]
