"""A real application on a real SQLite database, and studies to put into it."""

from __future__ import annotations

import math
import os
import random
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from golden_cli import Server, serve
from leases import LEASE
from planted_worker import Planted
from processes import served_at
from serving import serving
from site_studies import Site, fill
from twin_services import Clients, twins
from waiting import exit_code

from service.app import create_app
from service.settings import Settings, load, sqlite_url
from studies import golden as paper
from studies.advance import advance
from studies.records import RunResult
from studies.storage import finishing, overview, queue
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate
from studies.storage.read_models import ClaimedTrial, FinishedTrial

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once and copied by each test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    database = open_database(sqlite_url(path))
    migrate(database)
    database.dispose()  # closing the last connection writes the log back into the file
    return path


@pytest.fixture
def database_path(empty_database: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file of the test's own."""
    path = tmp_path / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    return path


@pytest.fixture
def settings(database_path: Path) -> Settings:
    """Settings without a token; the background tick stays out of the way."""
    return load({}, database_url=sqlite_url(database_path), tick_seconds=3600.0)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The application's database, for looking behind it."""
    db = open_database(settings.database_url.get_secret_value())
    yield db
    db.dispose()


@pytest.fixture
def api(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A client of an application that needs no token."""
    with TestClient(create_app(settings, database), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def unchanged_api(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client as `api`, on an empty database, shared by tests whose requests are all refused: none leaves a trace."""
    path = tmp_path_factory.mktemp("unchanged") / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    limits = dict.fromkeys(("writes_per_minute", "work_per_minute"), 1_000_000)
    patient = load({}, database_url=sqlite_url(path), tick_seconds=3600.0, **limits)
    db = open_database(sqlite_url(path))
    before = overview.revisions(db)
    with TestClient(create_app(patient, db), base_url=BASE, raise_server_exceptions=False) as client:
        yield client
    assert (overview.revisions(db), overview.list_page(db, limit=1).items) == (before, ())
    db.dispose()


@pytest.fixture
def locked(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A client, without a token, of an application that needs one."""
    guarded = Settings(
        database_url=settings.database_url, token=TOKEN, read_token=READ_TOKEN, tick_seconds=settings.tick_seconds
    )
    with TestClient(create_app(guarded, database), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def document() -> dict[str, Any]:
    """A small search over two losses."""
    return {
        "name": "small",
        "losses": ["golden", "sse"],
        "contexts": [{"name": "paper", "dataset": "digits", "epochs": 2}],
        "design": {"kind": "search", "sampler": "random", "trials": 6, "claim_replicates": 2},
    }


def train(database: Database, *, peak: tuple[float, float] = (0.016, 0.874), limit: int = 64) -> int:
    """Finish every waiting trial as a worker would, with a smooth made-up accuracy; returns how many."""
    finished = 0
    while batch := queue.claim(database, worker="test", limit=limit, lease_seconds=LEASE):
        results = [FinishedTrial(t, tuple(_result(t, r.init_seed, peak) for r in t.replicates)) for t in batch.trials]
        assert all(finishing.finish(database, results))
        finished += len(results)
    return finished


def _result(trial: ClaimedTrial, seed: int, peak: tuple[float, float]) -> RunResult:
    distance = math.log(trial.eta / peak[0]) ** 2 + math.log((1 - trial.alpha) / (1 - peak[1])) ** 2
    noise = random.Random(seed).gauss(0.0, 0.01)
    correct = round(180 * min(0.99, max(0.1, 0.95 - 0.02 * distance + noise)))
    accuracy = correct / 180
    diverged = accuracy < 0.15
    return RunResult(
        n_test=180,
        correct=correct,
        accuracy=accuracy,
        error=1 - accuracy,
        cross_entropy=1.5 - accuracy,
        own_loss=1.2 - accuracy,
        loss_area=1.0 - accuracy / 2,
        epochs_to_target=2 if accuracy > 0.9 else None,
        diverged_at=3 if diverged else None,
        divergence="chance" if diverged else None,
        steps=26,
        seconds=0.01,
        stack="stack-1",
        accuracy_curve=(accuracy / 2, accuracy),
        cross_entropy_curve=(1.6, None if diverged else 1.5 - accuracy),
        loss_curve=(1.3, None if diverged else 1.2 - accuracy),
    )


@pytest.fixture
def slow(api: TestClient, database: Database, document: dict[str, Any]) -> str:
    """Name of a study that runs, whose runs so far are at chance, since they learn too slowly."""
    assert api.post("/api/v1/studies", json={**document, "name": "slow", "schema_version": 3}).status_code == 201
    batch = queue.claim(database, worker="test", limit=4, lease_seconds=LEASE)
    assert batch is not None
    falls = {"loss_curve": (2.93, 2.92), "cross_entropy_curve": (2.29, 2.2), "loss_area": 1.0}
    ends = {"diverged_at": 26, "divergence": "chance", "own_loss": 2.93, "cross_entropy": math.log(10.0)}
    results = [
        FinishedTrial(t, tuple(replace(_result(t, 1, (1.0, 0.0)), **falls, **ends) for _ in t.replicates))
        for t in batch.trials
    ]
    assert finishing.finish(database, results) == [True] * 4
    return "slow"


@pytest.fixture
def measured(api: TestClient, database: Database, document: dict[str, Any]) -> str:
    """Name of a study whose trials are all finished."""
    design = {"kind": "search", "sampler": "random", "trials": 24, "claim_replicates": 4}
    assert api.post("/api/v1/studies", json={**document, "name": "measured", "design": design}).status_code == 201
    assert train(database) == 2 * 28
    advance(database)
    return "measured"


@pytest.fixture
def undecided(api: TestClient, database: Database, document: dict[str, Any]) -> str:
    """Name of a complete locate study of version 2 whose verdict is inconclusive for want of data."""
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    fixed = {**document, "schema_version": 2, "losses": ["golden"], "name": "undecided", "design": design}
    answer = api.post("/api/v1/studies", json=fixed)
    assert answer.status_code == 201
    Planted((paper.ETA, paper.ALPHA), noise=0.2).work_off(database)
    return "undecided"


@pytest.fixture(scope="session")
def golden_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process with a token, on a database it makes itself."""
    with serve(tmp_path_factory.mktemp("cli") / "golden.db", "--migrate") as process:
        assert process.stderr is not None
        yield Server(served_at(process.stderr.readline()), process)
        process.send_signal(signal.SIGTERM)
        assert exit_code(process) == 0


@pytest.fixture
def golden(golden_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """Point the command line of this process at the server."""
    for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("GOLDEN_SERVER", golden_server.url)
    monkeypatch.setenv("GOLDEN_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    return golden_server


@pytest.fixture(scope="session")
def site(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service on a real port, with the studies that page tests look at."""
    path = tmp_path_factory.mktemp("site") / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    database = open_database(sqlite_url(path))
    with serving(create_app(load({}, database_url=sqlite_url(path), tick_seconds=3600.0), database)) as port:
        site = Site(f"http://127.0.0.1:{port}", database)
        fill(site)
        yield site
    database.dispose()


@pytest.fixture
def clients(sqlite_url: str, postgres_url: str) -> Iterator[Clients]:
    """The service on each database, with one study in it."""
    with twins(sqlite_url, postgres_url) as found:
        yield found
