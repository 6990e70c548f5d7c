"""A source that looks at results: programs that ignore the seed or the parameters stop early, and nothing is held."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from own_results import share_of
from own_trainers import submit

from studies.external.database_source import DatabaseSource
from studies.external.loop import run_trials
from studies.external.outcome import RunEnd
from studies.external.trial import Trial
from studies.external.watching import NoNoiseError, watched
from studies.storage import overview
from studies.storage.engine import Database

Train = Callable[[Trial], float]


class Trainer:
    """Calls a function, in this thread."""

    grace = 0.0

    def __init__(self, value: Callable[[float, float, int], float]) -> None:
        self.value, self.calls = value, 0

    def __call__(self, task: object) -> RunEnd:
        self.calls += 1
        lease, seeds = task.lease, task.replicate  # type: ignore[attr-defined]
        return RunEnd(self.value(*lease.parameters.values(), seeds.init_seed))


def run(database: Database, trainer: Trainer, *, accepted: bool = False) -> None:
    source = DatabaseSource(database, "own", worker="w")
    watching = watched(source, database, overview.get(database, "own"), cure="mend it")
    run_trials(source if accepted else watching, trainer)


def test_a_program_that_ignores_the_seed_stops_before_the_verdict(database: Database) -> None:
    submit(database, measure={"name": "loss", "direction": "minimize", "kind": "positive"})
    trainer = Trainer(lambda eta, alpha, _seed: 1.1 - share_of(eta, alpha, order_seed=1, init_seed=1) + eta / 7)
    with pytest.raises(NoNoiseError, match=r"came to .* the training seems to ignore the seed, .*; mend it"):
        run(database, trainer)
    summary = overview.get(database, "own").summary
    assert 3 <= summary.runs_done <= 40
    assert summary.trials_running == 0
    with pytest.raises(NoNoiseError, match="seems to ignore the seed"):
        run(database, Trainer(lambda *_: pytest.fail("what is known already costs no training")))
    run(database, trainer, accepted=True)
    assert overview.get(database, "own").summary.state == "complete"
    run(database, trainer)  # which is over, and is not stopped any more


def test_a_constant_result_stops_after_the_map(database: Database) -> None:
    submit(database)
    trainer = Trainer(lambda *_: 0.5)
    with pytest.raises(NoNoiseError, match=r"^every training returned 0\.5: the program seems to ignore eta and alpha"):
        run(database, trainer)
    assert trainer.calls == 36


def test_a_program_with_noise_is_not_stopped(database: Database) -> None:
    submit(database)
    run(database, Trainer(lambda eta, alpha, seed: share_of(eta, alpha, order_seed=1, init_seed=seed)))
    assert overview.get(database, "own").summary.state == "complete"
