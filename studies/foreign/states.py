"""States of runs in the words of Optuna, Ray Tune, MLflow, W&B, TensorBoard and Keras Tuner, as Optuna's."""

from __future__ import annotations

from typing import Any

from studies.foreign.cells import is_nothing, text_of

COMPLETE, FAIL = "COMPLETE", "FAIL"
_WORDS = {
    COMPLETE: ("complete", "completed", "finished", "finish", "success", "succeeded", "terminated", "done", "ok"),
    FAIL: ("fail", "failed", "failure", "error", "errored", "crashed", "crash", "invalid", "nan", "diverged"),
    "PRUNED": ("pruned", "stopped", "early_stopped"),
    "KILLED": ("killed", "cancelled", "canceled", "aborted", "preempted", "preempting"),
    "RUNNING": ("running", "started", "paused"),
    "WAITING": ("waiting", "pending", "queued", "scheduled", "idle", "unknown"),
}
_STATES = {word: state for state, words in _WORDS.items() for word in words}


def state_of(cell: Any) -> str | None:
    """The state that a cell names; COMPLETE where it is empty, None where the word is no state."""
    if is_nothing(cell) and not (isinstance(cell, str) and cell.strip().lower() == "nan"):
        return COMPLETE
    word = text_of(cell).lower().rpartition(".")[2].removeprefix("status_").replace(" ", "_").replace("-", "_")
    return _STATES.get(word)
