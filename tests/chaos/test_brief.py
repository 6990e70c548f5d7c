"""The short version, in `make test`: one study under every kind of fault at once, and the queue under many kills."""

from __future__ import annotations

import random
import signal
import time

from chaos import PLANTED, Fleet, Ledger, finished, reaper, runs_done, submit
from invariants import check_at_rest, check_running, evidence_bytes
from noop_worker import submit_points
from planted_loop import check_results, end, start
from postgres_server import PostgresServer
from tcp_proxy import tcp_proxy
from waiting import wait_until

from studies.storage.engine import Database


def test_a_study_under_faults_reports_byte_for_byte_what_an_undisturbed_one_does(
    server: PostgresServer, db: Database, url: str, fleet: Fleet, ledger: Ledger, undisturbed: bytes
) -> None:
    submit(db)
    with tcp_proxy(server.port) as proxy:
        through = server.url(url.rpartition("/")[2], port=proxy.port)
        proxy.share = {"ack_lost": 0.1, "commit_lost": 0.1}
        options = ("--max-lanes", "3", "--lease-seconds", "3")
        victim, zombie, cut = fleet.worker(url, *options), fleet.worker(url, *options), fleet.worker(through, *options)
        wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
        victim.kill()
        zombie.send_signal(signal.SIGSTOP)
        server.restart("immediate")
        wait_until(lambda: runs_done(db, "small") >= 0, what="the database")
        server.restart("fast")
        time.sleep(4)  # past the zombie's lease
        zombie.send_signal(signal.SIGCONT)
        heir = fleet.worker(url, *options)
        wait_until(lambda: finished(db, "small"), seconds=200, what="the study")
        proxy.share = {}
        fleet.ready(db, 4)
        assert (zombie.poll(), cut.poll(), heir.poll()) == (None, None, None), "all but the killed one live"
        assert fleet.stop() == [0, 0, 0]
    assert finished(db, "small") == "complete"
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed
    cuts = proxy.cuts["ack_lost"] + proxy.cuts["commit_lost"]
    assert cuts, "no COMMIT was hit"
    ledger.write("F45", "one study, all faults at once", n=1, commits_cut=cuts, identical=1)


def test_workers_killed_again_and_again_cost_nothing_but_time(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=40, limits={"max_attempts": 20})
    chance, kills = random.Random(1), 0
    workers = [start(url, f"w{i}", lease=1.0, seconds=0.1) for i in range(4)]
    with reaper(url, every=0.25):
        while kills < 12:
            time.sleep(chance.uniform(0.02, 0.3))
            index = chance.randrange(len(workers))
            end([workers[index]])
            kills += 1
            check_running(db)
            workers[index] = start(url, f"again{kills}", lease=1.0, seconds=0.1)
        wait_until(lambda: runs_done(db, "points") == 80, what="the budget")
    end(workers)
    check_at_rest(db, "points")
    check_results(db, "points")
    ledger.write("F1", "kill -9 at random moments, in `make test`", n=kills, worker=PLANTED, lost=0, double=0)
