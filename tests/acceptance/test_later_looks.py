"""A study that did not decide is extended with real processes: a service, a worker, and the command line's client."""

from __future__ import annotations

from processes import Start
from waiting import wait_until

from service.client import Client
from studies.language.spec import parse
from studies.plan.later_looks import runs_after
from studies.report.document import verify_report

STUDY = """
name = "small"
losses = ["golden"]
[[contexts]]
name = "digits"
dataset = "digits"
images = 300
epochs = 1
batch_size = 64
[claim]
margin_sigmas = 0.4
[search_space.eta]
low = 0.001
high = 30.0
[design]
kind = "locate"
widen = false
map_points = 16
claim_replicates = 4
zoom_points = 8
confirm_blocks = 2
mates = []
folklore = false
[replication]
folds = 3
"""
MOST = 8 + 2 * 6  # runs of the second look: zoom points, and two blocks of at most six arms


def test_an_undecided_study_trains_another_look_and_no_more_than_it_was_granted(server: str, start: Start) -> None:
    start("golden-worker", "--device", "cpu", "--poll-seconds", "0.2")
    spec = parse(STUDY, form="toml")
    with Client(server) as client:
        client.submit(spec)
        wait_until(lambda: client.study("small").summary.state == "complete", what="the first look")
        first = client.study("small").summary.runs_expected
        before = client.verdict("small").sweeps[0]
        assert (before.outcome, before.looks) == ("inconclusive", 1)
        assert before.needed is not None, before.reasons
        (item,) = client.forecast("small").sweeps
        assert item.needed == before.needed
        added = runs_after(spec.design, before)  # type: ignore[arg-type]
        assert added <= MOST
        assert client.extend_until_decided("small", added + 3).summary.state == "running"
        wait_until(lambda: client.study("small").summary.state == "complete", what="the second look")
        summary = client.study("small").summary
        assert summary.runs_done == summary.runs_expected == first + added
        assert summary.runs_granted == 0
        assert client.verdict("small").sweeps[0].looks == 2
        assert verify_report(client.report("small")) == []
