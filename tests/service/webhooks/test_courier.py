"""Delivery by real services to real receivers: at least once, in order, and nobody waits for anybody."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import forked_programs
import httpx2 as httpx
import pytest
import sqlalchemy as sa
from chaos import Fleet, answers, submit
from leases import LEASE
from noop_worker import work_off
from processes import BIN, Process, environment, free_port, stop_still
from receiver import Receiver, receiving
from standardwebhooks import Webhook as Verifier
from waiting import CEILING, exit_code, wait_until
from webhook_files import SECRET, put, variables, webhooks_file

from studies.errors import StorageUnavailableError
from studies.storage import deliveries, queue, studies
from studies.storage.engine import Database, open_database
from studies.storage.read_models import WebhookStanding
from studies.storage.schema import deliveries as table
from studies.storage.schema import webhooks

TINY = {"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2}
BOTH = ["study.completed", "study.decided"]


def complete(db: Database, name: str) -> None:
    submit(db, name=name, design=TINY)
    work_off(db)


def fail(db: Database, name: str) -> None:
    submit(db, name=name, limits={"max_attempts": 1, "max_failed_share": 0.0})
    batch = queue.claim(db, worker="w", limit=1, lease_seconds=LEASE, studies=[name])
    assert batch is not None
    queue.fail_together(db, batch.trials, kind="raised", message="no")


def standing(db: Database, name: str = "hook-0") -> WebhookStanding:
    return deliveries.standings(db, [name])[0]


def known(db: Database, *names: str) -> None:
    """As if a service had known these webhooks before anything happened."""
    deliveries.register(db, names or ["hook-0"])


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    running = Fleet(tmp_path, forked=True)
    yield running
    running.kill()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as running:
        yield running


def serve(fleet: Fleet, url: str, path: Path, **more: str) -> Any:
    command = [str(BIN / "golden"), "serve", "--port", str(free_port())]
    return fleet.start(command, url, **variables(path), **more)


def test_what_becomes_of_studies_arrives_signed_and_in_order(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    known(db)
    serve(fleet, database_url, webhooks_file(tmp_path, receiver.url), GOLDEN_SERVER="https://golden.example.org")
    complete(db, "small")
    fail(db, "broken")
    requests = receiver.wait_for(3)
    for request in requests:
        message = Verifier(SECRET).verify(request["body"], request["headers"])
        assert request["headers"]["webhook-id"] == message["id"]
    by_study = [(m["data"]["study"], m["type"]) for m in receiver.messages]
    assert [kind for study, kind in by_study if study == "small"] == BOTH
    assert ("broken", "study.failed") in by_study
    decided = next(m for m in receiver.messages if m["type"] == "study.decided")
    assert decided["data"]["verdict"]["outcome"] == "inconclusive"
    assert decided["data"]["report"] == "https://golden.example.org/api/v1/studies/small/report.json"
    assert decided["schema_version"] == 1
    failed = next(m for m in receiver.messages if m["type"] == "study.failed")
    assert "raised: no" in failed["data"]["note"]
    wait_until(lambda: standing(db).delivered == 3, what="the outcomes")
    assert SECRET not in "".join(fleet.log(process) for process in fleet.started)


def test_a_service_killed_between_change_and_delivery_loses_nothing(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    path = webhooks_file(tmp_path, receiver.url)
    submit(db, name="small", design=TINY)
    first = serve(fleet, database_url, path)
    wait_until(lambda: not _is_new(db), what="the service to know its webhook")
    first.kill()
    exit_code(first)
    work_off(db)
    assert receiver.requests == []
    serve(fleet, database_url, path)
    receiver.wait_for(2)
    assert [message["type"] for message in receiver.messages] == BOTH


def _is_new(db: Database) -> bool:
    with db.read() as connection:
        return connection.execute(webhooks.select()).first() is None


def test_a_service_that_stands_still_in_mid_delivery_is_taken_over(
    fleet: Fleet, db: Database, database_url: str, tmp_path: Path
) -> None:
    """Its lease runs out, another service delivers, and the first one's outcome changes nothing."""
    known(db)
    with receiving(tmp_path, "silent") as silent:
        first = serve(fleet, database_url, webhooks_file(tmp_path, silent.url, name="one.toml"))
        complete(db, "small")
        silent.wait_for(1)
        wait_until(lambda: _stands_still_beside(first, db), what="the service to stand still in no transaction")
    with db.begin() as connection:
        row = connection.execute(sa.select(table).where(table.c.attempts == 1)).one()
        connection.execute(
            sa.update(table).where(table.c.notice_id == row.notice_id).values(due_at=row.due_at - timedelta(hours=1))
        )
    with receiving(tmp_path) as receiver:
        serve(fleet, database_url, webhooks_file(tmp_path, receiver.url, name="two.toml"))
        receiver.wait_for(2)
        wait_until(lambda: standing(db).delivered == 2, what="the outcomes")
        first.send_signal(signal.SIGCONT)
        first.terminate()
        exit_code(first)
        assert (standing(db).delivered, standing(db).waiting) == (2, 0)
        assert silent.messages[0]["id"] == receiver.messages[0]["id"], "who hears of it twice can tell"


