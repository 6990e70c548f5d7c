"""A study that compares arms, trained by real workers of which one is killed on the way: each run once, no verdict."""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import forked_programs
import pytest
import sqlalchemy as sa
from compared_study import COMPARED, compared
from leases import pass_time
from processes import BIN, Start, environment
from waiting import exit_code, wait_until

from service.client import Client
from service.client_errors import ClientError, ExitCode
from studies.language.roles import trained
from studies.language.spec import StudySpec
from studies.plan.comparison import ASKED_TOGETHER
from studies.plan.procedure import expected_runs
from studies.storage import sampling, schema
from studies.storage.adaptive import batch_seed
from studies.storage.engine import Database


def finished(client: Client, name: str) -> Any:
    study = client.study(name)
    return study if study.summary.state in ("complete", "failed", "cancelled") else None


def test_a_comparison_is_tuned_and_measured_once_whatever_is_killed(
    server: str, start: Start, database: Database, database_url: str, tmp_path: Path
) -> None:
    spec = compared(COMPARED.replace("epochs = 2", "epochs = 20"))  # long enough to be killed within
    first = start("golden-worker", "--device", "cpu", "--max-lanes", "2", "--lease-seconds", "30")
    with Client(server) as client:
        client.submit(spec)
        wait_until(lambda: client.study(spec.name).summary.runs_done > 3, what="a first result")
        first.send_signal(signal.SIGKILL)
        first.wait()
        half = client.study(spec.name).summary.runs_done
        pass_time(database)
        second = start("golden-worker", "--device", "cpu", "--max-lanes", "2", "--lease-seconds", "30")
        study = wait_until(lambda: finished(client, spec.name), what="the study")
        summary = study.summary
        assert (summary.state, summary.trials_failed, summary.note) == ("complete", 0, "")
        assert half < summary.runs_done == summary.runs_expected == expected_runs(spec) == 40
        rows = list(client.runs(spec.name))
        with pytest.raises(ClientError, match="'arms-on-digits' compares arms and states no verdict") as refused:
            client.verdict(spec.name)
        assert refused.value.exit_code is ExitCode.NOT_FOUND
        assert [notice.event for notice in client.notices(study=spec.name)] == ["completed"]
    assert len({(r.sweep, r.trial, r.run) for r in rows}) == len(rows) == 40
    assert Counter((r.phase, r.arm) for r in rows) == {
        ("tune", "point"): 16,
        ("measure", "published"): 12,
        ("measure", "tuned"): 12,
    }
    pairs = defaultdict(set)
    for row in rows:
        if row.phase == "measure":
            pairs[row.block].add(row.replicate)
    assert len(pairs) == 3 and all(len(found) == 1 for found in pairs.values())
    published = {
        row.sweep: row.parameters or {"eta": row.eta, "alpha": row.alpha} for row in rows if row.arm == "published"
    }
    assert published["cross_entropy@digits-adam"] == {"eta": 0.001, "epsilon": 1e-8}
    assert published["cross_entropy@digits-adadelta"] == {"eta": 1.0, "rho": 0.95}
    assert published["cross_entropy@digits-heavy-ball"] == {"eta": 0.02, "alpha": 0.9}
    second.send_signal(signal.SIGTERM)
    assert exit_code(second) == 0
    command = [str(BIN / "golden"), "--server", server, "watch", spec.name]
    watched = forked_programs.run(command, env=environment(database_url), cwd=tmp_path)
    assert watched.returncode == 0, watched.stderr
    assert "compares arms and states no verdict; see its comparison" in watched.stdout


def test_a_trial_trains_by_the_parameters_of_its_own_arm() -> None:
    spec = compared()
    found = {}
    for context in spec.built_in:
        at = trained(spec.axes_in(context.name), context.rule, 0.25, 0.125)
        found[context.name] = (at.eta, at.alpha, dict(at.own))
    assert found == {
        "digits-sgd": (0.25, 0.0, {}),
        "digits-heavy-ball": (0.25, 0.125, {}),
        "digits-adam": (0.25, 0.0, {"epsilon": 0.125}),
        "digits-adadelta": (0.25, 0.0, {"rho": 0.125}),
    }


