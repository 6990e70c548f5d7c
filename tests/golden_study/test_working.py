"""A function at work for a real service."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from invariants import check_at_rest, evidence_bytes
from own_results import share_of
from own_trainers import submit, work_off
from serving import serving
from waiting import join_all, wait_until

from golden_study import NoNoiseError, Trial, work
from service.app import create_app
from service.client_errors import ClientError
from service.settings import load
from studies.storage import external, overview
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate


def train(trial: Trial) -> float:
    """The share that `own_results` expects of the same trial."""
    seeds = trial.replicate
    return share_of(trial["eta"], trial["alpha"], order_seed=seeds.order_seed, init_seed=seeds.init_seed)


@pytest.fixture
def served(database_url: str) -> Iterator[tuple[str, Database]]:
    """Address and database of a service that moves studies on."""
    db = open_database(database_url)
    with serving(create_app(load({}, database_url=database_url, tick_seconds=0.1), db)) as port:
        yield f"http://127.0.0.1:{port}", db
    db.dispose()


def test_several_programs_do_what_one_would(
    served: tuple[str, Database], tmp_path_factory: pytest.TempPathFactory
) -> None:
    url, db = served
    submit(db)
    threads = [
        threading.Thread(target=work, args=(url, train), kwargs={"study": "own", "worker": f"w{n}", "jobs": 1 + n})
        for n in range(2)
    ]
    for thread in threads:
        thread.start()
    join_all(*threads)
    check_at_rest(db, "own")
    peace = open_database(f"sqlite:///{tmp_path_factory.mktemp('peace') / 'golden.db'}")
    migrate(peace)
    submit(peace)
    work_off(peace)
    assert evidence_bytes(db, "own") == evidence_bytes(peace, "own")
    peace.dispose()


def test_without_a_study_it_works_for_any_until_nothing_waits(served: tuple[str, Database]) -> None:
    url, db = served
    for name in ("first", "second"):
        submit(db, name=name)

    def complete() -> bool:
        work(url, train, idle_seconds=1.0)  # which ends early where the service takes longer to plan the next trials
        return all(overview.get(db, name).summary.state == "complete" for name in ("first", "second"))

    wait_until(complete, what="both studies")
    for name in ("first", "second"):
        check_at_rest(db, name)


def test_a_function_that_ignores_its_seed_stops_and_hands_back(served: tuple[str, Database]) -> None:
    """Two studies have sweeps of one name; the results of each are looked at by themselves."""
    url, db = served
    for name in ("first", "second"):
        submit(db, name=name)

    def ignorant(trial: Trial) -> float:
        return share_of(trial["eta"], trial["alpha"], order_seed=1, init_seed=1) + trial["eta"] / 100

    with pytest.raises(NoNoiseError, match=r"seems to ignore the seed, .* accept_no_noise=True"):
        work(url, ignorant)
    for name in ("first", "second"):
        summary = overview.get(db, name).summary
        assert summary.runs_done <= 60 and summary.trials_running == 0
    work(url, ignorant, study="first", accept_no_noise=True)
    wait_until(lambda: overview.get(db, "first").summary.state == "complete", what="the first study")


def test_an_interrupt_hands_back(served: tuple[str, Database]) -> None:
    url, db = served
    submit(db)

    def stop(trial: Trial) -> float:
        if trial.number == 10:
            raise KeyboardInterrupt
        return train(trial)

    with pytest.raises(KeyboardInterrupt):
        work(url, stop, study="own")
    with db.read():
        summary = overview.get(db, "own").summary
    assert (summary.trials_running, summary.runs_done >= 10) == (0, True)
    assert external.waiting(db)["own"] > 0


def test_what_the_service_refuses_is_an_error(served: tuple[str, Database]) -> None:
    url, db = served
    with pytest.raises(ClientError, match="no study"):
        work(url, train, study="own")
    submit(db)
    with pytest.raises(ClientError):
        work(url, train, token="wrong-token-0123456789", study="own/other")
