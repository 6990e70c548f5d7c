"""Targets of which something is known beforehand: out of reach, below chance, or never looked at in time."""

from __future__ import annotations

from typing import Any

import pytest

from studies.cost import preview
from studies.language.catalogue import entries
from studies.language.reachable import target_notes
from studies.language.spec import StudySpec, parse

ARMS = [{"name": name, "update_rule": name, "at": {"eta": 0.1}} for name in ("sgd", "adam")]
LONG = "`evaluate_every` is 1,198 images and an epoch trains on 1,198, so the target is looked at after each epoch"


def compared(**context: Any) -> StudySpec:
    """Arms, of which every objective is reported."""
    design = {"kind": "compare", "arms": ARMS, "runs": 2, "tuning": 0}
    contexts = [{"name": "a", "dataset": "digits", **context}]
    return parse(
        {"name": "x", "losses": ["cross_entropy"], "design": design, "contexts": contexts, "replication": {"folds": 3}}
    )


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"target_accuracy": 0.9}, None),
        ({"target_accuracy": 0.9983}, None),
        ({"target_accuracy": 0.9984}, "is reached only where all of the 599 test images are right"),
        ({"target_accuracy": 0.1}, None),
        ({"target_accuracy": 0.09}, "`target_accuracy` 0.09 lies below chance, one in 10"),
        ({"dataset": "two-gaussians", "network": "mlp", "target_accuracy": 0.92}, None),
        (
            {"dataset": "two-gaussians", "network": "mlp", "target_accuracy": 0.93},
            "lies above 0.921, the most that any",
        ),
        ({"network": "quadratic"}, "cannot be reached, since the network quadratic tells class 0 from the rest alone"),
        ({"network": "saddle", "target_accuracy": 0.2}, None),
        ({"network": "quadratic", "dataset": "noisy-ones"}, None),
        ({"evaluate_every": 1_197}, None),
        ({"evaluate_every": 1_198}, LONG),
    ],
)
def test_what_is_known_of_a_target_is_said_once_before_anything_is_trained(
    context: dict[str, Any], said: str | None
) -> None:
    spec = compared(**context)
    found = target_notes(spec)
    assert len(found) == (said is not None), "once for both arms"
    if said is not None:
        assert found[0].startswith("context a: ") and said in found[0]
        assert found[0] in preview(spec, None).notes


@pytest.mark.parametrize(("more", "count"), [({}, 0), ({"stop_at_target": True}, 1)])
def test_a_target_that_nobody_looks_at_is_not_spoken_of(more: dict[str, Any], count: int) -> None:
    context = {"name": "a", "dataset": "digits", "target_accuracy": 0.05, **more}
    assert len(target_notes(parse({"name": "x", "contexts": [context]}))) == count
    asked = {"name": "x", "contexts": [context], "claim": {"objective": "epochs_to_target"}}
    assert len(target_notes(parse(asked))) == 1


def test_the_catalogue_has_no_such_target() -> None:
    assert [note for entry in entries() for note in target_notes(entry.spec)] == []
