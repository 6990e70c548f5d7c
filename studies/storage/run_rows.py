"""Results of runs as rows: of our own engine's runs, and of those that a trainer of the user's own reports.

Of a reported run the columns of our own measurements are null. One that was declared as broken diverged at step 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studies.records import AnyRun, Replicate, ReportedRun
from studies.storage.stored_curves import RARE, loss_text, text_of

REPORTED = "reported"  # the kind of a divergence that a trainer declared
_MEASURES = (
    "n_test",
    "correct",
    "accuracy",
    "error",
    "cross_entropy",
    "own_loss",
    "loss_area",
    "epochs_to_target",
    "diverged_at",
    "divergence",
    "steps",
    "seconds",
    "stack",
    "cpu_seconds",
)


def objective_value(run: AnyRun, objective: str, epochs: int) -> float | None:
    """The contribution of a run to its trial's value; None where it broke and its measure has no worst value.

    A run that never reached the target took at least one epoch more than a training may have, however early it ended.

    Args:
        run: of a trial.
        objective: by which its study is judged.
        epochs: the most that a training of its context has.
    """
    if isinstance(run, ReportedRun):
        return run.value
    if objective == "epochs_to_target" and run.epochs_to_target is None:
        return float(max(len(run.accuracy_curve), epochs) + 1)
    if objective == "cpu_seconds":  # of a run whose time nobody measured, its share of the stack's wall time
        return float(run.cpu_seconds or run.seconds)
    return float(getattr(run, objective))


def has_diverged(run: AnyRun) -> bool:
    """True where the run failed, whatever the cause."""
    return run.diverged if isinstance(run, ReportedRun) else run.diverged_at is not None


def curve_shown(run: AnyRun) -> Sequence[float]:
    """The curve that Optuna's tools show: accuracy or the reported measure, one number an epoch."""
    return run.curve if isinstance(run, ReportedRun) else run.accuracy_curve


def run_row(trial_id: int, index: int, run: AnyRun, replicate: Replicate) -> dict[str, Any]:
    """A row of `golden_runs`."""
    identity = {"trial_id": trial_id, "run": index, "split": replicate.split, "fold": replicate.fold}
    seeds = {"order_seed": replicate.order_seed, "init_seed": replicate.init_seed}
    return {**identity, **seeds, **_measured(run)}


def curve_row(trial_id: int, index: int, run: AnyRun) -> dict[str, Any]:
    """A row of `golden_curves`. The one curve of a reported run stands in the place of the accuracy's."""
    if isinstance(run, ReportedRun):
        texts = {"accuracy": text_of(run.curve), "cross_entropy": text_of(()), "loss": text_of(())}
    else:
        rare = {name: getattr(run, f"{name}_curve") for name in RARE}
        texts = {
            "accuracy": text_of(run.accuracy_curve),
            "cross_entropy": text_of(run.cross_entropy_curve),
            "loss": loss_text(run.loss_curve, rare),
        }
    return {"trial_id": trial_id, "run": index, **texts}


def _measured(run: AnyRun) -> dict[str, Any]:
    if not isinstance(run, ReportedRun):
        return {**{name: getattr(run, name) for name in _MEASURES}, "value": None}
    broke = {"diverged_at": 0, "divergence": REPORTED} if run.diverged else {}
    return {**dict.fromkeys(_MEASURES), **broke, "seconds": run.seconds, "value": run.value}
