"""Trials from a service as a source: each answer may be lost, and still each run is made once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from invariants import check_at_rest
from leases import pass_time
from own_results import share_of
from own_trainers import submit
from serving import serving

from service import lease_source
from service.app import create_app
from service.client import Client
from service.client_errors import ClientError
from service.lease_source import ServiceSource
from service.settings import load
from studies.external import loop
from studies.external.loop import run_trials
from studies.external.source import Ending, Lease, SourceAwayError, StepValue
from studies.external.trial import CallableTrainer, Trial
from studies.records import ReportedRun
from studies.storage import listing, overview, queue, studies
from studies.storage.engine import Database, open_database


class Lossy(httpx.BaseTransport):
    """Requests reach the service; a share of the answers does not come back, those of leases and results alike."""

    def __init__(self, share: float) -> None:
        self._inner = httpx.HTTPTransport()
        self._chance = random.Random(20261126)
        self._share = share
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry the request out."""
        response = self._inner.handle_request(request)
        if self._chance.random() >= self._share:
            return response
        response.read()
        self.lost += 1
        raise httpx.ReadError("the answer is lost")

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


@pytest.fixture
def served(database_url: str) -> Iterator[tuple[str, Database]]:
    """Address and database of a service that moves studies on."""
    db = open_database(database_url)
    submit(db)
    with serving(create_app(load({}, database_url=database_url, tick_seconds=0.1), db)) as port:
        yield f"http://127.0.0.1:{port}", db
    db.dispose()


def ended(lease: Lease) -> Ending:
    """The end of a leased trial."""
    return Ending(lease.id, lease.token, {i: ReportedRun(0.5, seconds=1.0) for i in range(len(lease.runs))})


def train(trial: Trial) -> float:
    """The share that `own_results` expects of the same trial."""
    trial.report(1, 0.1)
    return share_of(trial["eta"], trial["alpha"], order_seed=trial.order_seed, init_seed=trial.seed)


def test_answers_that_are_lost_cost_no_run_and_no_attempt(
    served: tuple[str, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "RETRY_SECONDS", 0.05)
    url, db = served
    lossy = Lossy(0.4)
    with Client(url, transport=lossy) as client:
        source = ServiceSource(client, worker="w", study="own", lease_seconds=3600.0)
        run_trials(source, CallableTrainer(train, Path("/proc/none")), jobs=2)
    assert lossy.lost > 5
    check_at_rest(db, "own")
    assert {row.attempts for row in listing.trials_page(db, "own", limit=500).items} == {1}


def test_a_lease_whose_answer_is_lost_twice_is_asked_for_again(served: tuple[str, Database]) -> None:
    url, db = served
    lossy = Lossy(1.0)
    with Client(url, transport=lossy) as client:
        source = ServiceSource(client, worker="w", study="own", lease_seconds=3600.0)
        with pytest.raises(SourceAwayError):
            source.lease(4)
        lossy._share = 0.0
        assert len(source.lease(7)) == 4, "the same trials, not seven others"
        assert len(source.lease(7)) == 7
    assert overview.get(db, "own").summary.trials_running == 11


def test_every_verb_reaches_the_service(served: tuple[str, Database]) -> None:
    url, db = served
    with Client(url) as client:
        source = ServiceSource(client, worker="w", study="own", lease_seconds=3600.0)
        first, *leases = source.lease(5)
        assert (first.study, first.context, first.settings) == ("own", "mine", {"network": "r18"})
        held = {lease.id: lease.token for lease in leases}
        assert source.renew(held) == frozenset()
        assert source.report([StepValue(first.id, first.token, 0, 3, 0.25)]) == frozenset()
        assert source.finish([ended(first), Ending(leases[0].id, leases[0].token, failed="no disk")]) == [True, True]
        source.release({lease.id: lease.token for lease in leases[1:]})
        assert source.renew(held) == held.keys()
    assert (overview.get(db, "own").summary.runs_done, overview.get(db, "own").summary.trials_running) == (1, 0)
    rows = {row.number: row for row in listing.trials_page(db, "own", limit=500).items}
    assert rows[leases[0].number].error == "raised: no disk"


def test_large_batches_are_sent_in_parts(served: tuple[str, Database], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_source, "MOST_BYTES", 300)
    url, db = served
    with Client(url) as client:
        source = ServiceSource(client, worker="w", study="own")
        leases = source.lease(20)
        endings = [
            Ending(lease.id, lease.token, failed="x" * 1_900) if n % 2 else ended(lease)
            for n, lease in enumerate(leases)
        ]
        assert source.finish(endings) == [True] * len(leases)
        assert source.finish(endings) == [True] * len(leases)
    assert overview.get(db, "own").summary.runs_done == sum(len(lease.runs) for lease in leases[::2])


def test_late_results_are_dropped(served: tuple[str, Database]) -> None:
    url, db = served
    with Client(url) as client:
        source = ServiceSource(client, worker="zombie", study="own", lease_seconds=3600.0)
        (late,) = source.lease(1)
        pass_time(db)
        queue.reap(db)
        heir = ServiceSource(client, worker="heir", study="own", lease_seconds=3600.0)
        heirs = [lease for _ in range(30) for lease in heir.lease(10)]
        assert late.id in {lease.id for lease in heirs}
        assert source.finish([ended(late)]) == [False]


def test_it_is_closed_once_the_study_has_ended_and_other_conflicts_are_errors(served: tuple[str, Database]) -> None:
    url, db = served
    with Client(url) as client:
        source = ServiceSource(client, worker="w", study="own")
        studies.cancel(db, "own")
        assert source.lease(1) == []
        assert source.closed
        with pytest.raises(ClientError) as caught:
            ServiceSource(client, worker="w", study="none").lease(1)
        assert caught.value.status == 404


def test_a_service_that_is_not_there_may_come() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(SourceAwayError, match="cannot reach"):
        ServiceSource(client, worker="w").lease(1)
