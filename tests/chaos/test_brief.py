"""The short version, in `make test`: one study under every kind of fault at once, and the queue under many kills."""

from __future__ import annotations

import random
import signal
import time

from chaos import PLANTED, Fleet, Ledger, finished, held, reaper, runs_done, submit
from invariants import check_at_rest, check_running, evidence_bytes
from leases import pass_time
from noop_worker import submit_points
from planted_loop import check_results, end, start
from postgres_server import PostgresServer
from processes import stop_still
from tcp_proxy import TcpProxy, tcp_proxy
from waiting import exit_code, wait_until

from studies.storage import queue
from studies.storage.engine import Database

# Seconds. Leases of the dead are brought to their end by hand; this one ends those of claims whose answer was cut off,
# which nobody knows of. A busy machine leaves it time to be renewed.
LEASE = 10.0


def test_a_study_under_faults_reports_byte_for_byte_what_an_undisturbed_one_does(
    server: PostgresServer, db: Database, url: str, fleet: Fleet, ledger: Ledger, undisturbed: bytes
) -> None:
    with tcp_proxy(server.port) as proxy:
        through = server.url(url.rpartition("/")[2], port=proxy.port)
        proxy.share = {"ack_lost": 0.1, "commit_lost": 0.1}
        options = ("--max-lanes", "3", "--lease-seconds", str(LEASE))
        victim, zombie = (fleet.worker(url, "--name", name, *options) for name in ("victim", "zombie"))
        cut = fleet.worker(through, *options)
        fleet.ready(db, 3)
        submit(db)
        wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
        victim.kill()
        exit_code(victim)
        stop_still(zombie)
        server.restart("immediate")
        wait_until(lambda: runs_done(db, "small") >= 0, what="the database")
        wait_until(lambda: bereft(db, "victim", "zombie"), what="the leases of both to end")
        server.restart("fast")
        zombie.send_signal(signal.SIGCONT)
        heir = fleet.worker(url, *options)
        wait_until(lambda: finished(db, "small"), what="the study")
        wait_until(lambda: cuts(proxy), what="a COMMIT to be hit")  # of a worker that waits too: it goes on asking
        proxy.share = {}
        fleet.ready(db, 4)
        assert (zombie.poll(), cut.poll(), heir.poll()) == (None, None, None), "all but the killed one live"
        assert fleet.stop() == [0, 0, 0]
    assert finished(db, "small") == "complete"
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed
    ledger.write("F45", "one study, all faults at once", n=1, commits_cut=cuts(proxy), identical=1)


def cuts(proxy: TcpProxy) -> int:
    """Number of COMMITs that were hit."""
    return proxy.cuts["ack_lost"] + proxy.cuts["commit_lost"]


def bereft(db: Database, *names: str) -> bool:
    """True if these workers hold nothing any more, after their leases were brought to their end."""
    for name in names:
        pass_time(db, worker=name)
    queue.reap(db)
    return not held(db, *names)


def test_workers_killed_again_and_again_cost_nothing_but_time(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=40, limits={"max_attempts": 20})
    chance, kills = random.Random(1), 0
    workers = {name: start(url, name, lease=LEASE, seconds=0.1) for name in ("w0", "w1", "w2", "w3")}
    with reaper(url, every=0.25):
        while kills < 12:
            time.sleep(chance.uniform(0.02, 0.3))
            name = chance.choice(list(workers))
            end([workers.pop(name)])
            pass_time(db, worker=name)
            kills += 1
            check_running(db)
            workers[f"again{kills}"] = start(url, f"again{kills}", lease=LEASE, seconds=0.1)
        wait_until(lambda: runs_done(db, "points") == 80, what="the budget")
    end(list(workers.values()))
    check_at_rest(db, "points")
    check_results(db, "points")
    ledger.write("F1", "kill -9 at random moments, in `make test`", n=kills, worker=PLANTED, lost=0, double=0)
