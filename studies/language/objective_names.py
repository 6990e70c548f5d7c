"""Objectives as readers know them, on axes, in tables and within sentences. Written here alone."""

from __future__ import annotations

LABELS = {
    "accuracy": "test accuracy",
    "error": "test error",
    "cross_entropy": "test cross-entropy",
    "own_loss": "test loss (its own)",
    "loss_area": "area under the loss curve",
    "epochs_to_target": "epochs to target accuracy",
}
SHARES = ("accuracy", "error")  # in percentage points, their response a logit; that of others is minus a logarithm


def objective_label(objective: str) -> str:
    """The objective in words; one of someone else's trials keeps its own name."""
    return LABELS.get(objective, objective)