def _stands_still_beside(process: Process, db: Database) -> bool:
    """Stop a process; False, and it goes on, where it holds what others need to change the database."""
    stop_still(process)
    try:
        with db.begin():
            return True
    except StorageUnavailableError:
        process.send_signal(signal.SIGCONT)
        return False


def test_two_services_deliver_once(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    known(db)
    path = webhooks_file(tmp_path, receiver.url)
    for _ in range(2):
        serve(fleet, database_url, path)
    names = [f"study-{number}" for number in range(6)]
    for name in names:
        complete(db, name)
    wait_until(lambda: standing(db).delivered == 12, what="all deliveries")
    ids = [message["id"] for message in receiver.messages]
    assert len(ids) == len(set(ids)) == 12
    for name in names:
        assert [m["type"] for m in receiver.messages if m["data"]["study"] == name] == BOTH


def test_a_dead_and_a_slow_target_delay_nobody(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    known(db, "hook-0", "hook-1", "hook-2")
    with receiving(tmp_path, "silent") as silent:
        dead = f"http://127.0.0.1:{free_port()}/"
        serve(fleet, database_url, webhooks_file(tmp_path, silent.url, dead, receiver.url))
        for number in range(3):
            complete(db, f"study-{number}")
        receiver.wait_for(6)
        wait_until(lambda: standing(db, "hook-2").delivered == 6, what="the good target's")
        wait_until(lambda: standing(db, "hook-1").failing, what="the dead target's first attempt")
        assert (standing(db, "hook-1").failing, standing(db, "hook-1").waiting) == ("no connection", 6)
        assert standing(db, "hook-0").waiting == 6


def test_what_fails_is_tried_again(fleet: Fleet, db: Database, database_url: str, tmp_path: Path) -> None:
    known(db)
    with receiving(tmp_path, "flaky", "2") as flaky:
        serve(fleet, database_url, webhooks_file(tmp_path, flaky.url, events='["completed"]'))
        complete(db, "small")
        wait_until(lambda: standing(db).delivered == 1, what="the third attempt")
        keys = [request["headers"]["webhook-id"] for request in flaky.requests]
        assert (len(keys), len(set(keys))) == (3, 1)
        assert len({request["body"] for request in flaky.requests}) == 1


def test_a_bad_file_leaves_the_last_good_one_in_force(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    known(db, "hook-0", "hook-1")
    path = webhooks_file(tmp_path, receiver.url, events='["failed"]')
    service = serve(fleet, database_url, path)
    fail(db, "one")
    receiver.wait_for(1)
    put(path, "[[webhooks]]\nname = 'hook-0'\nsecret = 'whsec_tooshort'\n")
    wait_until(lambda: "webhooks file not usable" in fleet.log(service), what="the fault to be logged")
    fail(db, "two")
    receiver.wait_for(2)
    with receiving(tmp_path) as other:
        webhooks_file(tmp_path, receiver.url, other.url, events='["failed"]')
        wait_until(lambda: "usable again" in fleet.log(service), what="the new file")
        fail(db, "three")
        other.wait_for(1)
        receiver.wait_for(3)
    assert [study for study, _ in receiver.told()] == ["one", "two", "three"]
    assert "tooshort" not in fleet.log(service)
    assert fleet.log(service).count("webhooks file not usable") == 1


def test_only_what_is_wanted_and_nothing_of_before(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    complete(db, "mnist-before")
    path = webhooks_file(tmp_path, receiver.url, events='["completed"]', studies='["mnist-*"]')
    serve(fleet, database_url, path)
    wait_until(lambda: not _is_new(db), what="the service to know its webhook")
    for name in ("other", "mnist-after"):
        complete(db, name)
    receiver.wait_for(1)
    wait_until(lambda: standing(db).delivered == 1, what="the outcome")
    assert receiver.told() == [("mnist-after", "study.completed")]


def test_a_study_that_went_on_is_decided_without_a_verdict(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    known(db)
    complete(db, "small")
    studies.extend(db, "small", {}, runs_added=0)
    serve(fleet, database_url, webhooks_file(tmp_path, receiver.url))
    receiver.wait_for(2)
    assert [(m["type"], m["data"]["verdict"]) for m in receiver.messages] == [(kind, None) for kind in BOTH]


def test_loopback_is_refused_unless_allowed_and_the_api_tells(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    known(db)
    path = webhooks_file(tmp_path, receiver.url + "/credential-in-path", events='["failed"]')
    port = free_port()
    command = [str(BIN / "golden"), "serve", "--port", str(port)]
    fleet.start(command, database_url, GOLDEN_WEBHOOKS_FILE=str(path), GOLDEN_TICK_SECONDS="0.2")
    fail(db, "broken")
    wait_until(lambda: standing(db).failing, what="the refusal")
    assert standing(db).failing.startswith("refused: ")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=CEILING) as client:
        listed = client.get("/api/v1/webhooks")
        tested = client.post("/api/v1/webhooks/hook-0/test").json()
        metrics = client.get("/metrics").text
        assert client.post("/api/v1/webhooks/none/test").status_code == 404
    assert (tested["arrived"], tested["status"], tested["error"][:8]) == (False, None, "refused:")
    (item,) = listed.json()["items"]
    assert (item["origin"], item["deliveries"]["waiting"]) == (f"http://127.0.0.1:{receiver.port}", 1)
    assert 'golden_webhook_attempts_total{outcome="failed",webhook="hook-0"} 1.0' in metrics
    assert "golden_webhook_deliveries_waiting 1.0" in metrics
    shown = json.dumps(listed.json()) + json.dumps(tested) + "".join(map(fleet.log, fleet.started))
    assert SECRET not in shown
    assert "credential-in-path" not in shown
    assert receiver.requests == []


def test_the_command_line_lists_and_tests_them(
    fleet: Fleet, db: Database, database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with receiving(tmp_path, "status", "500") as broken:
        path = webhooks_file(tmp_path, receiver.url, broken.url)
        port = free_port()
        fleet.start([str(BIN / "golden"), "serve", "--port", str(port)], database_url, **variables(path))

        address = f"http://127.0.0.1:{port}"

        def golden(*arguments: str) -> subprocess.CompletedProcess[str]:
            env = environment(database_url, GOLDEN_SERVER=address)
            return forked_programs.run([str(BIN / "golden"), "webhooks", *arguments], env=env, cwd=tmp_path)

        wait_until(lambda: answers(address), what="the service")
        assert golden("list").returncode == 0
        assert "hook-0" in golden("list").stdout
        good, bad, unknown = (golden("test", name) for name in ("hook-0", "hook-1", "none"))
        assert (good.returncode, good.stdout[:20]) == (0, "hook-0: answered 204")
        assert (bad.returncode, bad.stderr) == (1, "error: hook-1: answered 500\n")
        assert unknown.returncode == 3
        (request,) = receiver.requests
        assert Verifier(SECRET).verify(request["body"], request["headers"])["type"] == "webhook.test"
        put(path, "nonsense")
        listed = golden("list")
        assert (listed.returncode, "is not TOML" in listed.stderr, "hook-0" in listed.stdout) == (0, True, True)
