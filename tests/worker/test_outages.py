"""An outage is logged once for each reason, and its end once."""

from __future__ import annotations

from structlog.testing import capture_logs

from worker.outages import Outages


def test_an_outage_is_one_line() -> None:
    outages = Outages()
    with capture_logs() as lines:
        outages.over()
        for reason in ("moved", "moved", "removed", "removed"):
            outages.note("nothing is claimed", ConnectionError(reason), trials=1)
        outages.over()
        outages.over()
        outages.note("nothing is claimed", ConnectionError("removed"))
    assert [line.get("error") for line in lines] == ["moved", "removed", None, "removed"]
