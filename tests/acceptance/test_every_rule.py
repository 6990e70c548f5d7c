"""Every update rule, schedule, backward rule and width, submitted over HTTP and trained by a worker that is killed."""

from __future__ import annotations

import signal
from typing import Any

from leases import pass_time
from processes import Start
from waiting import exit_code, wait_until

from service.client import Client
from studies.language.spec import parse
from studies.learning import backward_rules, schedules, update_rules
from studies.storage.engine import Database


def document() -> dict[str, Any]:
    """A fixed point of each: eta 1 and alpha 0 mean something under all of them, though few learn by it."""
    choices: list[dict[str, Any]] = [{"update_rule": entry.name} for entry in update_rules.ENTRIES]
    choices += [{"schedule": entry.name} for entry in schedules.ENTRIES[1:]]
    choices += [{"schedule": {"name": "mi_decay", "layers": "each"}, "network": network} for network in ("fig3", "mlp")]
    (derivative,) = (p for p in backward_rules.by_name("substitute").parameters if p.name == "derivative")
    choices += [{"backward_rule": {"name": "substitute", "derivative": name}} for name in derivative.choices]
    choices += [{"schedule": {"name": "table", "shares": [1, 0.5, 0.2, 0.1], "last": [0.5, 0.2, 1, 2], "per_epoch": 2}}]
    choices += [{"backward_rule": {"name": "substitute", "derivative": "network", "w1": 3.0}}]
    choices += [{"backward_rule": "feedback_alignment"}, {"network": {"name": "mlp", "width": 3}}]
    choices += [{"network": {"name": "mlp2", "width": 8}, "initialisation": "he_normal", "update_rule": "yamadam"}]
    second = {"name": "substitute", "layer": "second", "derivative": "tanh"}
    choices += [{"network": "chain", "dataset": "two-gaussians", "backward_rule": second}]
    choices += [{"network": network, "dataset": "noisy-ones"} for network in ("quadratic", "saddle")]
    deep = {"network": "simplenet", "dataset": "rotated-digits", "images": 100, "update_rule": "adadelta"}
    choices += [{**deep, "initialisation": "glorot_relu", "backward_rule": {"name": "substitute", "layer": "conv7"}}]
    common = {"dataset": "digits", "images": 200, "epochs": 2, "batch_size": 32}
    return {
        "name": "every",
        "losses": ["golden"],
        "claim": {"at": {"eta": 1.0, "alpha": 0.0}, "curve": "none"},
        "contexts": [{**common, **choice, "name": f"c{i}"} for i, choice in enumerate(choices)],
        "design": {"kind": "cross_validation", "points": [{"eta": 1.0, "alpha": 0.0}], "repeats": 1},
        "replication": {"folds": 2},
    }


def test_each_is_trained_once_though_its_worker_is_killed(server: str, start: Start, database: Database) -> None:
    spec = parse(document())
    first = start("golden-worker", "--device", "cpu", "--lease-seconds", "30")
    with Client(server) as client:
        client.submit(spec)
        wait_until(lambda: client.study("every").summary.runs_done > 0, what="a first result")
        first.send_signal(signal.SIGKILL)
        exit_code(first)
        pass_time(database)
        second = start("golden-worker", "--device", "cpu", "--lease-seconds", "30")
        wait_until(lambda: client.study("every").summary.state == "complete", what="the study")
        summary, rows = client.study("every").summary, list(client.runs("every"))
    assert (summary.trials_failed, summary.runs_done) == (0, summary.runs_expected)
    assert len({(r.sweep, r.trial, r.run) for r in rows}) == len(rows) == 2 * len(spec.contexts)
    assert len({r.sweep for r in rows}) == len(spec.contexts)
    losses = {tuple(r.result.loss_curve) for r in rows if r.result is not None}
    assert len(losses) > len(spec.contexts), "they train in ways of their own"
    second.send_signal(signal.SIGTERM)
    assert exit_code(second) == 0
