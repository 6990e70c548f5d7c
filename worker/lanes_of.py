"""From a study to the training engine: the set-up of a context, and the lane of a trial's run. Names are the same."""

from __future__ import annotations

from studies.language.context import Context
from studies.language.parameters import Axes
from studies.language.roles import trained
from studies.storage.read_models import ClaimedTrial
from worker.training.lanes import Lane, Setup


def lane_of(axes: Axes, context: Context, trial: ClaimedTrial, init_seed: int) -> Lane:
    """The lane of one run of a trial: its two values go to the update rule by the names of the study's parameters."""
    at = trained(axes, context.rule, trial.eta, trial.alpha)
    return Lane(eta=at.eta, alpha=at.alpha, loss=trial.loss, init_seed=init_seed, own=at.own)


def setup_of(context: Context, order_seed: int) -> Setup:
    """The engine's set-up for a context."""
    rule, schedule = context.choice("update_rule"), context.choice("schedule")
    backward = context.choice("backward_rule")
    return Setup(
        network=context.choice("network").name,
        width=context.width,
        update_rule=rule.name,
        rule_settings=rule.settings,
        initialisation=context.choice("initialisation").name,
        schedule=schedule.name,
        schedule_settings=schedule.settings,
        backward_rule=backward.name,
        backward_settings=backward.settings,
        batch_size=context.batch_size,
        epochs=context.epochs,
        weight_decay=context.weight_decay,
        drop_last=context.drop_last,
        reshuffle=context.reshuffle,
        target_accuracy=context.target_accuracy,
        precision=context.precision,
        order_seed=order_seed,
    )
