"""Any order of submitting, claiming, finishing, failing, expiring and steering keeps the books straight."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from storage_farm import results_of, submit

from studies.errors import GoldenError
from studies.storage import finishing, overview, phases, queue, schema, studies
from studies.storage.engine import Database, open_database
from studies.storage.read_models import ClaimedTrial, WorkerStatus

NAMES = ("first", "second")


class Books(RuleBasedStateMachine):
    """One worker pool seen from outside: whatever it does, counters equal a recount and no result is kept twice."""

    template: ClassVar[Path]
    held = Bundle("held")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="golden-machine-"))
        shutil.copy(self.template, self.folder / "golden.db")
        self.database: Database = open_database(f"sqlite:///{self.folder / 'golden.db'}")
        self.kept: dict[int, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.dispose()
            shutil.rmtree(self.folder)

    @rule(name=st.sampled_from(NAMES), share=st.sampled_from([0.0, 1.0]))
    def create(self, name: str, share: float) -> None:
        self._steer(
            lambda: submit(self.database, name, points=2, limits={"max_attempts": 2, "max_failed_share": share})
        )

    @rule(target=held, limit=st.integers(1, 5), lease=st.sampled_from([-1.0, 3600.0]))
    def claim(self, limit: int, lease: float) -> Any:
        batch = queue.claim(self.database, worker="w", limit=limit, lease_seconds=lease)
        return multiple(*batch.trials) if batch else multiple()

    @rule(trial=held, diverged=st.booleans())
    def finish(self, trial: ClaimedTrial, diverged: bool) -> None:
        (kept,) = finishing.finish(self.database, results_of([trial], diverged=diverged))
        if kept:
            assert self.kept.setdefault(trial.id, trial.token) == trial.token, "two claims had their result kept"

    @rule(trial=consumes(held))
    def fail(self, trial: ClaimedTrial) -> None:
        queue.fail(self.database, trial, kind="raised", message="no")

    @rule(trial=consumes(held))
    def release(self, trial: ClaimedTrial) -> None:
        queue.release(self.database, [trial])

    @rule(trial=held)
    def beat(self, trial: ClaimedTrial) -> None:
        beat = queue.heartbeat(self.database, "w", {trial.id: trial.token}, lease_seconds=60, status=WorkerStatus())
        assert not beat.lost & beat.stop

    @rule()
    def reap(self) -> None:
        queue.reap(self.database)

    @rule()
    def advance(self) -> None:
        for due in phases.due(self.database):
            assert phases.close(self.database, due.sweep_id)

    @rule(name=st.sampled_from(NAMES), action=st.sampled_from([studies.pause, studies.resume, studies.cancel]))
    def steer(self, name: str, action: Any) -> None:
        self._steer(lambda: action(self.database, name))

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str) -> None:
        self._steer(lambda: studies.delete(self.database, name))

    def _steer(self, act: Any) -> None:
        before = overview.revisions(self.database)
        try:
            act()
        except GoldenError:
            assert overview.revisions(self.database) == before, "a refused request changes nothing"
        assert overview.revisions(self.database) >= before

    @invariant()
    def counters_equal_a_recount(self) -> None:
        if not hasattr(self, "database"):
            return
        t, s, r = schema.trials.c, schema.studies, schema.runs
        with self.database.read() as connection:
            for study in connection.execute(sa.select(s)).all():
                mine = sa.select(t.state, sa.func.count(), sa.func.sum(t.runs)).where(t.study_id == study.id)
                counts = {state: (n, runs) for state, n, runs in connection.execute(mine.group_by(t.state))}
                assert study.trials_total == sum(n for n, _ in counts.values())
                assert study.trials_running == counts.get("running", (0, 0))[0]
                assert study.trials_failed == counts.get("failed", (0, 0))[0]
                assert study.runs_done == counts.get("complete", (0, 0))[1]
                if study.state in ("cancelled", "failed", "complete"):
                    assert not {"waiting", "running"} & counts.keys()
            stored = connection.execute(sa.select(sa.func.count()).select_from(r)).scalar_one()
            done = sa.select(sa.func.count()).where(t.state == "complete")
            assert stored == connection.execute(done).scalar_one()
            mirrored = connection.execute(sa.text("SELECT study_id, number FROM trials ORDER BY 1, 2")).all()
            ended = sa.select(sa.func.count()).where(t.state.in_(["complete", "failed"]))
            assert len(mirrored) == len(set(mirrored)) == connection.execute(ended).scalar_one()
            orphan = sa.select(t.id).where(t.state == "running", t.deadline.is_(None))
            assert connection.execute(orphan).first() is None


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_books_stay_straight(sqlite_template: Path) -> None:
    Books.template = sqlite_template
    machine: Any = Books.TestCase
    machine.settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    machine().runTest()
