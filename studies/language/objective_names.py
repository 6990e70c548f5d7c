"""Objectives as readers know them, on axes, in tables and within sentences. Written here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from studies.language.measure import Measure  # brings pydantic, which a terminal that shows numbers does without

LABELS = {
    "accuracy": "test accuracy",
    "error": "test error",
    "cross_entropy": "test cross-entropy",
    "own_loss": "test loss (its own)",
    "loss_area": "area under the loss curve",
    "epochs_to_target": "epochs to target accuracy",
}
COMPARED = {**LABELS, "cpu_seconds": "CPU time"}  # what arms of a comparison may be compared by, too
SHARES = ("accuracy", "error")  # in percentage points, their response a logit; that of others is minus a logarithm


Judged: TypeAlias = "str | Measure"  # what runs are judged by: a built-in objective, or a measure of the study's own


def objective_label(objective: Judged) -> str:
    """The objective in words; one of someone else's trials keeps its own name."""
    return COMPARED.get(objective, objective) if isinstance(objective, str) else objective.name


def response_unit(objective: Judged) -> str:
    """What differences of the response are in: the measure itself where it is one, else "response units"."""
    return objective_label(objective) if is_real(objective) else "response units"


def is_share(objective: Judged) -> bool:
    """True for an objective that is a share, whose response is a logit."""
    return objective in SHARES if isinstance(objective, str) else objective.is_share


def is_real(objective: Judged) -> bool:
    """True for a measure whose response is the value itself; all others but shares are compared by ratios."""
    return not isinstance(objective, str) and objective.kind == "real"
