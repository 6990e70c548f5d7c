"""A study that compares arms, trained by real workers of which one is killed on the way: each run once, no verdict."""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import forked_programs
import pytest
from compared_study import COMPARED, compared
from leases import pass_time
from processes import BIN, Start, environment
from waiting import exit_code, wait_until

from service.client import Client
from service.client_errors import ClientError, ExitCode
from studies.language.roles import trained
from studies.plan.procedure import expected_runs
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