SEARCHED = """
name = "searched-on-digits"
losses = ["cross_entropy"]

[[contexts]]
name = "digits"
dataset = "digits"
images = 100
network = "mlp"
batch_size = 16
epochs = 8

[design]
kind = "compare"
objective = "loss_area"
runs = 2
tuning = 24
sampler = "gp"

[[design.arms]]
name = "searched"
update_rule = "adadelta"
backward_rule = { name = "substitute_network", layer = "first" }
fixed = { eta = 0.5 }
space = [
    { name = "w1", scale = "linear", low = -5.0, high = 5.0 },
    { name = "w2", scale = "linear", low = -5.0, high = 5.0 },
]

[[design.arms]]
name = "backpropagation"
update_rule = "adadelta"
at = { eta = 0.5 }
space = [{ name = "eta", scale = "log", low = 0.01, high = 5.0 }]
"""


def test_weights_of_a_backward_rule_are_searched_for_by_a_gaussian_process_though_its_worker_is_killed(
    server: str, start: Start, database: Database
) -> None:
    spec, arguments = compared(SEARCHED), ("--device", "cpu", "--max-lanes", str(ASKED_TOGETHER))
    first = start("golden-worker", *arguments)
    with Client(server) as client:
        client.submit(spec)
        wait_until(lambda: client.study(spec.name).summary.runs_done > ASKED_TOGETHER, what="results to learn from")
        first.send_signal(signal.SIGKILL)
        exit_code(first)
        pass_time(database)
        second = start("golden-worker", *arguments)
        summary = wait_until(lambda: finished(client, spec.name), what="the study").summary
        rows, found = list(client.runs(spec.name)), client.comparison(spec.name)
    second.send_signal(signal.SIGTERM)
    assert exit_code(second) == 0
    assert (summary.state, summary.trials_failed, summary.runs_done) == ("complete", 0, expected_runs(spec))
    assert len({(r.sweep, r.trial, r.run) for r in rows}) == len(rows) == 2 * 24 + 3 * 2
    assert {tuple(r.parameters or ()) for r in rows if r.sweep.endswith("@digits-searched")} == {("w1", "w2", "eta")}
    assert [tuple(row.point) for row in found.rows] == [("w1", "w2"), ("eta",), ("eta",)]
    for context in spec.contexts:
        assert_asked_of_a_gaussian_process(database, spec, context.name)


def assert_asked_of_a_gaussian_process(database: Database, spec: StudySpec, context: str) -> None:
    """Each batch is what the sampler says to all trainings before it; the third is the first that learns from them."""
    sweep = f"cross_entropy@{context}"
    with database.read() as connection:
        of_it = (schema.sweeps.c.id == schema.trials.c.sweep_id) & (schema.sweeps.c.name == sweep)
        asked = sa.select(schema.trials.c["eta", "alpha", "value"]).join(schema.sweeps, of_it)
        tuned = asked.where(schema.trials.c.phase == "tune").order_by(schema.trials.c.number)
        trials = [(row.eta, row.alpha, row.value) for row in connection.execute(tuned)]
    for begin in range(0, len(trials), ASKED_TOGETHER):
        seed, space = batch_seed(spec.seed, sweep, begin), spec.space_in(context)
        again, blind = (
            sampling.ask(space, "gp", seed=seed, history=past, running=[], count=ASKED_TOGETHER, maximise=False)
            for past in (trials[:begin], [])
        )
        points = [trial[:2] for trial in trials[begin : begin + ASKED_TOGETHER]]
        assert points == [pytest.approx(point, rel=1e-6) for point in again]
        assert (points == [pytest.approx(point, rel=1e-6) for point in blind]) == (begin < 2 * ASKED_TOGETHER)
